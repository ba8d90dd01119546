"""One network, many threads: every answer is right and the network is as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.inference import measure_reach
from srkit.inference.bounded import bytes_per_pixel
from srkit.inference.mode import evaluating
from tests.inference._nets import Convolutional, noise, seeded


class Moody(Convolutional):
    """Batch norm and dropout: in training mode every answer is another one and the weights move."""

    def forward(self, lr: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(lr), 0.5, self.training)


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def in_threads(work: object, times: int = 60) -> list[object]:
    with ThreadPoolExecutor(8) as pool:
        return [job.result() for job in [pool.submit(work) for _ in range(times)]]  # type: ignore[arg-type]


@pytest.mark.parametrize("tile", [None, 16, "auto"])
def test_a_network_in_training_mode_gives_every_thread_the_same_answer_and_is_not_changed(
    tile: int | str | None,
) -> None:
    net, lr = seeded(Moody), noise(3, 24, 24)
    expected = srkit.upscale(lr, net, tile=tile)
    net.train()
    net.body[1].eval()  # frozen by hand
    flags = [module.training for module in net.modules()]
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    answers = in_threads(lambda: srkit.upscale(lr, net, tile=tile))
    assert all(torch.equal(answer, expected) for answer in answers)  # type: ignore[arg-type]
    assert [module.training for module in net.modules()] == flags
    assert all(torch.equal(weights[name], value) for name, value in net.state_dict().items())


def test_networks_that_share_layers_do_not_give_each_other_s_flags_back_too_early() -> None:
    shared = seeded(Moody).train()
    whole = nn.Sequential(shared)
    with evaluating(whole):
        with evaluating(shared):
            assert not shared.training
        assert not shared.training
    assert shared.training
    assert whole.training


def test_a_network_in_eval_mode_is_never_written_to() -> None:
    class Watched(Convolutional):
        sealed = 0

        def __setattr__(self, name: str, value: object) -> None:
            if name == "training" and id(self) == Watched.sealed:  # copies are free
                raise AssertionError("somebody wrote to a network in eval mode")
            super().__setattr__(name, value)

    net = seeded(Watched)
    Watched.sealed = id(net)
    in_threads(lambda: (srkit.upscale(noise(3, 20, 20), net, tile=8), measure_reach(net), bytes_per_pixel(net)), 8)
    assert not any(module._forward_hooks for module in net.modules())


def test_what_a_network_needs_is_measured_once_and_again_when_it_has_changed() -> None:
    net, passes = seeded(Convolutional), []
    net.head.register_forward_pre_hook(lambda module, inputs: passes.append(1))
    first = bytes_per_pixel(net)
    in_threads(lambda: bytes_per_pixel(net), 16)
    assert len(passes) == 1
    net.body.append(nn.Conv2d(8, 64, 1))
    net.body.append(nn.Conv2d(64, 8, 1))
    assert bytes_per_pixel(net) > first
    assert bytes_per_pixel(net.double()) > 1.9 * bytes_per_pixel(seeded(Convolutional))
    assert measure_reach(net).radius == 7
    net.tail = nn.Conv2d(3, 3, 9, padding=4)
    assert measure_reach(net).radius == 8
