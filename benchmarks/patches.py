"""One training patch out of a two-megapixel image: srkit's cache beside the usual ways of reading.

The job is the same for everyone: a 96x96 HR patch and its LR partner out of one 2040x1404 pair, mirrored or turned at
random, as two float32 tensors in [0, 1]. The ways take turns within each round and the median over the rounds counts,
so that a busy machine disturbs all alike; read the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from srkit.datasets import Patches, from_folders
from srkit.datasets.patches import dihedral

Reader = Callable[[str], NDArray[np.uint8]]
SIZE, PATCH, SCALE, BATCH = (1404, 2040), 96, 2, 16


def photograph(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return an image that compresses about as well as a photograph: smooth shapes under a little noise."""
    height, width = SIZE
    coarse = Image.fromarray(rng.integers(0, 256, (height // 24, width // 24, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    return np.clip(smooth + rng.normal(0, 4, smooth.shape).astype(np.int16), 0, 255).astype(np.uint8)


def write(folder: Path) -> None:
    """Write the pair as PNG, as a pickle (EDSR-PyTorch's cache) and as .npy."""
    hr = photograph(np.random.default_rng(0))
    for kind, image in (("HR", hr), ("LR", np.ascontiguousarray(hr[::SCALE, ::SCALE]))):
        (folder / kind).mkdir()
        Image.fromarray(image).save(folder / kind / "0001.png")
        np.save(folder / f"{kind}.npy", image)
        (folder / f"{kind}.pt").write_bytes(pickle.dumps(image))


def cut(read: Reader, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Do the job with images that come from ``read``."""
    lr, hr = read("LR"), read("HR")
    side = PATCH // SCALE
    top, left = (int(rng.integers(0, n - side + 1)) for n in lr.shape[:2])
    turn = int(rng.integers(0, 8))
    places = ((lr, top, left, side), (hr, top * SCALE, left * SCALE, PATCH))
    pair = [np.ascontiguousarray(dihedral(x[t : t + n, c : c + n], turn).transpose(2, 0, 1)) for x, t, c, n in places]
    small, large = (torch.from_numpy(x).to(torch.float32).div_(255) for x in pair)
    return small, large


def ways(folder: Path) -> dict[str, Callable[[], object]]:
    """Return each way of getting one patch (srkit's gives a batch, and is divided)."""
    rng = np.random.default_rng(1)
    kept = {kind: np.load(folder / f"{kind}.npy", mmap_mode="r") for kind in ("LR", "HR")}
    pairs = from_folders(hr=folder / "HR", lr=folder / "LR", scale=SCALE)
    patches = Patches(pairs, patch=PATCH, batch=BATCH, cache=folder / "cache")
    steps: Iterator[object] = iter(patches)
    readers: dict[str, Reader] = {
        "PNG, decoded each time (Pillow)": lambda kind: np.asarray(Image.open(folder / kind / "0001.png")),
        "pickle, loaded each time (EDSR-PyTorch)": lambda kind: pickle.loads((folder / f"{kind}.pt").read_bytes()),
        ".npy, mapped each time": lambda kind: np.load(folder / f"{kind}.npy", mmap_mode="r"),
        ".npy, kept mapped": lambda kind: kept[kind],
    }
    peers = {name: (lambda read=read: cut(read, rng)) for name, read in readers.items()}
    return {**peers, "srkit, kept mapped, checked": lambda: next(steps)}


def measure(rounds: int) -> dict[str, float]:
    """Return the median milliseconds per patch of each way."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder)
        prepared = ways(folder)
        for way in prepared.values():
            way()
        times: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, way in prepared.items():
                repeats = 1 if "each time (" in name else 20
                start = time.perf_counter()
                for _ in range(repeats):
                    way()
                spent = (time.perf_counter() - start) / repeats / (BATCH if name.startswith("srkit") else 1)
                times.setdefault(name, []).append(spent * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each way takes its turn")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    medians = measure(rounds)
    ours = medians["srkit, kept mapped, checked"]
    print(f"One {PATCH} px pair of patches from {SIZE[1]}x{SIZE[0]}, x{SCALE}, median of {rounds} rounds, one thread\n")
    print("| way | ms per patch | times srkit's |\n|---|--:|--:|")
    for name, value in sorted(medians.items(), key=lambda item: -item[1]):
        print(f"| {name} | {value:.3f} | {value / ours:.1f} |")


if __name__ == "__main__":
    main()
