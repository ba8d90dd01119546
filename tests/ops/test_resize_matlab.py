"""imresize against every file that MATLAB itself wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import loadmat
from torch import Tensor

from srkit.ops.color import rgb_to_y, rgb_to_ycbcr, ycbcr_to_rgb
from srkit.ops.pixels import crop_border, modcrop, pad
from srkit.ops.resize import imresize
from tests._shared import shared

pytestmark = pytest.mark.shared


def pixels(path: Path) -> Tensor:
    """Read a file with Pillow alone: (c, h, w) uint8."""
    array = np.array(Image.open(path))
    return torch.from_numpy(array[:, :, None] if array.ndim == 2 else array).permute(2, 0, 1)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(("name", "count"), [("Set5", 5), ("Set14", 14), ("B100", 100)])
def test_every_low_resolution_image_made_by_matlab_is_reproduced_pixel_for_pixel(
    name: str, count: int, scale: int
) -> None:
    folder = shared(f"benchmarks/matlab_lr/{name}/X{scale}")
    files = sorted(shared(f"benchmarks/{name}").glob("*.png"))
    assert len(files) == count
    for file in files:
        wanted = pixels(folder / f"{file.stem}x{scale}.png")
        result = imresize(modcrop(pixels(file), scale), 1 / scale)
        assert torch.equal(result, wanted), f"{file.name}: {int((result != wanted).sum())} values differ"


@pytest.mark.parametrize("antialias", [True, False])
def test_matlabs_double_result_on_a_photograph_is_met_to_1e_12(antialias: bool) -> None:
    name = f"down_down_butterfly_irregular_{'aa' if antialias else 'noaa'}.mat"
    mat = loadmat(shared(f"benchmarks/matlab_lr/reference/double_mats/{name}"))
    (wanted,) = [torch.from_numpy(v).permute(2, 0, 1) for key, v in mat.items() if not key.startswith("__")]
    image = pixels(shared("benchmarks/Set5/butterfly.png")).double() / 255
    assert (imresize(image, size=(123, 234), antialias=antialias) - wanted).abs().max() <= 1e-12


def test_matlabs_two_answers_for_the_same_photograph_are_both_met() -> None:
    folder = shared("benchmarks/matlab_lr/reference/lena_uint8_vs_double")
    image = pixels(folder / "lena_512x512.png")
    rounded = imresize(image, size=(123, 234))
    assert torch.equal(rounded, pixels(folder / "lena_123x234_uint8.png"))
    exact = (imresize(image.double() / 255, size=(123, 234)).clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8)
    assert torch.equal(exact, pixels(folder / "lena_123x234_double.png"))
    assert 0.1 < float((exact != rounded).double().mean()) < 0.2  # the two differ on one value in seven


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_colour_conversion_and_resize_chained_in_matlab_are_met(scale: int) -> None:
    mat = loadmat(shared(f"benchmarks/matlab_lr/reference/ycbcr_mats/butterfly_GT_x{scale}.mat"))
    given = {
        key: torch.from_numpy(np.atleast_3d(mat[key]).astype(np.float64)).permute(2, 0, 1)
        for key in mat
        if key[0] == "i"
    }

    def agrees(result: Tensor, key: str) -> bool:
        return float((result - given[key]).abs().max()) <= 1e-12 * float(given[key].abs().max())

    truth = given["im_gt"] / 255
    assert agrees(rgb_to_y(truth) * 255, "im_gt_y")
    low = imresize(rgb_to_ycbcr(truth), 1 / scale)
    assert agrees(low, "im_l_ycbcr")
    assert agrees(low[:1] * 255, "im_l_y")
    assert agrees(ycbcr_to_rgb(low).clamp(0, 1) * 255, "im_l")
    assert agrees(imresize(low[:1] * 255, scale), "im_b_y")
    assert agrees(ycbcr_to_rgb(imresize(low, scale)).clamp(0, 1) * 255, "im_b")


@pytest.mark.parametrize(("name", "count"), [("Set5", 5), ("Set14", 14)])
def test_the_files_at_one_eighth_are_met_once_the_edge_is_replicated_as_their_maker_did(name: str, count: int) -> None:
    files = sorted(shared(f"benchmarks/{name}").glob("*.png"))
    folder = shared(f"benchmarks/matlab_lr/{name}/X8")
    assert len(files) == count
    for file in files:
        wanted = pixels(folder / f"{file.stem}x8.png")
        image = modcrop(pixels(file), 8)
        result = imresize(pad(image, (16, 16, 16, 16), border="replicate"), 1 / 8)[:, 2:-2, 2:-2]
        assert torch.equal(result.expand(wanted.shape), wanted), file.name
        inner = crop_border(imresize(image, 1 / 8), 2)  # away from the edge the two rules are one
        assert torch.equal(inner.expand(len(wanted), -1, -1), crop_border(wanted, 2)), file.name
