"""Supervision in several places, beside the same steps written out by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from srkit import losses, models
from srkit.errors import BadInput
from srkit.layers import Prediction
from srkit.models._registry import MODELS
from srkit.ops import imresize
from srkit.training import Config, Record, make_state, run
from srkit.training.supervise import supervised_terms
from tests.training._toy import Batches, Levels, Toy, toy_state, weights


def by_hand(steps: int, *, both: bool) -> Levels:
    """Train the two levels with nothing but torch and MATLAB's bicubic."""
    net, batches = Levels(), Batches(scale=4)
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    for step in range(steps):
        lr, hr = batches.batch(step)
        half, whole = net.predictions(lr)
        loss = F.l1_loss(whole.image, hr)
        if both:
            loss = 0.5 * F.l1_loss(half.image, imresize(hr, 0.5)) + loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net


@pytest.mark.parametrize("both", [True, False])
def test_the_loop_minimises_the_weighted_sum_over_all_predictions_or_the_last_alone(both: bool) -> None:
    state = toy_state(Levels(), supervision=both)
    run(state, state.config, Batches(scale=4))
    assert torch.equal(weights(state.net), weights(by_hand(20, both=both)))


def test_both_ways_of_training_end_in_different_weights() -> None:
    assert not torch.equal(weights(by_hand(20, both=True)), weights(by_hand(20, both=False)))


def test_each_prediction_and_each_term_is_logged_by_name() -> None:
    state = make_state(Levels(), losses.parse("1*L1+0.1*TV"), Config(steps=3, accumulate=2))
    run(state, state.config, Batches(scale=4), [Record()])
    assert state.history.terms == ("x2 L1", "x2 TV", "x4 L1", "x4 TV")
    row = state.history.rows[0]
    assert row["loss"] == pytest.approx(sum(row[name] for name in state.history.terms), rel=1e-5)


def test_a_batch_in_parts_is_supervised_as_the_whole_batch() -> None:
    whole, parts = toy_state(Levels(), optimiser="sgd"), toy_state(Levels(), optimiser="sgd", accumulate=2, batch=4)
    for state in (whole, parts):
        run(state, state.config, Batches(scale=4))
    torch.testing.assert_close(weights(whole.net), weights(parts.net), rtol=0, atol=1e-6)


def predictions(count: int, scale: int = 2) -> list[Prediction]:
    rng = torch.Generator().manual_seed(count)
    return [Prediction(f"turn {i}", torch.rand(2, 3, 8, 8, generator=rng), scale, 1.0) for i in range(count)]


def test_targets_from_easy_to_hard_go_to_the_predictions_in_their_order() -> None:
    turns = predictions(3)
    targets = torch.rand(2, 3, 3, 8, 8, generator=torch.Generator().manual_seed(9))
    terms = supervised_terms(losses.parse("L1"), turns, targets)
    expected = [F.l1_loss(turn.image, targets[:, i]) for i, turn in enumerate(turns)]
    assert list(terms) == ["turn 0 L1", "turn 1 L1", "turn 2 L1"]
    torch.testing.assert_close(torch.stack(list(terms.values())), torch.stack(expected))
    with pytest.raises(BadInput, match="made 2 predictions and there are 3 targets"):
        supervised_terms(losses.parse("L1"), turns[:2], targets)


def test_the_reduced_target_keeps_the_mean_colour_and_is_antialiased() -> None:
    """A pattern of single pixels becomes the grey between them; a target taken by skipping pixels would not."""
    stripes = (torch.arange(32) % 2).float().expand(1, 3, 32, 32).contiguous()
    small = Prediction("x2", torch.full((1, 3, 16, 16), 0.5), 2, 1.0)
    large = Prediction("x4", stripes, 4, 1.0)
    terms = supervised_terms(losses.parse("L1"), [small, large], stripes)
    assert float(terms["x2 L1"]) < 0.02
    assert float(terms["x4 L1"]) == 0


def test_a_prediction_of_the_wrong_size_is_named() -> None:
    with pytest.raises(BadInput, match=r"prediction 'turn 0' is \(2, 3, 8, 8\) where its target is \(2, 3, 4, 4\)"):
        supervised_terms(losses.parse("L1"), [*predictions(1), *predictions(1, 4)], torch.zeros(2, 3, 8, 8))
    with pytest.raises(BadInput, match="empty list"):
        supervised_terms(losses.parse("L1"), [], torch.zeros(2, 3, 8, 8))


def test_further_keywords_of_a_batch_reach_the_network_cut_like_the_images() -> None:
    class Told(Toy):
        def forward(self, lr: torch.Tensor, *, level: torch.Tensor, name: str) -> torch.Tensor:
            assert name == "dusk"
            assert len(level) == len(lr) == 2
            seen.append(level.flatten().tolist())
            return super().forward(lr) * level

    class Telling(Batches):
        def batch(self, step: int) -> tuple:
            levels = torch.arange(4.0).view(4, 1, 1, 1) + step
            return (*super().batch(step), {"level": levels, "name": "dusk"})

    seen: list[list[float]] = []
    state = toy_state(Told(), steps=2, accumulate=2, batch=4)
    run(state, state.config, Telling())
    assert seen == [[0, 1], [2, 3], [1, 2], [3, 4]]


def _predicting() -> list[str]:
    found = []
    for name in models.names():
        if callable(getattr(MODELS.get(name).factory, "predictions", None)):
            found.append(name)
    return found


@pytest.mark.parametrize("name", _predicting())
def test_every_network_of_the_shelf_with_several_predictions_is_supervised_in_all_of_them(name: str) -> None:
    scale = max(models.card(name).scales[:2])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = models.create(name, scale=scale, tiny=True)
    lr = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = [prediction.name for prediction in net.predictions(lr)]
    state = make_state(net, losses.parse("1*L1"), Config(steps=2, learning_rate=1e-4, guard=None))
    run(state, state.config, Batches(scale=scale, batch=2, side=16), [Record()])
    assert list(state.history.terms) == [f"{prediction} L1" for prediction in expected]
    assert all(row["loss"] < float("inf") for row in state.history.rows)
