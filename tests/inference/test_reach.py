from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.inference import measure_reach
from srkit.inference.reach import Reach
from tests.inference._nets import Convolutional, Pooling, Windowed, seeded


@pytest.mark.parametrize("depth", [0, 1, 5, 40])
@pytest.mark.parametrize("scale", [1, 3])
def test_the_radius_of_a_stack_of_convolutions_is_the_sum_of_theirs(depth: int, scale: int) -> None:
    # 5x5 reaches 2, each 3x3 reaches 1, and the 3x3 after the shuffle reaches 1/scale of an LR pixel, rounded up
    assert measure_reach(seeded(Convolutional, depth=depth, scale=scale)) == Reach(2 + depth + 1 + 1)


def test_a_network_that_pools_over_the_whole_image_has_no_radius() -> None:
    assert measure_reach(seeded(Pooling)).radius is None


def test_a_network_of_windows_is_told_to_start_on_a_grid() -> None:
    reach = measure_reach(seeded(Windowed))
    assert reach.radius == 7
    assert reach.align % 8 == 0


def test_a_network_wider_than_high_is_measured_in_both_directions() -> None:
    class Tall(nn.Module):
        scale = 1

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, (9, 1), padding=(4, 0))

        def forward(self, lr: Tensor) -> Tensor:
            return self.conv(lr)

    assert measure_reach(Tall()) == Reach(4)


def test_a_network_that_refuses_nan_is_measured_by_its_gradients() -> None:
    class Careful(Convolutional):
        def forward(self, lr: Tensor) -> Tensor:
            if lr.isnan().any():
                raise ValueError("no NaN, please")
            return super().forward(lr)

    assert measure_reach(seeded(Careful, depth=2)) == Reach(6)


@pytest.mark.parametrize(
    ("name", "radius"), [("a2001sr", 5), ("edsr_baseline", 36), ("rcan", None), ("bicubic", 2), ("espcn", 4)]
)
def test_the_radius_of_known_networks_is_found(name: str, radius: int | None) -> None:
    net = srkit.models.create(name, scale=2, tiny=name == "rcan")
    assert measure_reach(net) == Reach(radius)


def test_measuring_leaves_mode_weights_and_random_state_alone() -> None:
    net = seeded(Convolutional).train()
    before, state = {k: v.clone() for k, v in net.state_dict().items()}, torch.get_rng_state()
    measure_reach(net)
    assert net.training
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
