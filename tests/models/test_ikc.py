"""SFTMD, predictor and corrector beside the authors' code, and what a code does."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit.degrade import gaussian_widths, pca_basis, srmd_code
from srkit.errors import BadInput
from srkit.models.ikc import Corrector, Predictor
from tests.models._formula import scattered
from tests.models._published import golden, golden_input, same_as_golden


def _part(state: dict[str, Any], name: str) -> dict[str, Any]:
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


def test_the_authors_three_networks_in_turns_give_the_pixels_of_their_code(tmp_path: Path) -> None:
    record = golden("ikc")
    state = scattered(record["shapes"], gain=record["gain"])
    torch.save(_part(state, "sftmd"), tmp_path / "SFTMD_latest_G.pth")
    sftmd: Any = srkit.models.load(tmp_path / "SFTMD_latest_G.pth")
    assert (sftmd.name, sftmd.scale, sftmd.arguments["n_blocks"]) == ("sftmd", 2, 2)
    net: Any = srkit.models.create("ikc", scale=2, n_blocks=2, iterations=2)
    net.sftmd.load_state_dict(sftmd.state_dict())
    for name in ("predictor", "corrector"):
        ours, theirs = getattr(net, name), _part(state, name)
        assert [tuple(v.shape) for v in ours.state_dict().values()] == [tuple(v.shape) for v in theirs.values()]
        ours.load_state_dict(dict(zip(ours.state_dict(), theirs.values(), strict=True)))
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_predictor_and_corrector_have_the_parameters_of_the_authors() -> None:
    assert sum(p.numel() for p in Predictor().parameters()) == 430_730
    assert sum(p.numel() for p in Corrector().parameters()) == 649_930
    whole = srkit.models.card("sftmd").parameters[4] + 430_730 + 649_930
    assert srkit.models.card("ikc").parameters[4] == whole


def test_a_code_matters_and_acts_where_it_stands() -> None:
    net = srkit.models.create("sftmd", scale=2, tiny=True).eval()
    lr, codes = torch.rand(1, 3, 8, 60), torch.zeros(1, 10, 8, 60)
    changed = codes.clone()
    changed[..., 50:] = 1
    with torch.no_grad():
        difference = (net(lr, degradation=changed) - net(lr, degradation=codes)).abs().amax((0, 1, 2))
        torch.testing.assert_close(net(lr, degradation=codes[..., 0, 0]), net(lr, degradation=codes))
    assert float(difference[:40].max()) == 0, "two blocks see no further"
    assert float(difference[110:].min()) > 0


def test_a_missing_or_misshapen_code_is_refused_with_a_reason() -> None:
    net = srkit.models.create("sftmd", scale=2, tiny=True)
    with pytest.raises(BadInput, match="Given: nothing"):
        net(torch.rand(1, 3, 8, 8))
    with pytest.raises(BadInput, match=r"\(1, 10\)"):
        net(torch.rand(1, 3, 8, 8), degradation=torch.rand(1, 9))


def test_a_code_stands_for_the_kernel_it_was_made_of() -> None:
    net: Any = srkit.models.create("ikc", scale=2, tiny=True)
    with pytest.raises(BadInput, match="train_ikc"):
        net.kernel_of(torch.zeros(1, 10))
    lopsided = [gaussian_widths(9, a / 10, b / 10, 0.5) for a, b in itertools.product(range(5, 25, 4), range(6, 24, 4))]
    net.basis.copy_(pca_basis(torch.stack(lopsided), components=10))
    kernel = lopsided[9]
    found = net.kernel_of(srmd_code(kernel, net.basis)[None])[0].double()
    assert float((found - kernel).abs().max()) < 0.02 * float(kernel.max())
    assert float((found.T - kernel).abs().max()) > 0.2 * float(kernel.max()), "rows and columns are not exchanged"
    assert float(found.sum()) == pytest.approx(1, abs=1e-6)
