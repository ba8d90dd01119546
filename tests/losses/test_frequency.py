"""The low-pass loss does not hear noise that a mean takes away."""

import torch

import srkit


def test_fast_noise_costs_nothing_and_a_shift_of_colour_costs_itself() -> None:
    y, x = torch.meshgrid(torch.arange(20), torch.arange(20), indexing="ij")
    stripes = (0.1 * ((x % 5 == 0).float() - (x % 5 == 1).float()) + 0 * y).expand(1, 3, 20, 20)  # mean 0 over any 5
    image, loss = torch.rand(1, 3, 20, 20), srkit.losses.parse("2*LowPass")
    assert float(loss(image + stripes, image)) < 1e-6
    assert abs(float(loss(image + 0.1, image)) - 0.2) < 1e-6
