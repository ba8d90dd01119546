"""MambaIR against its authors' code, and its scan against a loop over the places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import srkit
from srkit.models.count import living_at_once
from srkit.models.mambair import selective_scan
from tests.models._published import golden, golden_input, published_file, same_as_golden
from tests.models.make_golden_attention import plain_scan

RECORDS = {
    "mambair-x2": "mambair",
    "mambair-x3": "mambair",
    "mambair_light-x4": "mambair",
    "mambair_noise-x1": "mambair",
}
"""Names of networks with sizes of their own are those of the family."""


def scan_input(length: int, *, states: int = 3) -> tuple[Tensor, ...]:
    """Two images, four ways, five channels: what :func:`selective_scan` takes, in float64."""
    generator = torch.Generator().manual_seed(length)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    values, steps = normal(2, 4, 5, length), normal(2, 4, 5, length).exp()
    return values, steps, -normal(4, 5, states).exp(), normal(2, 4, states, length), normal(2, 4, states, length)


@pytest.mark.parametrize("record", RECORDS)
def test_a_file_of_the_authors_gives_the_pixels_of_their_code(record: str, tmp_path: Path) -> None:
    recorded = golden(record)
    net: Any = srkit.models.load(published_file(recorded, tmp_path))
    assert (net.name, net.scale) == (RECORDS[record], recorded["scale"])
    with torch.no_grad():
        same_as_golden(recorded, net(golden_input(recorded)))


def test_a_file_of_the_paper_s_size_is_recognised_as_its_own_variant(tmp_path: Path) -> None:
    net: Any = srkit.models.create("mambair_light", scale=3)
    torch.save({"params": net.state_dict()}, tmp_path / "official.pth")
    found: Any = srkit.models.load(tmp_path / "official.pth")
    assert (found.name, found.scale) == ("mambair_light", 3)
    assert found.arguments.items() >= net.arguments.items()


@pytest.mark.parametrize("length", [1, 2, 3, 7, 64, 65, 400])
def test_pieces_walked_at_once_say_what_a_walk_place_by_place_says(length: int) -> None:
    values, steps, decay, enter, leave = (part.numpy() for part in scan_input(length))
    gates = (np.repeat(gate, 5, axis=1) for gate in (enter, leave))  # (2, 20, states, length)
    flat = (values.reshape(2, 20, length), steps.reshape(2, 20, length), decay.reshape(20, 3), *gates)
    expected = plain_scan(*flat).reshape(2, 4, 5, length)
    np.testing.assert_allclose(selective_scan(*scan_input(length)).numpy(), expected, rtol=1e-10, atol=1e-10)


def test_an_exported_scan_hands_on_by_doubling_what_it_hands_on_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    for length in (1, 31, 32, 33, 600):
        expected = selective_scan(*scan_input(length))
        with monkeypatch.context() as recording:
            recording.setattr("srkit.models.mambair.is_exporting", lambda: True)
            torch.testing.assert_close(selective_scan(*scan_input(length)), expected)


def test_the_scan_has_the_gradient_of_what_it_computes() -> None:
    parts = [part[:1].requires_grad_() for part in scan_input(6)]
    parts[2] = scan_input(6)[2].requires_grad_()
    assert torch.autograd.gradcheck(selective_scan, parts, fast_mode=True)


def test_a_state_that_keeps_nothing_and_one_that_keeps_all_are_told_apart() -> None:
    values, steps, decay, enter, leave = scan_input(50, states=1)
    ones = torch.ones_like(enter)
    forgets = selective_scan(values, torch.ones_like(steps), torch.full_like(decay, -1e4), ones, leave)
    torch.testing.assert_close(forgets, values * leave)
    keeps = selective_scan(values, torch.ones_like(steps), torch.zeros_like(decay), ones, ones)
    torch.testing.assert_close(keeps, values.cumsum(-1))


def test_without_a_gradient_the_states_of_all_places_are_never_held_at_once() -> None:
    with torch.device("meta"), torch.no_grad():
        values, decay, gate = torch.empty(1, 4, 72, 4096), torch.empty(4, 72, 16), torch.empty(1, 4, 16, 4096)
        peak = living_at_once(lambda: selective_scan(values, values, decay, gate, gate))
    assert peak < 6 * values.nbytes, "the states of all places alone take 16 times what the values take"
