"""The references of lesson 11 against what can be computed by hand."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from srkit.exercises import EXERCISES, grade
from srkit.exercises._beside import fill
from srkit.exercises._beside.lesson_11 import _silence


def slow_tv(x):
    """Loops, as the formula is printed, divided by the number of terms."""
    b, c, h, w = x.shape
    total = 0.0
    for n, k, i, j in itertools.product(range(b), range(c), range(h - 1), range(w - 1)):
        total += math.hypot(x[n, k, i, j] - x[n, k, i, j + 1], x[n, k, i, j] - x[n, k, i + 1, j])
    return total / (b * c * (h - 1) * (w - 1))


def test_total_variation_of_every_case_equals_a_loop_over_the_pixels():
    exercise = EXERCISES.get("tv_loss")
    for case in exercise.cases(5):
        value = exercise.references[0](case.inputs["sr"])
        assert float(value) == pytest.approx(slow_tv(case.inputs["sr"].double().numpy()), abs=2e-6)


def test_the_impulse_has_the_two_values_that_were_computed_by_hand():
    impulse = next(c for c in EXERCISES.get("tv_loss").cases(0) if c.inputs["sr"].shape == (1, 1, 4, 4)).inputs["sr"]
    by_mean, by_size = (float(reference(impulse)) for reference in EXERCISES.get("tv_loss").references)
    assert by_mean == pytest.approx((2 + math.sqrt(2)) / 9, abs=1e-5)
    assert by_size == pytest.approx((2 + math.sqrt(2)) / 16, abs=1e-5)


def other_tv(sr):
    """Another style: unfold-free, complex magnitude, a small clamp under the root."""
    d = torch.diff(sr, dim=-1)[..., :-1, :] ** 2 + torch.diff(sr, dim=-2)[..., :, :-1] ** 2
    h, w = sr.shape[-2:]
    return d.clamp_min(1e-12).sqrt().sum() / (len(sr) * sr.shape[1] * h * w)


def test_a_correct_total_variation_in_another_style_gets_full_marks():
    assert grade("tv_loss", other_tv, 99).points == EXERCISES.get("tv_loss").points


def numpy_ensemble(net, lr):
    views = []
    for k, mirrored in itertools.product(range(4), (False, True)):
        view = np.rot90(lr.numpy(), k, (2, 3))
        view = view[..., ::-1] if mirrored else view
        sr = net(torch.from_numpy(np.ascontiguousarray(view))).numpy()
        views.append(np.rot90(sr[..., ::-1] if mirrored else sr, -k, (2, 3)))
    return torch.from_numpy(np.mean(views, 0))


def test_a_self_ensemble_written_with_numpy_rotations_gets_full_marks():
    assert grade("self_ensemble", numpy_ensemble, 3).points == EXERCISES.get("self_ensemble").points


def test_a_training_step_that_clears_gradients_at_its_end_gets_full_marks():
    def step(net, loss, optimiser, lr, hr):
        value = loss(net(lr), hr)
        value.backward()
        optimiser.step()
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
        return float(value)

    assert grade("training_step", step, 4).points == EXERCISES.get("training_step").points


class Sequential(nn.Module):
    """A2001SR with other names, the tail declared first, and nn.Upsample."""

    def __init__(self, scale=2):
        super().__init__()
        assert scale == 2
        self.out = nn.Conv2d(64, 3, 3, 1, 1)
        self.up = nn.Upsample(scale_factor=2, mode="bicubic", align_corners=False)
        self.net = nn.Sequential(
            nn.Conv2d(3, 32, 5, 1, 2), nn.ReLU(), nn.Conv2d(32, 64, 3, 1, 1), nn.ReLU(), nn.Conv2d(64, 256, 3, 1, 1)
        )
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, lr):
        return self.up(lr) + self.out(self.shuffle(self.net(lr)))


def test_a_network_with_other_names_in_another_order_gets_full_marks():
    assert grade("a2001sr", Sequential, 8).points == EXERCISES.get("a2001sr").points


def test_the_number_of_parameters_is_the_sum_over_the_layers_of_the_plan():
    layers = ((3, 32, 5), (32, 64, 3), (64, 256, 3), (64, 3, 3))
    by_hand = sum(out * (into * k * k + 1) for into, out, k in layers)
    exercise = EXERCISES.get("a2001sr")
    outputs = exercise.perform(exercise.references[0], exercise.cases(0)[0].inputs)
    assert outputs["number_of_parameters"] == by_hand == 170_371


def test_silencing_the_last_layer_leaves_only_what_is_added():
    net = Sequential()
    fill(net, 1)
    _silence(net)
    lr = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(net(lr), net.up(lr))
    assert net.net[0].weight.abs().max() > 0


def test_pairs_may_be_strings_and_tuples():
    def find(root, scale):
        reference = EXERCISES.get("find_pairs").references[0]
        return tuple([str(hr), str(lr)] for hr, lr in reference(root, scale))

    assert grade("find_pairs", find, 6).points == EXERCISES.get("find_pairs").points
