"""Growing networks: the schedule as a function of the step, the run it makes, and targets from easy to hard."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from srkit.evaluation import Table
from srkit.layers import Prediction
from srkit.training import Callback, Config, Validate, load_checkpoint, make_state, run, save_checkpoint
from srkit.training.checkpoint import restore
from srkit.training.curriculum import Easing, growth_at, parse_growth
from tests.training._toy import Batches, Toy, table_of, weights

PROSR = "2@0,4@0.12-0.25,8@0.45-0.6"


class Pyramid(nn.Module):
    """Up to three doublings with weights of their own; the newest is blended with the enlarged one below."""

    def __init__(self, *, seed: int = 0, predicts: bool = False) -> None:
        super().__init__()
        self.scale, self.blend = 8, 1.0
        self.levels = nn.ModuleList(Toy(seed=seed + n) for n in range(3))
        if predicts:
            self.predictions = self._predictions

    def grow(self, scale: int, *, blend: float = 1.0) -> None:
        self.scale, self.blend = scale, blend

    def images(self, lr: Tensor) -> list[Tensor]:
        found = [lr]
        for level in self.levels[: self.scale.bit_length() - 1]:
            found.append(level(found[-1]))
        return found[1:]

    def forward(self, lr: Tensor) -> Tensor:
        found = self.images(lr)
        if self.blend == 1 or len(found) == 1:
            return found[-1]
        return self.blend * found[-1] + (1 - self.blend) * F.interpolate(found[-2], scale_factor=2)

    def _predictions(self, lr: Tensor) -> list[Prediction]:
        return [Prediction(f"x{2**n}", image, 2**n, 1.0) for n, image in enumerate(self.images(lr), 1)]


class AtScale:
    """Batches of the scale that the growth has reached, as the run makes them."""

    def __init__(self, levels, steps: int) -> None:
        self.levels, self.steps = levels, steps

    def batch(self, step: int):
        return Batches(scale=growth_at(step, self.levels, self.steps)[0], side=8).batch(step)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, (2, 1)), (0.11, (2, 1)), (0.12, (4, 0)), (0.185, (4, 0.5)), (0.25, (4, 1)), (0.44, (4, 1)),
     (0.45, (8, 0)), (0.525, (8, 0.5)), (0.6, (8, 1)), (1.0, (8, 1))],
)  # fmt: skip
def test_the_growing_points_of_prosr_are_12_25_45_and_60_percent(share: float, expected: tuple[int, float]) -> None:
    scale, blend = growth_at(round(share * 1000), parse_growth(PROSR), 1000)
    assert scale == expected[0]
    assert blend == pytest.approx(expected[1], abs=1e-9)


def test_a_level_without_a_second_share_takes_over_at_once() -> None:
    levels = parse_growth("2@0,4@0.5")
    assert [growth_at(step, levels, 4) for step in range(5)] == [(2, 1), (2, 1), (4, 1), (4, 1), (4, 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [("2", "cannot be read"), ("2@0,4", "cannot be read"), ("2@0.1", "begin at 0"), ("2@0,4@0.5-0.2", "begin at 0"),
     ("2@0,4@0.5,8@0.3", "begin at 0"), ("2@0,4@1.5", "begin at 0"), ("4@0,2@0.5", "do not rise"),
     ("2@0,2@0.5", "do not rise"), ("2@0-0.5", "begin at 0")],
)  # fmt: skip
def test_a_growth_that_cannot_be_is_refused_with_an_example(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Config(steps=10, growth=text)


def grown(**settings: object):
    config = Config(**{"steps": 20, "learning_rate": 1e-2, "growth": "2@0,4@0.2-0.4,8@0.6", "patch": 16, **settings})
    return make_state(Pyramid(), nn.L1Loss(), config)


class Watch(Callback):
    def __init__(self) -> None:
        self.seen: list[tuple[int, float]] = []

    def stepped(self, state, outcome) -> None:
        self.seen.append((state.net.scale, state.net.blend))


def test_a_run_trains_each_level_when_its_time_has_come() -> None:
    state, watch = grown(ema=0.5), Watch()
    start = [weights(level).clone() for level in state.net.levels]
    touched = []

    def look(state, outcome) -> None:
        touched.append(
            [not torch.equal(weights(level), begin) for level, begin in zip(state.net.levels, start, strict=True)]
        )

    class Look(Callback):
        stepped = staticmethod(look)

    run(state, state.config, AtScale(parse_growth(state.config.growth), 20), [watch, Look()])
    assert watch.seen[:5] == [(2, 1)] * 4 + [(4, 0)]
    assert [scale for scale, _ in watch.seen] == [2] * 4 + [4] * 8 + [8] * 8
    assert touched[3] == [True, False, False]
    assert touched[11] == [True, True, False]
    assert touched[19] == [True, True, True]
    assert state.average.net.scale == 8, "the averaged network grows along"


class StopAt(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, state, outcome) -> None:
        if state.step == self.step:
            state.stop = "enough"


@pytest.mark.parametrize("stop", [2, 6, 13])
def test_a_resumed_run_grows_as_the_one_that_never_stopped(tmp_path, stop: int) -> None:
    whole, first, second = grown(), grown(), grown()
    batches = AtScale(parse_growth(whole.config.growth), 20)
    run(whole, whole.config, batches)
    run(first, first.config, batches, [StopAt(stop)])
    save_checkpoint(tmp_path / "c.pt", first, {})
    restore(second, load_checkpoint(tmp_path / "c.pt"))
    run(second, second.config, batches)
    assert torch.equal(weights(second.net), weights(whole.net))


def test_the_best_validation_is_one_of_the_last_scale() -> None:
    def falling(net) -> Table:
        """x2 is easier than x8: its PSNR is higher, which must not make it the result."""
        return table_of(40.0 - net.scale)

    state = grown(valid_every=2)
    run(state, state.config, AtScale(parse_growth(state.config.growth), 20), [Validate(falling)])
    assert state.best.psnr == 32
    assert state.best.step > 12


def test_a_network_that_cannot_grow_is_refused() -> None:
    state = make_state(Toy(), nn.L1Loss(), Config(steps=2, growth="2@0"))
    with pytest.raises(BadInput, match=r"Toy has no method grow\(scale, blend=…\)"):
        run(state, state.config, Batches())


def test_a_growing_network_with_predictions_is_trained_and_validated_by_name_and_logs_new_levels(tmp_path) -> None:
    net = Pyramid(predicts=True)
    pairs = srkit.datasets.samples(scale=8)[:1]
    done = srkit.train(
        net, pairs, steps=6, batch=2, patch=32, growth="2@0,4@0.3-0.5,8@0.6", valid=pairs, valid_every=2,
        save_every=1, out=tmp_path / "r", progress=False,
    )  # fmt: skip
    assert done.history.terms == ("x2 value", "x4 value", "x8 value") or done.history.terms == (
        "x2 L1",
        "x4 L1",
        "x8 L1",
    )
    text = (tmp_path / "r" / "history.csv").read_text().splitlines()
    assert text[0].count("x8 L1") == 1
    assert len(text) == 7
    assert all(len(line.split(",")) == len(text[0].split(",")) for line in text)
    rows = done.history.rows
    assert rows[0]["x8 L1"] is None
    assert rows[-1]["x8 L1"] > 0


def test_targets_go_from_easy_to_hard() -> None:
    batches = Easing(Batches(), [lambda hr: F.avg_pool2d(hr, 3, 1, 1), None])
    lr, targets, condition = batches.batch(3)
    assert condition == {}
    plain_lr, hr = Batches().batch(3)
    assert torch.equal(lr, plain_lr)
    assert torch.equal(targets[:, 1], hr)
    torch.testing.assert_close(targets[:, 0], F.avg_pool2d(hr, 3, 1, 1))
    with pytest.raises(BadInput, match="one entry for each prediction"):
        Easing(Batches(), [])


def test_prosr_of_the_shelf_grows_at_the_points_of_its_paper() -> None:
    from srkit.models.prosr import GROWING

    text = "2@0," + ",".join(f"{scale}@{opened:g}-{complete:g}" for scale, (opened, complete) in GROWING.items())
    assert text == PROSR
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = srkit.models.create("prosr", scale=8, tiny=True, every_scale=True)
    done = srkit.train(
        net, srkit.datasets.samples(scale=8)[:1], steps=20, patch=64, batch=1, growth=text, progress=False
    )
    scales = [1 + sum(row[f"x{s} L1"] is not None for s in (4, 8)) for row in done.history.rows]
    assert scales == [1] * 3 + [2] * 6 + [3] * 11
    assert (net.scale, net.blend) == (8, 1)
