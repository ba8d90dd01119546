"""``train`` and ``resume`` as a user calls them."""

from __future__ import annotations

import json
import math
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit import datasets, models, training
from srkit.errors import BadFile, BadInput, UnknownName
from srkit.evaluation import Table
from srkit.training import Callback, EarlyStopping, resume, train
from srkit.training.checkpoint import _best
from srkit.training.history import History
from srkit.training.weights import begin_from
from tests.training._toy import Batches, Toy, table_of, weights

QUICK = {"steps": 6, "batch": 2, "patch": 16, "learning_rate": 1e-3, "progress": False}


@pytest.fixture(scope="module")
def pairs() -> datasets.Pairs:
    return datasets.samples(scale=2)[:3]


def tiny() -> torch.nn.Module:
    with training.world.chance(0):
        return models.create("a2001sr", scale=2, tiny=True)


def test_training_makes_a_network_better_on_images_it_has_not_seen() -> None:
    whole = datasets.samples(scale=2)
    net = tiny()
    before = srkit.evaluate(net, whole[:2]).mean.psnr
    train(net, whole[2:], steps=60, batch=4, patch=32, learning_rate=3e-3, progress=False)
    assert srkit.evaluate(net, whole[:2]).mean.psnr > before + 1.0


def test_names_are_enough_and_the_seed_decides_everything() -> None:
    def run(seed: int) -> torch.Tensor:
        torch.rand(1)
        return weights(train("a2001sr", "samples", scale=2, seed=seed, **{**QUICK, "steps": 2}).net)

    assert torch.equal(run(3), run(3))
    assert not torch.equal(run(3), run(4))


def test_the_run_folder_holds_what_its_description_says(tmp_path, pairs) -> None:
    run = train(tiny(), pairs, loss="1*L1+0.001*TV", out=tmp_path / "run", valid=pairs[:1], valid_every=3, **QUICK)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "best.safetensors", "checkpoint.pt", "config.json", "history.csv", "last.safetensors", "skipped.csv",
    ]  # fmt: skip
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["steps"] == 6
    assert config["loss"]["name"] == "1*L1+0.001*TV"
    assert config["net"]["name"] == "a2001sr"
    assert config["net"]["arguments"] == json.loads(json.dumps(run.net.arguments))
    history = History.from_csv_text((tmp_path / "run" / "history.csv").read_text())
    assert history.terms == ("L1", "TV")
    assert history["step"] == [1, 2, 3, 4, 5, 6]
    assert [row["loss"] for row in history.rows] == pytest.approx([row["L1"] + row["TV"] for row in history.rows])
    assert history.pairs("valid_psnr")[0] == [3, 6]
    assert torch.equal(weights(models.load(tmp_path / "run" / "last.safetensors")), weights(run.net))
    best = models.load(tmp_path / "run" / "best.safetensors")
    assert srkit.evaluate(best, pairs[:1]).mean.psnr == pytest.approx(run.best.psnr, abs=1e-9)
    assert run.best.psnr == max(history.pairs("valid_psnr")[1])


def test_the_weights_that_are_kept_are_the_last_the_averaged_or_the_best(pairs) -> None:
    last = train(tiny(), pairs, **QUICK).net
    averaged = train(tiny(), pairs, ema=0.5, **QUICK).net
    assert not torch.equal(weights(last), weights(averaged))

    scores = iter([30.0, 31.0, 29.0])
    seen = []

    def measure(net: torch.nn.Module) -> Table:
        seen.append(weights(net))
        return table_of(next(scores))

    run = train(tiny(), pairs, valid=measure, valid_every=2, keep="best", **QUICK)
    assert (run.best.step, run.best.psnr) == (4, 31.0)
    assert torch.equal(weights(run.net), seen[1])
    assert torch.equal(seen[2], weights(last)), "validation does not change what is trained"


def test_resuming_by_name_needs_the_folder_only(tmp_path) -> None:
    settings = {**QUICK, "scale": 2, "valid": "samples", "valid_every": 4, "save_every": 2, "ema": 0.9}
    whole = train("a2001sr", "samples", out=tmp_path / "whole", **settings)

    class Stop(Callback):
        def stepped(self, state, outcome) -> None:
            if state.step == 3:
                signal.raise_signal(signal.SIGINT)

    part = train("a2001sr", "samples", out=tmp_path / "part", callbacks=[Stop()], **settings)
    assert "Ctrl-C" in part.interrupted
    assert part.steps == 3
    assert "Ctrl-C" in str(part)
    again = resume(tmp_path / "part", progress=False)
    assert (again.steps, again.interrupted) == (6, "")
    assert torch.equal(weights(again.net), weights(whole.net))
    assert [p.name for p in tmp_path.iterdir() if "." in p.name] == [], "resuming archives nothing"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_run_with_channels_last_resumes_exactly(precision: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"scale": 2, "patch": 16, "batch": 2, "steps": 4, "progress": False, "ema": 0.9}
    given |= {"channels_last": True, "precision": precision}
    whole = train("a2001sr", "samples", **given)

    def stop(state: Any, outcome: Any) -> None:
        state.stop = "half of it" if state.step == 2 else ""

    train("a2001sr", "samples", out=tmp_path / "part", callbacks=[stop], **given)
    assert torch.equal(weights(resume(tmp_path / "part", progress=False).net), weights(whole.net))


def test_a_finished_run_can_be_trained_further(tmp_path, pairs) -> None:
    train(tiny(), pairs, out=tmp_path / "run", **QUICK)
    longer = resume(tmp_path / "run" / "checkpoint.pt", pairs=pairs, steps=9, progress=False)
    assert longer.steps == 9
    assert torch.equal(weights(longer.net), weights(train(tiny(), pairs, **{**QUICK, "steps": 9}).net))
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 10


def test_resuming_says_what_must_be_handed_in_again_and_refuses_other_images(tmp_path, pairs) -> None:
    train(Toy(), pairs, loss=torch.nn.L1Loss(), out=tmp_path / "run", **QUICK)
    with pytest.raises(BadInput, match=r"net=<the Toy of then>, pairs=<the Pairs of then>, loss=<the L1Loss of then>"):
        resume(tmp_path / "run")
    with pytest.raises(BadInput, match=r"trained on 'samples' \(3 pairs\); what was handed in is 'samples' \(2\)"):
        resume(tmp_path / "run", net=Toy(), pairs=pairs[:2], loss=torch.nn.L1Loss())
    with pytest.raises(BadFile, match="no checkpoint"):
        resume(tmp_path / "elsewhere")
    assert resume(tmp_path / "run", net=Toy(), pairs=pairs, loss=torch.nn.L1Loss(), progress=False).steps == 6


@pytest.mark.parametrize("source", ["folder", "checkpoint.pt", "last.safetensors", "state"])
def test_fine_tuning_begins_with_the_weights_that_were_given(tmp_path, pairs, source: str) -> None:
    first = train(tiny(), pairs, out=tmp_path / "run", ema=0.5, **QUICK)
    init = {"folder": tmp_path / "run", "state": first.net.state_dict()}.get(source, tmp_path / "run" / source)
    seen = []

    class Look(Callback):
        def started(self, state) -> None:
            seen.append(weights(state.net))

    expected = weights(first.net).clone()
    other = models.create("a2001sr", scale=2, tiny=True)
    train(other, pairs, init=init, callbacks=[Look()], **QUICK)
    assert torch.equal(seen[0], expected)


def test_weights_of_another_network_are_refused_unless_part_of_them_is_wanted(tmp_path, pairs) -> None:
    small = models.create("edsr", scale=2, channels=4, n_blocks=1)
    models.save(small, tmp_path / "x2.safetensors")
    large = models.create("edsr", scale=4, channels=4, n_blocks=1)
    with pytest.raises(BadFile, match="does not fit"):
        begin_from(large, tmp_path / "x2.safetensors")
    left = begin_from(large, tmp_path / "x2.safetensors", partial=True)
    assert left
    shared = [key for key, value in small.state_dict().items() if key not in left and key in large.state_dict()]
    assert len(shared) > len(left)
    assert all(torch.equal(small.state_dict()[key], large.state_dict()[key]) for key in shared)
    with pytest.raises(BadInput, match="0 of 4 tensors match"):
        begin_from(Toy(), {"foreign": torch.zeros(1)})
    with pytest.raises(BadFile, match="not a run folder"):
        begin_from(Toy(), tmp_path)


def test_early_stopping_ends_the_run_and_says_why(pairs) -> None:
    scores = iter([30.0, 29.0, 28.0, 27.0, 26.0])

    def measure(net: torch.nn.Module) -> Table:
        return table_of(next(scores))

    run = train(
        tiny(), pairs, valid=measure, valid_every=1, callbacks=[EarlyStopping(patience=2)], **{**QUICK, "steps": 50}
    )
    assert run.steps == 3
    assert run.interrupted == "no better PSNR for 2 steps"
    with pytest.raises(BadInput, match="patience=0"):
        EarlyStopping(patience=0)


def test_an_image_reproduced_exactly_decides_neither_the_best_weights_nor_the_patience(pairs) -> None:
    exact = math.inf
    first, second = [30.0, 31.0, 32.0, 31.9, 32.0, 31.0, 31.0], [60.0, exact, 60.0, exact, exact, exact, 60.0]
    tables = iter(zip(first, second, strict=True))
    run = train(
        tiny(), pairs, valid=lambda net: table_of(*next(tables)), valid_every=1,
        callbacks=[EarlyStopping(patience=2)], **{**QUICK, "steps": 50},
    )  # fmt: skip
    assert (run.best.step, run.best.values) == (5, (32.0, exact))
    assert run.steps == 7
    assert run.history["valid_psnr"] == [45.0, 31.0, 46.0, 31.9, 32.0, 31.0, 45.5]


def test_validations_measure_any_registered_metric_and_the_first_decides(tmp_path, pairs) -> None:
    @srkit.register_metric("mean_error", higher_is_better=False)
    def mean_error(sr: torch.Tensor, hr: torch.Tensor, *, protocol: object = None) -> torch.Tensor:
        return (sr - hr).abs().mean()

    try:
        run = train(
            tiny(), pairs, valid=pairs[:2], valid_every=2, metrics=("mean_error", "psnr"), out=tmp_path / "run",
            save_every=3, **QUICK,
        )  # fmt: skip
        steps, errors = run.history.pairs("valid_mean_error")
        assert steps == run.history.pairs("valid_psnr")[0] == [2, 4, 6]
        assert run.best.scores["mean_error"] == min(errors)
        assert "mean_error" in str(run)
        assert run.history.plot().axes[1].get_ylabel().startswith("validation PSNR")
        again = resume(tmp_path / "run", net=tiny(), pairs=pairs, valid=pairs[:2], progress=False, steps=8)
        assert again.history["valid_mean_error"][:6] == run.history["valid_mean_error"]
        assert len(again.history.pairs("valid_mean_error")[0]) == 4
    finally:
        srkit.metrics.METRICS.unregister("mean_error")
    with pytest.raises(UnknownName, match="no metric called 'nonesuch'"):
        train(tiny(), pairs, valid=pairs[:1], metrics="nonesuch", **QUICK)
    with pytest.raises(BadInput, match="metrics="):
        train(tiny(), pairs, valid=pairs[:1], metrics=(), **QUICK)


def test_the_best_of_an_older_checkpoint_is_understood() -> None:
    best = _best({"step": 3, "psnr": 30.0, "ssim": 0.9, "weights": {}})
    assert (best.step, best.psnr, best.scores, best.values) == (3, 30.0, {"psnr": 30.0, "ssim": 0.9}, ())


def test_a_function_is_a_callback_and_anything_else_is_not(pairs) -> None:
    losses = []
    train(tiny(), pairs, callbacks=[lambda state, outcome: losses.append(outcome.loss)], **QUICK)
    assert len(losses) == 6
    with pytest.raises(BadInput, match="cannot be a callback"):
        train(tiny(), pairs, callbacks=[3], **QUICK)


def test_skipped_updates_are_counted_and_logged_with_their_reason(tmp_path) -> None:
    batches = Batches(spoil=lambda step, hr: hr * float("nan") if step in (3, 8) else hr)
    run = train(Toy(), batches, out=tmp_path / "run", **{**QUICK, "steps": 12, "batch": 4})
    assert run.skipped == 2
    assert "skipped updates: 2" in str(run)
    rows = (tmp_path / "run" / "skipped.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "4", "9"]
    assert "the loss is nan" in rows[1]
    assert [step for step, flag in zip(run.history["step"], run.history["skipped"], strict=True) if flag] == [4, 9]


def test_the_network_stays_usable_in_the_mode_and_on_the_device_it_came_with(pairs) -> None:
    net = tiny().eval()
    train(net, pairs, **QUICK)
    assert not net.training
    assert next(net.parameters()).device.type == "cpu"
    assert next(net.parameters()).requires_grad


def test_a_plain_module_can_be_trained_saved_and_begun_from(tmp_path, pairs) -> None:
    run = train(Toy(), pairs, out=tmp_path / "run", **QUICK)
    other = Toy(seed=5)
    begin_from(other, tmp_path / "run")
    assert torch.equal(weights(other), weights(run.net))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"net": "a2001sx"}, UnknownName, "a2001sr"),
        ({"net": 3}, BadInput, "net=3 is not a network"),
        ({"pairs": "sampels"}, UnknownName, "samples"),
        ({"pairs": None}, BadInput, "nothing to train on"),
        ({"pairs": [1, 2]}, BadInput, "Cannot train on a list"),
        ({"loss": "1*L7"}, UnknownName, "L7"),
        ({"loss": 5}, BadInput, "loss=5 is not a loss"),
        ({"valid": 7}, BadInput, "Cannot validate on a int"),
        ({"learning_rat": 1}, BadInput, "Did you mean learning_rate"),
        ({"patch": 4096}, BadInput, "patch"),
        ({"patch": 17}, BadInput, "patch"),
        ({"device": "quantum"}, BadInput, "quantum"),
        ({"net": "bicubic"}, BadInput, "no parameter to train"),
        ({"callbacks": [1]}, BadInput, "cannot be a callback"),
        ({"batch": 3, "accumulate": 2}, BadInput, "accumulate=2"),
        ({"scale": None}, BadInput, "pass scale=…"),
    ],
)
def test_what_cannot_be_used_is_named_before_anything_is_written(
    tmp_path, given: dict, error: type[Exception], message: str
) -> None:
    call = {"net": "a2001sr", "pairs": "samples", "scale": 2, "out": tmp_path / "run", **QUICK, **given}
    with pytest.raises(error, match=message):
        train(call.pop("net"), call.pop("pairs"), **call)
    assert not (tmp_path / "run").exists()


def test_a_network_of_another_scale_than_the_pairs_is_refused(pairs) -> None:
    net = models.create("edsr", scale=3, channels=4, n_blocks=1)
    with pytest.raises(BadInput, match="enlarges x3 and the pairs of 'samples' are x2"):
        train(net, pairs, **QUICK)


def test_the_run_describes_itself_in_text_and_in_a_table(pairs) -> None:
    run = train(tiny(), pairs, valid=pairs[:1], **QUICK)
    assert "steps: 6 of 6" in str(run)
    assert f"{run.best.psnr:.2f} dB" in str(run)
    assert "<table>" in run._repr_html_()
    assert run.history.plot().axes


def test_a_relative_folder_is_remembered_wherever_one_resumes_from(tmp_path, pairs, monkeypatch) -> None:
    (tmp_path / "data").mkdir()
    for name, _, hr in pairs:
        srkit.write(tmp_path / "data" / f"{name}.png", hr)
    monkeypatch.chdir(tmp_path)
    train("a2001sr", "./data", scale=2, out="run", **{**QUICK, "steps": 2})
    monkeypatch.chdir(Path("/"))
    assert resume(tmp_path / "run", steps=3, progress=False).steps == 3
