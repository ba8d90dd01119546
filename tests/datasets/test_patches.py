from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from srkit.datasets import Pairs, Patches, Source, load
from srkit.datasets.patches import dihedral
from srkit.errors import BadInput
from srkit.ops.pixels import from_uint8
from tests.datasets import _make


def numbered(count: int, side: int, scale: int) -> Pairs:
    """Pairs in which LR says of each pixel its image, row and column, and HR repeats each LR pixel."""
    sources = []
    for image in range(count):
        rows, columns = np.mgrid[0:side, 0:side]
        lr = np.stack([np.full_like(rows, image), rows, columns], axis=-1).astype(np.uint8)
        planes = [from_uint8(torch.from_numpy(x).permute(2, 0, 1)) for x in (_make.enlarged(lr, scale), lr)]
        sources.append(Source(f"image{image}", *planes))
    return Pairs(sources, name="numbered", scale=scale)


def levels(batch: torch.Tensor) -> np.ndarray:
    return (batch * 255).round().to(torch.uint8).numpy()


@pytest.mark.parametrize(("scale", "patch"), [(2, 12), (3, 12), (4, 16), (1, 8)])
def test_lr_and_hr_patches_show_the_same_place_in_the_same_attitude(scale: int, patch: int) -> None:
    patches = Patches(numbered(3, 20, scale), patch=patch, batch=12, seed=1)
    for step in range(6):
        lr, hr = patches.batch(step)
        assert lr.shape == (12, 3, patch // scale, patch // scale)
        assert hr.shape == (12, 3, patch, patch)
        assert torch.equal(hr, lr.repeat_interleave(scale, -1).repeat_interleave(scale, -2))


def test_patches_without_augmentation_are_upright_cuts_of_the_image_they_name() -> None:
    lr, _ = Patches(numbered(4, 20, 2), patch=12, batch=32, augment=False).batch(0)
    for image, rows, columns in levels(lr):
        assert len(np.unique(image)) == 1
        assert (np.diff(rows.astype(int), axis=0) == 1).all()
        assert (np.diff(columns.astype(int), axis=1) == 1).all()


def test_every_place_including_both_corners_is_reached_equally_often() -> None:
    patches = Patches(numbered(1, 10, 2), patch=16, batch=300, augment=False)
    corners = np.concatenate([levels(patches.batch(step)[0])[:, 1:, 0, 0] for step in range(12)])
    places, counts = np.unique(corners, axis=0, return_counts=True)
    assert places.tolist() == [[y, x] for y in range(3) for x in range(3)]
    expected = len(corners) / 9
    assert ((counts - expected) ** 2 / expected).sum() < 26.1  # chi squared, 8 degrees of freedom, 0.1 %


def test_all_eight_symmetries_occur_equally_often() -> None:
    patches = Patches(numbered(1, 8, 2), patch=16, batch=400)
    lr = np.concatenate([levels(patches.batch(step)[0]) for step in range(8)])
    attitudes, counts = np.unique(lr[:, 1:, [0, 0, -1], [0, -1, 0]].reshape(len(lr), -1), axis=0, return_counts=True)
    assert len(attitudes) == 8
    expected = len(lr) / 8
    assert ((counts - expected) ** 2 / expected).sum() < 24.3  # chi squared, 7 degrees of freedom, 0.1 %


def test_the_eight_attitudes_are_those_of_numpys_rotations_and_mirrors() -> None:
    image = _make.noise(3, 3)
    ours = {dihedral(image, turn).tobytes() for turn in range(8)}
    numpys = {np.rot90(m, k).tobytes() for m in (image, image[:, ::-1]) for k in range(4)}
    assert ours == numpys
    assert dihedral(image, 0) is image


def test_each_image_gives_one_patch_in_each_pass_and_the_order_changes() -> None:
    patches = Patches(numbered(7, 8, 2), patch=8, batch=7, augment=False)
    orders = [levels(patches.batch(step)[0])[:, 0, 0, 0].tolist() for step in range(5)]
    assert all(sorted(order) == list(range(7)) for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_batches_that_straddle_two_passes_still_use_every_image_once_a_pass() -> None:
    patches = Patches(numbered(5, 8, 2), patch=8, batch=3, augment=False)
    images = np.concatenate([levels(patches.batch(step)[0])[:, 0, 0, 0] for step in range(5)])
    assert sorted(images[:5]) == sorted(images[5:10]) == list(range(5))


def test_a_batch_depends_on_seed_and_step_and_on_nothing_that_happened_before() -> None:
    pairs = numbered(6, 16, 2)
    straight = Patches(pairs, patch=12, batch=8, seed=3)
    history = [straight.batch(step) for step in range(10)]
    backwards = Patches(pairs, patch=12, batch=8, seed=3)
    for step in reversed(range(10)):
        assert all(torch.equal(a, b) for a, b in zip(backwards.batch(step), history[step], strict=True))
    resumed = straight.starting_at(7)
    assert all(torch.equal(a, b) for a, b in zip(next(resumed), history[7], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(next(resumed), history[8], strict=True))
    assert not torch.equal(Patches(pairs, patch=12, batch=8, seed=4).batch(0)[1], history[0][1])
    assert not torch.equal(history[0][1], history[1][1])


def test_the_global_random_states_are_neither_read_nor_changed() -> None:
    patches = Patches(numbered(3, 16, 2), patch=12, batch=4)
    torch.manual_seed(0)
    np.random.seed(0)
    first = patches.batch(5)[1]
    state, numpys = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    torch.manual_seed(1)
    assert torch.equal(patches.batch(5)[1], first)
    torch.manual_seed(0)
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state()[1] == numpys).all()  # type: ignore[index]


def test_processes_divide_one_batch_among_themselves() -> None:
    pairs = numbered(5, 16, 2)
    alone = Patches(pairs, patch=12, batch=12, seed=2)
    team = [Patches(pairs, patch=12, batch=12, seed=2, rank=rank, world=3) for rank in range(3)]
    for step in (0, 1, 11):
        for whole, *parts in zip(alone.batch(step), *(member.batch(step) for member in team), strict=True):
            assert torch.equal(torch.cat(parts), whole)


def test_the_batches_of_a_seed_are_the_same_on_every_machine_and_version() -> None:
    lr, hr = Patches(numbered(5, 16, 2), patch=12, batch=8, seed=20).batch(123)
    digest = hashlib.sha256(levels(lr).tobytes() + levels(hr).tobytes()).hexdigest()
    assert digest[:16] == "555eb2c60bf0eddb"


def test_values_are_those_of_the_image_files(tmp_path: Path) -> None:
    _make.edsr_tree(tmp_path / "set", ("a",))
    pairs = load(tmp_path / "set", scale=2)
    lr, hr = Patches(pairs, patch=32, batch=1, augment=False).batch(0)
    left = int((pairs[0].hr[0].unfold(1, 32, 2) == hr[0, 0][:, None]).all(-1).all(0).nonzero()[0])
    assert torch.equal(hr[0], pairs[0].hr[:, :, 2 * left : 2 * left + 32])
    assert torch.equal(lr[0], pairs[0].lr[:, :, left : left + 16])


def test_a_patch_that_is_no_multiple_of_the_scale_is_refused_with_the_nearest_that_is() -> None:
    with pytest.raises(BadInput, match=r"multiple of the scale 3; got 16.*nearest that works is 15"):
        Patches(numbered(2, 16, 3), patch=16)


def test_small_images_are_left_out_by_name_and_all_small_is_an_error(tmp_path: Path) -> None:
    _make.picture(tmp_path / "small.png", 20, 60)
    _make.picture(tmp_path / "large.png", 40, 60)
    pairs = load(tmp_path, scale=2)
    with pytest.warns(RuntimeWarning, match=r"1 of 2 images \(small\)"):
        patches = Patches(pairs, patch=32, batch=8)
    assert len(patches) == 1
    with pytest.raises(BadInput, match="largest square in them has side 40"):
        Patches(pairs, patch=48)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch": 0}, "batch=0"),
        ({"batch": 4, "world": 3}, "among 3 processes"),
        ({"rank": 2, "world": 2, "batch": 4}, "rank must lie in 0…1"),
        ({"seed": -1}, "seed"),
        ({"patch": 0}, "multiple of the scale"),
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Patches(numbered(2, 16, 2), **{"patch": 8, **arguments})


def test_a_negative_step_is_refused() -> None:
    with pytest.raises(BadInput, match="counted from 0"):
        Patches(numbered(2, 16, 2), patch=8).batch(-1)


def test_patches_travel_to_another_process(tmp_path: Path) -> None:
    pairs = load(_make.edsr_tree(tmp_path / "set"), scale=2)
    patches = Patches(pairs, patch=8, batch=4, cache=tmp_path / "cache")
    twin = pickle.loads(pickle.dumps(patches))
    assert all(torch.equal(a, b) for a, b in zip(twin.batch(3), patches.batch(3), strict=True))
