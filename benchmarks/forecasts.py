"""What the plan of a command says of its memory, beside the peak of that very command in a fresh process."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

import srkit
from benchmarks._enlarged import held
from benchmarks.memory import photograph
from srkit.ops import jobs

COMMANDS = {
    "upscale, bicubic": "upscale P --model bicubic --scale 2 --out O.jpg",
    "upscale, ESPCN": "upscale P --model espcn --scale 2 --out O.jpg",
    "upscale, back-projection": "upscale P --method back_projection --scale 2 --out O.jpg",
    "evaluate, bicubic": "evaluate P --model bicubic --scale 2",
    "kernel, KernelGAN": "kernel P --set steps=3 --out O.mat",
    "kernel, KernelGAN x4": "kernel P --set steps=3 --scale 4 --out O.mat",
    "kernel, KernelGAN-FKP": "kernel P --method kernelgan_fkp --set steps=2 --out O.mat",
    "kernel, KernelGAN-FKP, LESSON": "kernel P --method kernelgan_fkp --set preset=LESSON --set steps=2 --out O.mat",
    "kernel, DIP-FKP": "kernel P --method dip_fkp --set steps=3 --set structural=1 --set frozen=1 --out O.mat",
    "kernel, DIP-FKP, LESSON": "kernel P --method dip_fkp --set preset=LESSON --set steps=3 --set structural=1 "
    "--set frozen=1 --out O.mat",
    "kernel, IKC": "kernel P --method ikc --set net=IKC --set iterations=2 --out O.mat",
    "zssr": "zssr P --set max_steps=2 --out O.png",
    "zssr, gradual": "zssr P --preset x2_gradual_ideal --set max_steps=2 --out O.png",
    "zssr, thin": "zssr P --set max_steps=2 --set width=4 --set depth=3 --out O.png",
    "zssr, gradual and thin": "zssr P --preset x2_gradual_ideal --set max_steps=2 --set width=4 --set depth=3 "
    "--out O.png",
    "degrade, smaller": "degrade P blur(1.6)>down(4)>jpeg(50) --out O.png",
    "degrade, noise": "degrade P noise(5) --out O.png",
    "degrade, up(2)": "degrade P up(2) --out O.png",
    "degrade, larger on the way": "degrade P up(3)>blur(1.6)>noise(5)>down(3) --out O.png",
}
"""P stands for the photograph, O for a result, IKC for an untrained network of that name."""


def measure(words: list[str]) -> None:
    """Run one command and print, as JSON, the MiB that were foretold and those that were held at the peak."""
    torch.set_num_threads(1)
    foretold: list[float] = []
    weigh = jobs._weighed

    def noted(item: jobs.Item, memory: jobs.Memory) -> jobs.Item:
        found = weigh(item, memory)
        foretold.append(memory(item) / 2**20)
        return replace(found, state="to do", problem=None)

    jobs._weighed = noted
    before = held("VmRSS")
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        srkit.cli.main(words)
    print(json.dumps({"foretold": sum(foretold), "peak": held("VmHWM") - before}))


def row(name: str, source: Path, ikc: Path) -> str:
    """Return a row of the table, measured in a fresh process."""
    result = str(source.with_name("result"))
    given = {"P": str(source), "IKC": f"net={ikc}"}
    words = COMMANDS[name].replace("O.", f"{result}.").replace("net=IKC", given["IKC"]).split(" ")
    words = [given["P"] if word == "P" else word for word in words]
    call = [sys.executable, "-m", "benchmarks.forecasts", "--of", *words]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    for left in source.parent.glob("result*"):
        left.unlink()
    if done.returncode:
        return f"| {name} | {source.stem} | ended with {done.returncode}: {done.stderr.splitlines()[-1]} | | |"
    told = json.loads(done.stdout)
    ratio = f"{told['foretold'] / told['peak']:.2f}"
    return f"| {name} | {source.stem} | {told['foretold']:,.0f} | {told['peak']:,.0f} | {ratio} |"


def main() -> None:
    """Read the words and measure."""
    if sys.argv[1:2] == ["--of"]:
        measure(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="*", help=f"of these, else all: {'; '.join(COMMANDS)}")
    parser.add_argument("--megapixels", default="0.25,1", help="of the photographs, for example 0.25,1,4")
    words = parser.parse_args()
    print("| command | megapixels | MiB foretold | MiB at the peak | foretold by measured |\n|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        ikc = Path(folder) / "ikc.safetensors"
        srkit.models.save(srkit.models.create("ikc", scale=2), ikc)
        for name in words.commands or COMMANDS:
            for size in words.megapixels.split(","):
                print(row(name, photograph(Path(folder), float(size), ".jpg"), ikc), flush=True)


if __name__ == "__main__":
    main()
