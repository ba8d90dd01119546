"""The numbers of the papers, from the authors' own images and from MATLAB's own bicubic files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from srkit.metrics import Protocol, explain, psnr, ssim
from srkit.ops.files import list_images, read, read_picture
from srkit.ops.pixels import modcrop
from srkit.ops.resize import imresize
from tests._shared import shared

pytestmark = pytest.mark.shared

RCAN = {2: (38.27, 0.9614), 3: (34.74, 0.9299), 4: (32.63, 0.9002), 8: (27.31, 0.7878)}
MEASURED = {  # MATLAB's files, enlarged by MATLAB's kernel; measured before this code was written
    ("Set5", 2): (33.678, 0.9304),
    ("Set5", 3): (30.404, 0.8690),
    ("Set5", 4): (28.431, 0.8113),
    ("Set14", 2): (30.327, 0.8700),
    ("Set14", 3): (27.632, 0.7759),
    ("Set14", 4): (26.090, 0.7049),
    ("B100", 2): (29.555, 0.8434),
    ("B100", 3): (27.203, 0.7389),
    ("B100", 4): (25.956, 0.6680),
}
PRINTED = {  # the bicubic row as papers print it (Set14 with its grey file scored as stored)
    ("Set5", 2): 33.66,
    ("Set5", 3): 30.39,
    ("Set5", 4): 28.42,
    ("Set14", 2): 30.24,
    ("Set14", 3): 27.55,
    ("Set14", 4): 26.00,
    ("B100", 2): 29.56,
    ("B100", 3): 27.21,
    ("B100", 4): 25.96,
}


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_rcans_own_images_give_rcans_own_numbers(scale: int) -> None:
    folder, scores = shared("benchmarks/published_sr/RCAN_Set5"), []
    for file in list_images(shared("benchmarks/Set5")):
        (result,) = [p for p in folder.rglob("*.png") if file.stem in p.name and f"x{scale}" in p.name]
        sr, hr = read(result), modcrop(read(file), scale)
        protocol = Protocol.papers(scale)
        scores.append((float(psnr(sr, hr, protocol=protocol)), float(ssim(sr, hr, protocol=protocol))))
    mean = torch.tensor(scores, dtype=torch.float64).mean(0)
    assert round(float(mean[0]), 2) == RCAN[scale][0]
    assert float(mean[1]) == pytest.approx(RCAN[scale][1], abs=6e-5)


def bicubic_scores(name: str, scale: int, protocol: Protocol) -> tuple[float, float]:
    folder: Path = shared(f"benchmarks/matlab_lr/{name}/X{scale}")
    scores = []
    for file in list_images(shared(f"benchmarks/{name}")):
        picture = read_picture(file)
        sr, hr = imresize(read(folder / f"{file.stem}x{scale}.png"), scale), modcrop(picture.rgb, scale)
        if picture.grey:
            sr, hr = sr[:1], hr[:1]
        scores.append((float(psnr(sr, hr, protocol=protocol)), float(ssim(sr, hr, protocol=protocol))))
    mean = torch.tensor(scores, dtype=torch.float64).mean(0)
    return float(mean[0]), float(mean[1])


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", ["Set5", "Set14"])
def test_bicubic_has_the_value_its_protocol_should_give(name: str, scale: int) -> None:
    expect_the_bicubic_value(name, scale)


def expect_the_bicubic_value(name: str, scale: int) -> None:
    value, similarity = bicubic_scores(name, scale, Protocol.papers(scale))
    assert value == pytest.approx(MEASURED[name, scale][0], abs=1e-3)
    assert similarity == pytest.approx(MEASURED[name, scale][1], abs=1e-4)
    if name != "Set14":
        assert value == pytest.approx(PRINTED[name, scale], abs=0.02)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_scoring_the_one_grey_file_of_set14_as_stored_gives_the_printed_number(scale: int) -> None:
    value, _ = bicubic_scores("Set14", scale, Protocol(border=scale, grey_as_stored=True))
    assert value == pytest.approx(PRINTED["Set14", scale], abs=0.02)


def test_one_pair_has_the_values_measured_with_other_peoples_code() -> None:
    hr = read(shared("benchmarks/Set5/butterfly.png"))
    sr = imresize(read(shared("benchmarks/matlab_lr/Set5/X2/butterflyx2.png")), 2)
    table = {row.protocol: (row.psnr, row.ssim) for row in explain(sr, hr, scale=2)}
    wanted = {
        "Y of 8-bit RGB, border 2": (27.4374, 0.91588),
        "rounded Y of 8-bit RGB, border 2": (27.4304, 0.91501),
        "Y of unrounded values, border 2": (27.4382, None),
        "Y of 8-bit RGB, border 0": (27.4709, None),
        "Y of 8-bit RGB, border 8": (27.4851, None),
        "RGB of 8 bits, border 2": (26.0940, 0.89875),
        "RGB of 8 bits, border 8": (26.1387, None),
        "Full-range luma (OpenCV) of 8-bit RGB, border 2": (26.1103, None),
        "Y with red and blue swapped of 8-bit RGB, border 2": (27.3986, None),
    }
    for protocol, (decibels, similarity) in wanted.items():
        tolerance = 6e-3 if "OpenCV" in protocol else 2.5e-4  # OpenCV rounds its luma to 8 bits
        assert table[protocol][0] == pytest.approx(decibels, abs=tolerance), protocol
        if similarity is not None:
            assert table[protocol][1] == pytest.approx(similarity, abs=5e-5), protocol
