"""A watched run without a browser: curves that are the run's, and orders that are obeyed."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.training import Callback, State
from srkit.training.loop import Outcome
from srkit.widgets import Monitor
from tests.widgets.test_show import Images


def train(*watchers: Any, steps: int = 6, **settings: Any) -> Any:
    pairs = srkit.datasets.samples(scale=2)
    net = srkit.models.create("espcn", scale=2, tiny=True)
    return srkit.train(
        net, pairs, steps=steps, batch=2, patch=16, log_every=1, callbacks=watchers, progress=False, **settings
    )


def test_the_curve_is_the_history_of_the_run_and_the_picture_is_the_networks() -> None:
    lr = torch.rand(3, 8, 10, generator=torch.Generator().manual_seed(0))
    truth = torch.rand(3, 16, 20, generator=torch.Generator().manual_seed(1))
    monitor = Monitor(look_at=lr, truth=truth)
    run = train(monitor)
    assert [value for _, value in monitor.curves["loss"]] == pytest.approx(list(run.history["loss"]))
    with torch.no_grad():
        sr = run.net.eval()(lr[None])[0].clamp(0, 1)
    assert (torch.from_numpy(monitor.pictures["now"].pixels) == (sr * 255 + 0.5).floor().byte().permute(1, 2, 0)).all()
    decibels = -10 * math.log10(float((sr - truth).square().mean()))
    assert monitor.curves["RGB PSNR of the picture"][-1] == (6, pytest.approx(decibels, abs=1e-4))
    assert monitor.why == "all 6 steps made"


def test_watching_changes_neither_weights_nor_mode_of_the_training() -> None:
    watching = Monitor(look_at=torch.rand(3, 8, 8))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        plain = train()
        torch.manual_seed(0)
        watched = train(watching)
    for ours, theirs in zip(plain.net.parameters(), watched.net.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_stopped_a_run_ends_after_the_step_in_hand_and_says_why() -> None:
    monitor = Monitor()

    class Impatient(Callback):
        def stepped(self, state: State, outcome: Outcome) -> None:
            if state.step == 2:
                monitor.stop()

    run = train(Impatient(), monitor, steps=50)
    assert run.steps == 2
    assert "stopped by the monitor" in repr(monitor)
    assert run.interrupted == "stopped by the monitor"


def test_a_paused_run_in_a_thread_waits_until_it_may_go_on() -> None:
    monitor, reached, steps = Monitor(), threading.Event(), []

    def note(state: State, outcome: Outcome) -> None:
        steps.append(state.step)
        if state.step == 3:
            monitor.pause()
            reached.set()

    monitor.start(lambda watch: train(note, watch, steps=8), live=False)
    assert reached.wait(60)
    monitor.wait(0.3)
    assert monitor.paused
    assert steps == [1, 2, 3]
    with pytest.raises(BadInput, match="watches a run already"):
        monitor.start(lambda watch: None, live=False)
    monitor.resume()
    assert monitor.wait(60).steps == 8
    assert steps[-1] == 8


def test_keep_best_puts_the_best_validated_weights_back() -> None:
    monitor = Monitor()

    def note(state: State, outcome: Outcome) -> None:
        if state.step == 4:
            with torch.no_grad():
                for weight in state.net.parameters():
                    weight.mul_(0)
            monitor.keep_best()

    run = train(note, monitor, steps=9, valid=srkit.datasets.samples(scale=2), valid_every=2)
    assert run.steps == 4
    assert run.best is not None
    for name, value in run.net.state_dict().items():
        assert torch.equal(value, run.best.weights[name])
    assert any(value.abs().sum() > 0 for value in run.net.state_dict().values())


def test_a_method_is_followed_and_ended_through_its_progress() -> None:
    monitor = Monitor()
    method = srkit.methods.create("back_projection", steps=40)

    def three(done: int, total: int) -> bool:
        if done == 3:
            monitor.stop()
        return monitor.progress(done, total)

    result = method.restore(torch.rand(3, 8, 8), scale=2, progress=three)
    assert result.steps == 3
    assert not result.complete
    assert monitor.curves["steps made, %"][-1] == (3, 7.5)
    monitor.put("kernel", torch.ones(5, 5) / 25)
    images = Images(monitor._repr_html_())
    assert [image["alt"] for image in images.images][-1] == "kernel, bright is large"


def test_an_error_in_the_thread_is_said_where_the_curves_are() -> None:
    monitor = Monitor()
    monitor.start(lambda watch: 1 / 0, live=False)
    assert monitor.wait(10) is None
    assert "ZeroDivisionError" in monitor.why
    assert "ZeroDivisionError" in monitor._repr_html_()


def test_the_buttons_of_the_widget_reach_the_run_and_what_it_draws_reaches_them() -> None:
    pytest.importorskip("anywidget")
    from srkit.widgets._monitor import live_monitor

    monitor = Monitor()
    widget = live_monitor(monitor)
    widget.set_state({"_command": {"command": "pause", "count": 1}})
    assert monitor.paused
    assert widget.paused
    widget.set_state({"_command": {"command": "resume", "count": 2}})
    assert not monitor.paused
    monitor.note(1, loss=0.5)
    monitor.resume()
    assert "0.5 at step 1" in widget._html
    widget.set_state({"_command": {"command": "__init__", "count": 3}})
    assert not monitor.paused


def test_the_twin_of_a_watched_run_is_renewed_when_the_run_pauses_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("anywidget")
    from srkit.widgets._monitor import live_monitor

    class Handle:
        def __init__(self) -> None:
            self.pages: list[str] = []

        def update(self, data: dict[str, str], *, raw: bool) -> None:
            assert raw
            self.pages.append(data["text/html"])

    handle, monitor = Handle(), Monitor()
    widget = live_monitor(monitor)
    monkeypatch.setattr("IPython.display.display", lambda data, **_: handle)
    widget._ipython_display_()
    monitor.note(1, loss=0.5)
    monitor.pause()
    monitor.resume()
    assert [("0.5 at step 1" in page, "paused" in page) for page in handle.pages] == [(True, True)]
    monitor.note(2, loss=0.25)
    monitor.start(lambda watch: None, live=False)
    monitor.wait(20)
    assert "0.25 at step 2" in handle.pages[-1]
    assert "Run: done" in handle.pages[-1]


def test_a_value_that_is_no_number_is_said_and_not_drawn_as_zero() -> None:
    whole, broken = Monitor(), Monitor()
    for step, value in enumerate((0.5, 0.4, 0.4, 0.3), 1):
        whole.note(step, loss=value)
        broken.note(step, loss=float("nan") if step == 3 else value)
    drawn = [Images(monitor._repr_html_()).images[0]["src"] for monitor in (whole, broken)]
    assert drawn[0] == drawn[1]
    assert "1 of 4 values are no numbers" in repr(broken)
    assert "Nothing yet" in Monitor()._repr_html_()
