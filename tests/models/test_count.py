"""The counter against hand calculation, and the atlas against its source."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from srkit.models import atlas, create, multiply_adds, names, parameters


@pytest.mark.parametrize(
    ("name", "scale", "per_lr_pixel"),
    [
        ("a2001sr", 2, 2_400 + 18_432 + 147_456 + 4 * 1_728),
        ("espcn", 3, 25 * 64 + 9 * 64 * 32 + 9 * 32 * 9),
        ("srcnn", 4, 16 * (81 * 64 + 25 * 64 * 32 + 25 * 32)),
        ("edsr_baseline", 2, 9 * (3 * 64 + 33 * 64 * 64 + 64 * 256 + 4 * 64 * 3)),
        ("bicubic", 2, 0),
    ],
)
def test_multiply_adds_are_those_counted_by_hand(name: str, scale: int, per_lr_pixel: int) -> None:
    with torch.device("meta"):
        net = create(name, scale=scale)
    assert multiply_adds(net, size=(16, 24)) == pytest.approx(per_lr_pixel / scale**2)


class _Attention(nn.Module):
    """Linear, attention, transposed and grouped convolution, on ``(b, 3, h, w)``."""

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Linear(3, 8, bias=False)
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.group = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.draw = nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        b, _, h, w = lr.shape
        tokens = self.read(lr.flatten(2).mT)
        tokens = self.attend(tokens, tokens, tokens, need_weights=False)[0]
        return self.draw(self.group(tokens.mT.reshape(b, 8, h, w)))


def test_attention_linear_grouped_and_transposed_layers_are_counted() -> None:
    n = 4 * 5
    by_hand = n * (3 * 8 + 3 * 8 * 8 + 2 * n * 8 + 8 * 8 + 9 * 2 * 8 + 16 * 8 * 3)
    assert multiply_adds(_Attention(), size=(4, 5)) * 4 * n == pytest.approx(by_hand)


def test_a_fixed_filter_costs_nothing_and_a_frozen_weight_is_no_parameter() -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("kernel", torch.ones(3, 1, 3, 3))
            self.frozen = nn.Parameter(torch.ones(5), requires_grad=False)

        def forward(self, lr: Tensor) -> Tensor:
            return nn.functional.conv2d(lr, self.kernel, padding=1, groups=3)  # type: ignore[arg-type]

    assert multiply_adds(Fixed()) == 0
    assert parameters(Fixed()) == 0


def test_the_atlas_lists_every_network_in_order_of_year() -> None:
    table = atlas()
    assert {row.name for row in table} == set(names())
    assert [row.card.year for row in table] == sorted(row.card.year for row in table)
    text = str(table).splitlines()
    assert len(text) == len(table) + 2
    assert len({line.count("|") for line in text}) == 1
    assert table._repr_html_().count("<tr>") == len(table) + 1


def test_a_row_says_what_the_card_and_the_counter_say() -> None:
    (row,) = atlas("rcan")
    assert (row.scale, row.parameters) == (4, 15_592_355)
    assert "32.63 / 0.9002" in row.cells()
