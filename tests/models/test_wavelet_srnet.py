"""Wavelet-SRNet beside its authors' code, and the order of its coefficients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

import srkit
from srkit.ops.wavelets import analyse_packets, synthesise_packets
from tests.models._formula import weights
from tests.models._published import golden, golden_input, same_as_golden

HAAR = [np.array(signs).reshape(2, 2) / 2 for signs in ([1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1])]
"""The authors' four filters of one level (``rec2`` in wavelet_weights_c2.pkl)."""


def test_a_state_dict_of_the_authors_network_gives_its_coefficients(tmp_path: Path) -> None:
    record = golden("wavelet_srnet")
    torch.save(weights(record["shapes"]), tmp_path / "published.pt")
    net = srkit.models.load(tmp_path / "published.pt")
    assert (net.name, net.scale, net.arguments) == ("wavelet_srnet", 4, {"channels": 4, "head_channels": 2})
    with torch.no_grad():
        packets = net.packets(golden_input(record))  # type: ignore[operator]
        same_as_golden(record, packets)
        torch.testing.assert_close(net(golden_input(record)), synthesise_packets(packets, levels=2))


def test_each_coefficient_draws_the_filter_that_the_authors_stored_at_its_place() -> None:
    packets = torch.eye(16, dtype=torch.float64).reshape(16, 16, 1, 1)
    drawn = synthesise_packets(packets, levels=2)[:, 0]
    stored = [np.kron(HAAR[coarse], HAAR[fine]) for fine in range(4) for coarse in range(4)]  # as in their file, rec4
    torch.testing.assert_close(drawn, torch.from_numpy(np.stack(stored)))


def test_the_first_head_predicts_the_average_of_each_colour() -> None:
    net = srkit.models.create("wavelet_srnet", scale=8, tiny=True).eval()
    lr = torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        for predict in net.predict[1:]:
            torch.nn.init.zeros_(predict.weight)
            torch.nn.init.zeros_(predict.bias)
        sr, average = net(lr), net.packets(lr)[:, :3]  # type: ignore[operator]
    flat = (average / 8).repeat_interleave(8, -1).repeat_interleave(8, -2)
    torch.testing.assert_close(sr, flat, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(analyse_packets(sr, levels=3)[:, 3:].abs().max(), torch.tensor(0.0), atol=1e-5, rtol=0)
