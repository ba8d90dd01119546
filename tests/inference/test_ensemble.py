from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from srkit.inference import self_ensemble, upscale
from srkit.inference.ensemble import dihedral, undo_dihedral
from tests.inference._nets import Convolutional, noise, seeded


@pytest.mark.parametrize("view", range(8))
def test_undoing_a_view_gives_the_image_back(view: int) -> None:
    image = noise(2, 3, 5, 9)
    assert torch.equal(undo_dihedral(dihedral(image, view), view), image)


def test_the_eight_views_are_the_eight_flips_and_turns_of_a_square() -> None:
    image = noise(1, 1, 4, 4)
    turned = [torch.rot90(side, k, (-2, -1)) for side in (image, image.flip(-1)) for k in range(4)]
    for view in range(8):
        assert sum(torch.equal(dihedral(image, view), other) for other in turned) == 1
    assert len({dihedral(image, view).numpy().tobytes() for view in range(8)}) == 8


@pytest.mark.parametrize("size", [(12, 12), (10, 17)])
def test_the_ensemble_is_bit_for_bit_the_mean_of_eight_passes_made_by_hand(size: tuple[int, int]) -> None:
    net, lr = seeded(Convolutional), noise(1, 3, *size)
    with torch.inference_mode():
        total = torch.zeros(())
        for transpose in (False, True):
            for flip in ((), (3,), (2,), (2, 3)):
                view = lr.flip(flip)
                answer = net((view.mT if transpose else view).contiguous())
                total = total + (answer.mT if transpose else answer).flip(flip)
        assert torch.equal(self_ensemble(net, lr), total / 8)


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_channels_can_be_averaged(channels: int) -> None:
    net = nn.Conv2d(channels, channels, 3, padding=1)
    assert self_ensemble(net, noise(2, channels, 6, 9)).shape == (2, channels, 6, 9)


def test_a_symmetric_network_gains_nothing_from_the_ensemble() -> None:
    class Blur(nn.Module):
        def forward(self, lr: Tensor) -> Tensor:
            return nn.functional.avg_pool2d(lr, 3, 1, 1)

    lr = noise(1, 3, 7, 11)
    torch.testing.assert_close(self_ensemble(Blur(), lr), Blur()(lr), rtol=0, atol=1e-6)


class Counting(nn.Module):
    """The convolutional network, which counts how often it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = 2
        self.net = seeded(Convolutional)
        self.calls: list[int] = []

    def forward(self, lr: Tensor) -> Tensor:
        self.calls.append(len(lr))
        return self.net(lr)


@pytest.mark.parametrize(("size", "calls"), [((10, 17), [8, 8]), ((12, 12), [16])])
def test_views_in_batches_are_the_views_one_by_one(size: tuple[int, int], calls: list[int]) -> None:
    net, lr = Counting(), noise(2, 3, *size)
    with torch.inference_mode():
        alone = self_ensemble(net, lr)
        net.calls.clear()
        together = self_ensemble(net, lr, batched=True)
    assert net.calls == calls
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)


def test_the_median_is_numpys_over_the_eight_answers_and_ignores_one_odd_answer() -> None:
    net, lr = seeded(Convolutional), noise(1, 3, 9, 12)
    with torch.inference_mode():
        answers = [undo_dihedral(net(dihedral(lr, view).contiguous()), view) for view in range(8)]
        found = self_ensemble(net, lr, how="median")
    expected = torch.from_numpy(np.median(torch.stack(answers).numpy(), axis=0))
    torch.testing.assert_close(found, expected)
    calls = iter([1000.0, *[0.0] * 7])
    odd = self_ensemble(lambda x: x * 0 + 0.5 + next(calls), lr, how="median")
    assert odd.eq(0.5).all()


@pytest.mark.parametrize("how", ["mean", "median"])
def test_tiles_change_nothing_about_an_ensemble(how: Literal["mean", "median"]) -> None:
    net, lr = seeded(Convolutional), noise(1, 3, 40, 33)
    whole = upscale(lr, net, ensemble=how)
    torch.testing.assert_close(upscale(lr, net, ensemble=how, tile=16), whole, rtol=0, atol=1e-5)
    with torch.inference_mode():
        torch.testing.assert_close(whole, self_ensemble(net, lr, how=how).clamp(0, 1), rtol=0, atol=1e-6)


def test_an_ensemble_that_does_not_fit_at_once_is_made_one_by_one(monkeypatch) -> None:
    class Tight(Counting):
        def forward(self, lr: Tensor) -> Tensor:
            sr = super().forward(lr)
            if len(lr) > 1:
                raise torch.OutOfMemoryError("out of memory")
            return sr

    monkeypatch.setattr("srkit.inference.bounded.views_fit", lambda net, lr, side: True)
    net, lr = Tight(), noise(1, 3, 12, 12)
    found = upscale(lr, net, ensemble=True)
    assert net.calls == [8, *[1] * 8]
    torch.testing.assert_close(found, upscale(lr, net.net, ensemble=True), rtol=0, atol=1e-6)


def test_rows_of_an_ensemble_carry_a_plus_behind_the_network() -> None:
    pairs = srkit.datasets.samples(scale=2)[:1]
    net = seeded(Convolutional)
    names = [srkit.evaluate(net, pairs, ensemble=how).network for how in (False, True, "mean", "median")]
    assert names == ["convolutional", "convolutional+", "convolutional+", "convolutional+ (median)"]


def test_another_way_than_mean_or_median_is_refused() -> None:
    with pytest.raises(BadInput, match="'mean' or the 'median'"):
        self_ensemble(seeded(Convolutional), noise(1, 3, 8, 8), how="mode")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="ensemble='mode'"):
        upscale(noise(3, 8, 8), seeded(Convolutional), ensemble="mode")  # type: ignore[arg-type]
