"""The counter against hand calculation, and the atlas against its source."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.models import atlas, create, multiply_adds, names, parameters
from srkit.models._atlas import Atlas
from srkit.models.count import peak_memory


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


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_fused_attention_costs_the_same_with_and_without_a_machine(device: str) -> None:
    class Fused(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.read = nn.Conv2d(3, 8, 1, device=device)

        def forward(self, lr: Tensor) -> Tensor:
            pixels = self.read(lr).flatten(2).mT[:, None].contiguous()  # else no fused kernel takes it
            found = nn.functional.scaled_dot_product_attention(pixels, pixels[..., :5, :], value=pixels[..., :5, :])
            return found[:, 0].mT.reshape(1, 8, *lr.shape[-2:])

    n = 6 * 7
    assert multiply_adds(Fused(), size=(6, 7)) * n == n * (3 * 8) + 2 * n * 5 * 8
    kept = 4 * n * (3 + 8 + 8)  # image, pixels, their copy or what was found; no matrix of all pairs
    assert peak_memory(Fused(), size=(6, 7)) * n == pytest.approx(kept, rel=0.1)


def test_einsum_matmul_and_a_vector_product_are_counted() -> None:
    class Products(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix, self.row = nn.Parameter(torch.rand(4, 3)), nn.Parameter(torch.rand(4))

        def forward(self, lr: Tensor) -> Tensor:
            mixed = torch.einsum("dc,bchw->bdhw", self.mix, lr)
            grey = mixed.movedim(1, -1) @ self.row
            return grey[:, None] @ (grey[:, None].mT @ grey[:, None])

    h, w = 5, 6
    assert multiply_adds(Products(), size=(h, w)) * h * w == h * w * (12 + 4) + w * h * w + h * w * w


def test_a_layer_that_is_used_four_times_costs_four_times_and_counts_its_parameters_once() -> None:
    class Recursive(nn.Module):
        def __init__(self, times: int) -> None:
            super().__init__()
            self.times, self.layer = times, nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, lr: Tensor) -> Tensor:
            for _ in range(self.times):
                lr = self.layer(lr)
            return lr

    assert multiply_adds(Recursive(4)) == 4 * multiply_adds(Recursive(1)) == 4 * 81
    assert parameters(Recursive(4)) == parameters(Recursive(1)) == 84
    assert peak_memory(Recursive(4)) == 4 * 9, "the image, what a layer reads and what it writes"


def test_grouped_strided_and_transposed_convolutions_are_counted_by_what_they_multiply() -> None:
    class Three(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.Conv2d(3, 12, 3, stride=2, padding=1, groups=3)
            self.up = nn.ConvTranspose2d(12, 6, 4, stride=2, padding=1, groups=2)

        def forward(self, lr: Tensor) -> Tensor:
            return self.up(self.down(lr))

    per_small_pixel = 9 * 1 * 12 + 16 * 12 * 3
    assert multiply_adds(Three(), size=(8, 10)) * 80 == 20 * per_small_pixel


def test_a_fourier_transform_costs_two_n_log_n_and_half_of_it_for_real_numbers() -> None:
    class Fourier(nn.Module):
        def __init__(self, *, real: bool) -> None:
            super().__init__()
            self.real, self.gain = real, nn.Parameter(torch.ones(1))

        def forward(self, lr: Tensor) -> Tensor:
            if self.real:
                return torch.fft.irfft2(torch.fft.rfft2(lr) * self.gain, s=lr.shape[-2:])
            return torch.fft.ifft2(torch.fft.fft2(lr + 0j) * self.gain).real

    n = 8 * 16
    once = 3 * 2 * n * 7
    assert multiply_adds(Fourier(real=False), size=(8, 16)) * n == 2 * once
    assert multiply_adds(Fourier(real=True), size=(8, 16)) * n == once


def test_peak_memory_is_what_lives_at_once_and_not_what_was_made() -> None:
    class Chain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [3, 16, 4, 4, 4, 3]
            self.layers = nn.Sequential(*(nn.Conv2d(a, b, 1) for a, b in pairwise(widths)))

        def forward(self, lr: Tensor) -> Tensor:
            first = self.layers[0](lr).relu_()  # in place: nothing new
            return self.layers[1:](first.view(1, 16, *lr.shape[-2:]))  # a view: nothing new

    at_once = 3 + 16 + 4 + 4  # the image and what is called first, which have names, and a later layer's two sides
    assert peak_memory(Chain(), size=(5, 7)) == 4 * at_once
    assert peak_memory(Chain().double(), size=(5, 7)) == 8 * at_once


@pytest.mark.parametrize("name", ["edsr_baseline", "swinir_light", "espcn", "san", "ipt", "csnln"])
def test_memory_on_no_machine_is_that_of_the_machine(name: str) -> None:
    small = create(name, scale=2, tiny=True).eval()
    with torch.device("meta"):
        nowhere = create(name, scale=2, tiny=True)
    assert peak_memory(small, size=(16, 24)) == pytest.approx(peak_memory(nowhere, size=(16, 24)), rel=0.1)


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


@pytest.fixture(scope="module")
def table() -> Atlas:
    """The atlas of all networks with numbers of no meaning: what is counted is compared with the printed one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srkit.models._atlas.multiply_adds", lambda net, **_: float(parameters(net) % 1009))
        patch.setattr("srkit.models._atlas.peak_memory", lambda net, **_: float(parameters(net) % 509))
        return atlas()


def test_the_atlas_lists_every_network_in_order_of_year(table: Atlas) -> None:
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
    assert f"{row.peak_memory:,.0f}" in row.cells()


def test_an_operation_met_again_costs_and_takes_what_it_did_the_first_time() -> None:
    with torch.device("meta"):
        chain = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(5)))
    assert multiply_adds(chain) == 5 * multiply_adds(chain[:1])
    assert peak_memory(chain) == peak_memory(chain.to_empty(device="cpu")) == 3 * 12


def test_the_atlas_can_be_put_into_another_order_and_keeps_every_row(table: Atlas) -> None:
    best = [row.psnr() for row in table.by("psnr", descending=True)]
    known = [value for value in best if value is not None]
    assert known == sorted(known, reverse=True)
    assert best[len(known) :] == [None] * (len(best) - len(known)), "rows without the number come last"
    for column in ("name", "year", "parameters", "multiply_adds", "peak_memory", "lesson", "framework"):
        assert {row.name for row in table.by(column)} == {row.name for row in table}
    assert [row.multiply_adds for row in table.by("multiply_adds")] == sorted(row.multiply_adds for row in table)
    with pytest.raises(BadInput, match="'peak_memory'"):
        table.by("beauty")
    assert str(table[:2]).count("\n") == 3, "part of an atlas is an atlas"
