"""How long the program takes to start: `import srkit` beyond PyTorch, and `srkit --help`."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

PROGRAMS = {
    "python alone": "pass",
    "srkit --help": "import sys; sys.argv = ['srkit', '--help']\nfrom srkit.__main__ import main\nmain()",
    "import srkit": "import srkit",
    "import torch": "import torch",
    "import torch, srkit and every room": ("import torch, srkit\nfor name in srkit.__all__:\n    getattr(srkit, name)"),
}


def cpu_seconds(program: str) -> tuple[float, float]:
    """Return CPU and wall seconds of a fresh Python that runs ``program``."""
    import resource

    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    """Take turns, so that what disturbs the machine disturbs all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            times[name].append(cpu_seconds(program))
    print("### Start-up\n\n| a fresh process runs | median CPU s | median wall s |\n|---|--:|--:|")
    for name, pairs in times.items():
        cpu, wall = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"| {name} | {cpu:.3f} | {wall:.3f} |")
    beyond = [
        all_of_it[0] - torch[0]
        for all_of_it, torch in zip(times["import torch, srkit and every room"], times["import torch"], strict=True)
    ]
    print(f"\nEvery room of srkit beyond `import torch`: {statistics.median(beyond):.3f} CPU s.")


if __name__ == "__main__":
    main()
