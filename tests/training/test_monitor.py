"""What a person sees while a network trains."""

from __future__ import annotations

import base64
import sys
import threading
import types

import pytest
from matplotlib.figure import Figure

from srkit.errors import BadInput
from srkit.training import Callback, LivePlot, Progress, TensorBoard, callbacks, train
from tests.training._toy import Batches, Toy, table_of

QUICK = {"steps": 6, "batch": 4, "patch": 16}


class Handle:
    """Stands for the place in a notebook where a figure is shown."""

    def __init__(self) -> None:
        self.updates: list[object] = []

    def update(self, figure: object) -> None:
        self.updates.append(figure)


@pytest.fixture
def terminal(monkeypatch) -> None:
    """A terminal, as far as the bar can tell."""
    monkeypatch.setattr(callbacks, "on_terminal", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_the_bar_counts_to_the_end_and_shows_the_loss(capsys) -> None:
    train(Toy(), Batches(), progress=True, **QUICK)
    out, err = capsys.readouterr()
    assert out == ""
    assert "100%" in err
    assert "6/6" in err
    assert "loss=" in err


def test_without_somebody_to_see_it_nothing_is_shown(capsys) -> None:
    train(Toy(), Batches(), **QUICK)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("terminal")
def test_the_bar_starts_no_thread() -> None:
    before = threading.active_count()
    seen = []

    class Count(Callback):
        def stepped(self, state, outcome) -> None:
            seen.append(threading.active_count())

    train(Toy(), Batches(), progress=True, callbacks=[Count()], **QUICK)
    assert max(seen) == before


@pytest.mark.usefixtures("terminal")
def test_the_bar_mentions_the_best_validation_and_the_skipped_updates(capsys) -> None:
    spoiled = Batches(spoil=lambda step, hr: hr * float("nan") if step == 4 else hr)
    train(Toy(), spoiled, progress=True, valid=lambda net: table_of(31.25), valid_every=2, **QUICK)
    err = capsys.readouterr().err
    assert "best=31.25 dB PSNR at 2" in err
    assert "skipped=1" in err


def test_the_live_curve_is_shown_once_and_then_updated_in_place_without_hurry(monkeypatch) -> None:
    handle, shown, now = Handle(), [], [0.0]

    def display(figure: object, display_id: bool) -> Handle:
        assert display_id
        shown.append(figure)
        return handle

    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: now[0])

    class Clock(Callback):
        def stepped(self, state, outcome) -> None:
            now[0] += 0.1

    train(Toy(), Batches(), callbacks=[Clock(), LivePlot()], progress=False, **{**QUICK, "steps": 31})
    assert len(shown) == 1
    assert 5 <= len(handle.updates) <= 7, "at most twice a second in three seconds, and once at the end"
    lines = handle.updates[-1].figure.axes[0].lines
    assert len(lines[0].get_xdata()) == 31, "the last picture holds the whole run"


def test_a_curve_is_a_picture_with_words_in_any_notebook() -> None:
    curve = callbacks.Curve(Figure(), 'Loss "now"')
    page = curve._repr_html_()
    assert 'alt="Loss &#34;now&#34;"' in page
    assert base64.b64decode(page.split("base64,")[1].split('"')[0]).startswith(b"\x89PNG")


def test_progress_goes_to_stdout_and_the_curve_is_added_in_a_notebook(monkeypatch, capsys) -> None:
    shown = []
    monkeypatch.setattr("srkit.training.callbacks.in_notebook", lambda: True)
    monkeypatch.setattr("srkit.training.start.in_notebook", lambda: True)
    display = types.SimpleNamespace(display=lambda figure, display_id: shown.append(figure) or Handle())
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    train(Toy(), Batches(), **QUICK)
    out, err = capsys.readouterr()
    assert "6/6" in out
    assert err == ""
    assert shown


def test_outside_a_kernel_there_is_no_notebook() -> None:
    assert not callbacks.in_notebook()


def test_tensorboard_gets_every_logged_number(tmp_path, monkeypatch) -> None:
    sent, closed = [], []

    class Writer:
        def __init__(self, folder: str) -> None:
            assert folder == str(tmp_path / "board")

        def add_scalar(self, name: str, value: float, step: int) -> None:
            sent.append((name, step))

        def close(self) -> None:
            closed.append(True)

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    train(Toy(), Batches(), loss="1*L1+0.1*TV", callbacks=[TensorBoard(tmp_path / "board")], progress=False, **QUICK)
    names = {"seconds", "learning_rate", "loss", "L1", "TV", "gradient_norm", "skipped"}
    assert set(sent) == {(name, step) for name in names for step in range(1, 7)}
    assert closed == [True]


def test_a_missing_tensorboard_is_answered_with_the_command_that_installs_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(BadInput, match="pip install tensorboard"):
        TensorBoard(tmp_path)


def test_the_bar_is_the_text_bar_that_a_saved_notebook_keeps() -> None:
    import tqdm.std

    progress = Progress()
    assert issubclass(callbacks._Bar, tqdm.std.tqdm)
    assert progress._bar is None
