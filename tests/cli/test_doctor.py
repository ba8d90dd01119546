from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from srkit import _home
from srkit.cli import _checks, doctor
from srkit.cli._checks import Finding, check_disk, check_python, check_samples, check_weights
from srkit.cli.doctor import all_checks
from srkit.datasets.places import shipped
from tests.cli._call import Call
from tests.house._code import ROOT


def test_doctor_prints_one_line_per_check_and_succeeds_here(call: Call) -> None:
    answer = call("doctor", "--quick")
    assert answer.code == 0, answer.out
    marked = [line for line in answer.out.splitlines() if line.startswith(("ok", "note", "FAIL"))]
    assert len(marked) == len(all_checks("clone", quick=True))
    assert f"run from the clone {ROOT}" in marked[0]


def test_one_failure_gives_exit_code_one_and_its_fix(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Finding("something", "fail", "is broken", "mend it")
    monkeypatch.setattr(doctor, "all_checks", lambda *_, **__: [lambda: bad, lambda: Finding("other", "ok", "fine")])
    answer = call("doctor")
    assert answer.code == 1
    assert "fix: mend it" in answer.out
    assert "1 problem" in answer.out


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 9), "fail"), ((3, 11, 0), "ok"), ((3, 13, 2), "ok"), ((3, 14, 0), "note")]
)
def test_python_versions_are_judged(version: tuple[int, ...], state: str) -> None:
    assert check_python(version).state == state


def test_an_old_torch_fails_with_the_command_that_updates_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.__version__", "2.9.1+cpu")
    finding = _checks.check_torch()
    assert finding.state == "fail"
    assert "pip install" in finding.fix


def test_a_torch_that_does_not_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert _checks.check_torch().state == "fail"


def test_a_missing_package_fails_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_checks.importlib.metadata, "requires", lambda _: ["pillow>=11", "no-such-package>=1"])
    finding = _checks.check_packages()
    assert finding.state == "fail"
    assert finding.fix == "python -m pip install 'no-such-package>=1'"


def test_a_changed_or_missing_sample_fails(tmp_path: Path) -> None:
    shutil.copytree(shipped() / "samples", tmp_path / "samples")
    shutil.copytree(shipped() / "manifests", tmp_path / "manifests")
    assert check_samples(tmp_path).state == "ok"
    victim = next((tmp_path / "samples" / "test").glob("*.png"))
    victim.write_bytes(victim.read_bytes() + b"x")
    assert check_samples(tmp_path).state == "fail"
    victim.unlink()
    assert victim.name in check_samples(tmp_path).found


def test_weights_are_compared_with_their_list(tmp_path: Path) -> None:
    assert check_weights(tmp_path).state == "note"
    for folder in ("manifests", "weights"):
        (tmp_path / folder).mkdir()
    (tmp_path / "weights" / "a.safetensors").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    (tmp_path / "manifests" / "weights.sha256").write_text(f"{digest}  a.safetensors\n")
    assert check_weights(tmp_path).state == "ok"
    (tmp_path / "weights" / "a.safetensors").write_bytes(b"other")
    assert check_weights(tmp_path).state == "fail"


def test_a_nearly_full_disk_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("."))
    for free, state in ((1e8, "fail"), (1e9, "note"), (9e9, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(10**12, 0, int(free)))
        assert check_disk().state == state


@pytest.mark.parametrize(
    ("settings", "load", "state", "said"),
    [
        ({}, 3.0, "note", "3.0 processes share 2 processors"),
        ({}, 0.2, "ok", "quiet machine"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, 3.0, "ok", "OMP_WAIT_POLICY=ACTIVE, as you set it"),
        ({"OMP_NUM_THREADS": "1"}, 3.0, "ok", "one thread"),
    ],
)
def test_threads_that_spin_while_they_wait_are_noted_where_others_want_the_processors(
    settings: dict[str, str], load: float, state: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load), raising=False)
    finding = _checks.check_waiting()
    assert (finding.state, said in finding.found) == (state, True)
    assert ("OMP_WAIT_POLICY=PASSIVE" in finding.fix) == (state == "note")


def test_a_place_that_cannot_be_written_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SRKIT_CACHE", str(tmp_path / "file" / "below"))
    finding = _checks.check_writing()
    assert finding.state == "fail"
    assert "SRKIT_CACHE" in finding.fix


def test_a_kernel_of_another_python_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho /some/other/prefix\n")
    other.chmod(0o755)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    for command, state in ((str(other), "fail"), (str(tmp_path / "gone"), "fail"), (sys.executable, "ok")):
        kernel = {"argv": [command, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python 3"}
        (spec / "kernel.json").write_text(json.dumps({**kernel, "language": "python"}))
        assert _checks.check_kernel().state == state, command


def test_a_widget_front_end_that_is_missing_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _checks.check_widgets().state == "ok"
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    finding = _checks.check_widgets()
    assert finding.state == "fail"
    assert "anywidget" in finding.fix


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("c = get_config()\nc.GenerateFeedback.preprocessors = ['nbgrader.preprocessors.ClearHiddenTests']\n", "ok"),
        ("c = get_config()\n", "fail"),
        ("c = get_config()\nraise ValueError('typing error')\n", "fail"),
    ],
)
def test_grading_settings_that_nbgrader_would_ignore_are_found_out(tmp_path: Path, text: str, state: str) -> None:
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "nbgrader_config.py").write_text(text)
    assert _checks.check_nbgrader(tmp_path).state == state


def test_nobody_needs_a_grader_to_learn(tmp_path: Path) -> None:
    assert _checks.check_nbgrader(tmp_path).state == "note"


REQUIRES = ["pillow>=11", "no-such-package>=1 ; extra == 'lab'", "nor-this>=2 ; extra == 'dev'"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An installed srkit and what it requires: pillow, and for the lessons a package that is not there."""
    monkeypatch.setattr(_home, "clone", lambda: None)
    requires = list(REQUIRES)
    monkeypatch.setattr(_checks.importlib.metadata, "requires", lambda _: requires)
    return requires


def test_the_library_alone_is_not_blamed_for_the_lessons_it_was_not_installed_for(installed: list[str]) -> None:
    assert _checks.installation() == "library"
    finding = _checks.check_installation()
    assert (finding.state, finding.fix) == ("ok", "python -m pip install 'srkit[lab]'")
    assert "no-such-package" in finding.found
    assert "nor-this" not in finding.found
    asked = {name for check in all_checks("library") if (name := check().name)}
    assert asked >= {"installation", "PyTorch", "packages", "samples", "weights"}
    assert not asked & {"kernel", "widgets", "nbgrader", "grading sandbox", "browser tests"}


def test_an_installed_lab_is_checked_for_lessons_and_grader_but_not_for_the_projects_own_tests(
    installed: list[str],
) -> None:
    del installed[1]
    assert _checks.installation() == "lab"
    assert "lessons and grader" in _checks.check_installation().found
    kinds = {kind: len(all_checks(kind)) for kind in ("library", "lab", "clone")}
    assert kinds["library"] < kinds["lab"] < kinds["clone"]


@pytest.mark.parametrize(
    "check", [_checks.check_torch, lambda: check_python((3, 10, 0)), lambda: check_samples(Path())]
)
def test_an_installed_srkit_is_never_told_to_call_make_or_git(
    check: _checks.Check, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    finding = check()
    assert finding.state == "fail"
    assert "pip install" in finding.fix
    assert not {"make", "git"} & set(finding.fix.split())


def test_the_sandbox_is_tried_by_the_grader_itself_and_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: the moon is full' >&2\nexit 1\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = _checks.check_sandbox()
    assert finding.state == "note"
    assert "bwrap: the moon is full" in finding.found
    assert "srkit grade --try-sandbox" in finding.fix


@pytest.mark.needs("bubblewrap")
def test_a_sandbox_that_works_is_named() -> None:
    finding = _checks.check_sandbox()
    assert (finding.state, finding.fix) == ("ok", "")
    assert "bubblewrap" in finding.found


def test_a_check_that_trips_is_a_finding_too() -> None:
    def check_fragile() -> Finding:
        raise KeyError("surprise")

    finding = _checks.guarded(check_fragile)
    assert (finding.name, finding.state) == ("fragile", "fail")
    assert "surprise" in finding.found
