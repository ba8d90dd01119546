from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srkit.datasets import Pairs, Source, from_folders, load
from srkit.errors import BadFile, BadInput
from tests._shared import shared
from tests.datasets import _make


def test_a_pair_unpacks_into_name_lr_and_hr(tmp_path: Path) -> None:
    pairs = load(_make.edsr_tree(tmp_path / "set"), scale=2)
    name, lr, hr = pairs[0]
    assert name == "a"
    assert (lr.shape, hr.shape) == ((3, 16, 20), (3, 32, 40))
    assert lr.dtype == hr.dtype == torch.float32


def test_decoded_values_are_those_pillow_reads_divided_by_255(tmp_path: Path) -> None:
    pair = load(_make.edsr_tree(tmp_path / "set"), scale=2)[1]
    for tensor, file in ((pair.hr, "HR/b.png"), (pair.lr, "LR_bicubic/X2/bx2.png")):
        expected = np.asarray(Image.open(tmp_path / "set" / file), dtype=np.float32) / 255
        np.testing.assert_array_equal(tensor.permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize(("height", "width", "scale"), [(33, 41, 2), (32, 40, 3), (35, 39, 4), (17, 16, 8)])
def test_odd_sizes_are_cut_at_the_right_and_lower_edge_to_a_multiple(
    tmp_path: Path, height: int, width: int, scale: int
) -> None:
    path = _make.picture(tmp_path / "a.png", height, width)
    pair = load(tmp_path, scale=scale)[0]
    assert pair.lr.shape[-2:] == (height // scale, width // scale)
    whole = np.asarray(Image.open(path), dtype=np.float32) / 255
    expected = whole[: height // scale * scale, : width // scale * scale]
    np.testing.assert_array_equal(pair.hr.permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", ["set5", "set14"])
@pytest.mark.shared
def test_lr_made_in_memory_equals_the_file_matlab_wrote_in_every_pixel(name: str, scale: int) -> None:
    pairs = load(name, scale=scale, root=shared("benchmarks"))
    assert all(source.lr is not None for source in pairs.sources), "this test must compare with MATLAB's files"
    made = Pairs([Source(s.name, s.hr) for s in pairs.sources], name=name, scale=scale)
    for from_file, from_memory in zip(pairs, made, strict=True):
        assert torch.equal(from_file.lr, from_memory.lr), from_file.name


@pytest.mark.shared
def test_the_grey_file_of_set14_is_marked_grey_and_no_other() -> None:
    pairs = load("set14", scale=2, root=shared("benchmarks"))
    assert [pair.name for pair in pairs if pair.grey] == ["bridge"]


def test_a_grey_file_becomes_three_equal_channels(tmp_path: Path) -> None:
    Image.fromarray(_make.noise(12, 12)[..., 0]).save(tmp_path / "g.png")
    pair = load(tmp_path, scale=2)[0]
    assert pair.grey
    assert torch.equal(pair.hr[0], pair.hr[2])
    assert torch.equal(pair.lr[0], pair.lr[1])


def test_sizes_that_do_not_belong_together_name_both_files_and_the_scale_that_would_fit(tmp_path: Path) -> None:
    _make.picture(tmp_path / "set/HR/a.png", 64, 64)
    _make.picture(tmp_path / "set/LR_bicubic/X2/ax2.png", 16, 16)
    pairs = load(tmp_path / "set", scale=2)
    with pytest.raises(BadInput, match=r"LR is 16x16 and HR 64x64.*should be 32x32.*fit scale 4.*ax2\.png.*a\.png"):
        pairs[0]


def test_lr_of_the_size_of_hr_is_explained_as_registered_pairs(tmp_path: Path) -> None:
    _make.picture(tmp_path / "set/GT/a.png", 24, 24)
    _make.picture(tmp_path / "set/LR/a.png", 24, 24, seed=1)
    with pytest.raises(BadInput, match="scale=1"):
        load(tmp_path / "set", scale=2)[0]
    pair = load(tmp_path / "set", scale=1)[0]
    assert pair.lr.shape == pair.hr.shape
    assert not torch.equal(pair.lr, pair.hr)


def test_an_lr_one_line_larger_as_imresize_makes_it_of_an_odd_image_is_cut(tmp_path: Path) -> None:
    _make.picture(tmp_path / "set/HR/a.png", 33, 40)
    _make.picture(tmp_path / "set/LR_bicubic/X2/ax2.png", 17, 20)
    pair = load(tmp_path / "set", scale=2)[0]
    assert (pair.lr.shape[-2:], pair.hr.shape[-2:]) == ((16, 20), (32, 40))


def test_an_image_smaller_than_the_scale_is_refused(tmp_path: Path) -> None:
    _make.picture(tmp_path / "a.png", 3, 30)
    with pytest.raises(BadInput, match="3x30"):
        load(tmp_path, scale=4)[0]


def test_a_truncated_image_is_refused_by_name(tmp_path: Path) -> None:
    path = _make.picture(tmp_path / "broken.png", 64, 64)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BadFile, match=r"broken\.png"):
        load(tmp_path, scale=2)[0]


def test_slices_and_sums_keep_order_and_scale(tmp_path: Path) -> None:
    one = load(_make.edsr_tree(tmp_path / "one", ("a", "b", "c")), scale=2)
    two = load(_make.edsr_tree(tmp_path / "two", ("d",)), scale=2)
    assert (one[1:] + two).names == ("b", "c", "d")
    assert one[-1].name == "c"
    with pytest.raises(IndexError):
        one[3]
    with pytest.raises(BadInput, match="scale 3"):
        one + load(_make.edsr_tree(tmp_path / "three", scale=3), scale=3)


def test_pairs_of_nothing_and_scales_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInput, match="no pair"):
        Pairs([], name="empty", scale=2)
    with pytest.raises(BadInput, match="whole number"):
        Pairs([Source("a", torch.zeros(3, 8, 8))], name="half", scale=2.5)  # type: ignore[arg-type]


def test_images_in_memory_can_be_pairs_and_a_nan_in_them_is_refused() -> None:
    image = torch.rand(3, 20, 24, generator=torch.Generator().manual_seed(0))
    pair = Pairs([Source("x", image)], name="mine", scale=2)[0]
    assert pair.lr.shape == (3, 10, 12)
    image[0, 3, 3] = float("nan")
    with pytest.raises(BadInput, match=r"x \(HR\)"):
        Pairs([Source("x", image)], name="mine", scale=2)[0]


def test_paths_are_given_as_lr_and_hr(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set", ("a",))
    assert load(tree, scale=2).paths == ((tree / "LR_bicubic/X2/ax2.png", tree / "HR/a.png"),)
    assert from_folders(hr=tree / "HR", scale=2).paths == ((None, tree / "HR/a.png"),)
