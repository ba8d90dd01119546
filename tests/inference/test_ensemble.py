from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from srkit.inference import dihedral, self_ensemble, undo_dihedral
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
