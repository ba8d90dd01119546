"""Pixel recursive super resolution: who may see whom, drawing, and likelihoods that can be counted by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit


def small() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return srkit.models.create("pixelcnn", scale=4, tiny=True).eval()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def uniform(net: Any) -> Any:
    """Silence both networks' last layers, so that every value of a pixel is as likely as any other."""
    for layer in (net.prior.tail[-1], net.conditioning[-1]):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return net


@pytest.mark.parametrize(("i", "j"), [(0, 0), (3, 4), (4, 0), (5, 8), (8, 8)])
def test_no_pixel_at_or_before_a_changed_one_notices(i: int, j: int) -> None:
    prior = small().prior.double()
    image = torch.rand(1, 3, 9, 9, dtype=torch.float64)
    changed = image.clone()
    changed[..., i, j] += 0.3
    with torch.no_grad():
        moved = (prior(changed) - prior(image)).abs().amax(dim=(0, 1, 2)).flatten() > 0
    place = 9 * i + j
    assert not moved[: place + 1].any()
    if j < 8:
        assert moved[place + 1], "the next pixel must notice"
    if i < 8:
        assert moved[9 * (i + 1) :].any(), "the rows below must notice"


def test_a_pixel_sees_to_the_upper_right_too_and_most_widely_two_rows_up() -> None:
    prior = small().prior.double()
    image = torch.rand(1, 3, 9, 9, dtype=torch.float64, requires_grad=True)
    prior(image)[0, :, :, 6, 3].square().sum().backward()
    assert image.grad is not None
    seen = image.grad.abs().sum(dim=(0, 1)) > 0
    assert seen[:5].all(), "as far as the kernels reach"
    assert seen[5].tolist() == [True] * 7 + [False] * 2, "the row above is read by the first 7x7 kernel alone"
    assert seen[6, :3].all()
    assert not seen[6, 3:].any()
    assert not seen[7:].any()


def test_the_vertical_stack_knows_nothing_of_its_own_row() -> None:
    layer = small().prior.body[0]
    row, above = torch.rand(1, 8, 7, 7), torch.rand(1, 8, 7, 7)
    changed = above.clone()
    changed[..., 3, :] += 1
    with torch.no_grad():
        before, after = (layer(row, stack)[1] for stack in (above, changed))
    assert (before != after).any(dim=1)[0].any(dim=1).tolist() == [False] * 4 + [True, True, False]


def test_drawing_one_by_one_agrees_with_reading_all_at_once() -> None:
    """With logits made very sharp a draw is the likeliest value, which one look at the finished image can check."""
    net, lr = small(), torch.rand(2, 3, 4, 4)
    drawn = net.sample(lr, rng=generator(), sharpness=1e6)
    with torch.no_grad():
        likeliest = (net.condition(lr) + net.prior(drawn)).argmax(dim=1)
    assert torch.equal((drawn * 255).round().long(), likeliest)
    assert likeliest.unique().numel() > 3


def test_a_draw_repeats_with_its_generator_and_with_nothing_else() -> None:
    net, lr = small(), torch.rand(1, 3, 8, 8)
    state = torch.default_generator.get_state()
    first, again, other = (net.sample(lr[..., :4, :4], rng=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    one = net(lr, rng=generator())
    assert torch.equal(state, torch.default_generator.get_state())
    assert one.shape == (1, 3, 32, 32)
    torch.testing.assert_close(one * 255, (one * 255).round(), atol=1e-4, rtol=0)


def test_values_are_drawn_as_often_as_the_logits_say() -> None:
    net = uniform(small())
    with torch.no_grad():
        net.prior.tail[-1].bias.fill_(-1e4).view(3, 256)[:, [10, 200]] = torch.tensor([0.0, math.log(3.0)])
    drawn = net.sample(torch.rand(6, 3, 4, 4), rng=generator(), sharpness=1.0)
    levels = (drawn * 255).round()
    assert set(levels.unique().tolist()) == {10, 200}
    assert float((levels == 200).float().mean()) == pytest.approx(0.75, abs=0.03)
    sharper = net.sample(torch.rand(6, 3, 4, 4), rng=generator(), sharpness=2.0)
    assert float(((sharper * 255).round() == 200).float().mean()) == pytest.approx(0.9, abs=0.03)


def test_where_every_value_is_as_likely_the_likelihood_is_counted_by_hand() -> None:
    net = uniform(small())
    lr, hr = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        by_hand = torch.full((2,), -3 * 32 * 32 * math.log(256))
        torch.testing.assert_close(net.log_likelihood(lr, hr), by_hand, rtol=1e-5, atol=0)
        assert float(net.loss(lr, hr)) == pytest.approx(2 * math.log(256), rel=1e-5)
        torch.testing.assert_close(net(lr), torch.full((2, 3, 32, 32), 0.5), atol=1e-5, rtol=0)


def test_the_likelihood_of_an_image_is_the_product_of_its_pixels_each_given_those_before() -> None:
    net = small().double()
    lr, hr = torch.rand(1, 3, 8, 8).double(), (torch.rand(1, 3, 32, 32) * 255).round().double() / 255
    places = [(0, 0), (3, 7), (31, 31)]
    with torch.no_grad():
        said, total = net.condition(lr), net.prior(hr)
        for y, x in places:
            hidden = hr.clone()
            hidden.view(1, 3, -1)[..., 32 * y + x :] = 0  # nothing from this pixel on may matter
            torch.testing.assert_close(net.prior(hidden)[..., y, x], total[..., y, x])
        chances = (said + total).log_softmax(1).gather(1, (hr * 255).round().long()[:, None])
    torch.testing.assert_close(net.log_likelihood(lr, hr), chances.sum().reshape(1))


def test_the_loss_has_a_term_that_the_conditioning_network_must_answer_alone() -> None:
    net, lr, hr = small(), torch.rand(1, 3, 8, 8), torch.rand(1, 3, 32, 32)
    levels = (hr * 255).round().long()
    with torch.no_grad():
        said = net.condition(lr)
        together = -net.log_likelihood(lr, hr).mean() / hr[0].numel()
        alone = F.cross_entropy(said, levels)
        assert float(net.loss(lr, hr)) == pytest.approx(float(together + alone), rel=1e-5)
    net.loss(lr, hr).backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in net.conditioning.parameters())


def test_the_count_of_the_card_is_the_sum_of_the_layer_list() -> None:
    def convolution(h: int, w: int, inside: int, outside: int) -> int:
        return h * w * inside * outside + outside

    block = 2 * (convolution(3, 3, 32, 32) + 2 * 32)
    conditioning = convolution(1, 1, 3, 32) + 18 * block + 2 * convolution(3, 3, 32, 32) + convolution(1, 1, 32, 768)
    gated = convolution(5, 5, 64, 128) + convolution(1, 1, 128, 128)
    gated += convolution(1, 5, 64, 128) + convolution(1, 1, 64, 64)
    prior = convolution(7, 7, 3, 64) + 20 * gated + convolution(1, 1, 64, 1024) + convolution(1, 1, 1024, 768)
    assert (gated, conditioning, prior) == (266_688, 379_200, 6_196_992)
    assert srkit.models.card("pixelcnn").parameters == {4: conditioning + prior}


def test_the_transposed_convolution_is_cut_where_tensorflow_cuts_it() -> None:
    """SAME padding, stride 2, 3x3: input pixel i writes to output pixels 2*i, 2*i + 1 and 2*i + 2."""
    net = small()
    doubling: Any = next(layer for layer in net.conditioning if type(layer).__name__ == "Doubling")
    with torch.no_grad():
        doubling.conv.weight.fill_(1)
        doubling.conv.bias.zero_()
        spot: Tensor = torch.zeros(1, 8, 4, 4)
        spot[0, 0, 1, 3] = 1
        written = doubling(spot)[0, 0].nonzero()
    assert written.tolist() == [[y, x] for y in (2, 3, 4) for x in (6, 7)]
