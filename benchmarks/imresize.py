"""MATLAB's imresize: srkit beside matlab_imresize, BasicSR, KAIR, ResizeRight and bicubic_pytorch.

Give the peers' source with ``--peers DIR`` (one folder each, under the names of their repositories); who is absent is
left out with a note. All take turns within each round on one thread, and the ratio is taken within the round: read the
ratios, not the milliseconds. "Result" is the largest difference from srkit's double precision result in grey levels,
or, where a folder with MATLAB's own files is given, how many of its values are met.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from benchmarks._peers import Missing, load, race, table
from srkit.ops.resize import imresize

Array = NDArray[np.generic]
Resize = Callable[[float], Array | Tensor]


def contestants(peers: Path | None, image: Tensor) -> tuple[dict[str, Resize], list[str]]:
    """Return who can take part, as functions of the scale, and why the others cannot; ``image`` is (3, h, w) uint8."""
    single, double = image.float() / 255, image.double() / 255
    hwc = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
    floats, doubles = hwc.astype(np.float32) / 255, hwc.astype(np.float64) / 255
    found: dict[str, Resize] = {
        "srkit, float32": lambda s: imresize(single, s),
        "srkit, float64": lambda s: imresize(double, s),
        "srkit, uint8": lambda s: imresize(image, s),
    }

    def matlab_imresize() -> dict[str, Resize]:
        module = load(peers, "matlab_imresize/imresize.py")
        return {
            "matlab_imresize, uint8": lambda s: module.imresize(hwc, s),
            "matlab_imresize, float64": lambda s: module.imresize(doubles, s),
        }

    def basicsr() -> dict[str, Resize]:
        module = load(peers, "BasicSR/basicsr/utils/matlab_functions.py")
        return {"BasicSR, float32": lambda s: module.imresize(floats, s)}

    def kair() -> dict[str, Resize]:
        unused = {"cv2": {}, "mpl_toolkits": {}, "mpl_toolkits.mplot3d": {"Axes3D": None}}
        module = load(peers, "KAIR/utils/utils_image.py", pretend=unused)
        return {"KAIR, float32": lambda s: module.imresize_np(floats, s)}

    def resize_right() -> dict[str, Resize]:
        module = load(peers, "ResizeRight/resize_right.py")
        return {
            "ResizeRight, numpy": lambda s: module.resize(doubles, s, pad_mode="symmetric"),
            "ResizeRight, torch": lambda s: module.resize(single[None], s, by_convs=True, pad_mode="reflect")[0],
        }

    def bicubic_pytorch() -> dict[str, Resize]:
        module = load(peers, "bicubic_pytorch/core.py")
        return {"bicubic_pytorch, float32": lambda s: module.imresize(single[None], s)[0]}

    absent = []
    for peer in (matlab_imresize, basicsr, kair, resize_right, bicubic_pytorch):
        try:
            found |= peer()
        except Missing as reason:
            absent.append(f"{peer.__name__}: {reason}")
    found["torch interpolate, antialias"] = lambda s: torch.nn.functional.interpolate(
        single[None], scale_factor=s, mode="bicubic", antialias=True
    )[0]
    return found, absent


def difference(result: Array | Tensor, wanted: Tensor) -> str:
    """Say how far a result is from ``wanted`` (3, h, w) in [0, 1], in grey levels."""
    x = result if isinstance(result, Tensor) else torch.from_numpy(np.ascontiguousarray(result)).permute(2, 0, 1)
    if x.dtype == torch.uint8:
        off = (x.int() - (wanted.clamp(0, 1) * 255 + 0.5).floor().int()).ne(0).double().mean()
        return f"uint8 path; {float(off):.1%} of the levels are not those of the double path"
    return f"largest difference {float((x.double() - wanted).abs().max()) * 255:.1e} levels"


def against_matlab(peers: Path | None, hr: Path, lr: Path, scale: int) -> list[str]:
    """Count the values of MATLAB's own low-resolution files that the uint8 paths miss."""
    missed: dict[str, int] = {}
    total = 0
    for file in sorted(hr.glob("*.png")):
        image = torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1)
        image = image[:, : image.shape[1] // scale * scale, : image.shape[2] // scale * scale]
        wanted = np.array(Image.open(lr / f"{file.stem}x{scale}.png").convert("RGB"))
        total += wanted.size
        for name, resize in contestants(peers, image)[0].items():
            result = resize(1 / scale)
            array = result.permute(1, 2, 0).numpy() if isinstance(result, Tensor) else np.asarray(result)
            if array.dtype != np.uint8:
                array = np.floor(np.clip(array, 0, 1) * 255 + 0.5).astype(np.uint8)
            missed[name] = missed.get(name, 0) + (
                int((array != wanted).sum()) if array.shape == wanted.shape else wanted.size
            )
    return [f"| {name} | {count} of {total} ({count / total:.2%}) |" for name, count in missed.items()]


def main() -> None:
    """Race and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder with the peers' source")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hr", type=Path, help="folder of HR images, for the comparison with MATLAB's files")
    parser.add_argument("--lr", type=Path, help="folder of MATLAB's files, <name>x<scale>.png")
    parser.add_argument("--scale", type=int, default=3, help="scale of the files in --lr")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    for side, scale in ((1024, 1 / 2), (1024, 1 / 4), (512, 2.0)):
        image = torch.randint(0, 256, (3, side, side), generator=rng, dtype=torch.uint8)
        found, absent = contestants(options.peers, image)
        wanted = imresize(image.double() / 255, scale)
        notes = {name: difference(resize(scale), wanted) for name, resize in found.items()}
        results = race({name: partial(resize, scale) for name, resize in found.items()}, rounds=options.rounds)
        print(
            table(f"{side} x {side} x 3, scale {scale:g}, median of {options.rounds} rounds, 1 thread", results, notes)
        )
    if options.hr and options.lr:
        print(
            f"### Values that differ from MATLAB's files in {options.lr.name}\n\n| implementation | differ |\n|---|--:|"
        )
        print(*against_matlab(options.peers, options.hr, options.lr, options.scale), sep="\n")
    print(*(f"Left out: {line}" for line in absent), sep="\n")


if __name__ == "__main__":
    main()
