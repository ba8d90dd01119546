"""Which PyTorch the set-up takes: yours if you have one, else the CPU build, and never several gigabytes unasked."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def module() -> ModuleType:
    """The module under test."""
    return importlib.import_module("_torch")


@pytest.fixture
def empty(tmp_path: Path) -> Any:
    """A real environment with nothing in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    return importlib.import_module("_environment").Environment(tmp_path / "venv" / "bin" / "python", tmp_path / "venv")


@pytest.fixture
def asked(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What pip is asked for, without asking it: it answers like an index that has no such wheel."""
    asked: list[tuple[str, ...]] = []

    def pip(_: Any, *arguments: str) -> None:
        asked.append(arguments)
        raise module.Stop("The index said no.")

    monkeypatch.setattr(module, "pip", pip)
    return asked


def test_a_pytorch_you_have_is_used_as_it_is(
    module: ModuleType, empty: Any, asked: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _fake_torch(tmp_path / "yours", "2.12.1+cu128")
    monkeypatch.setattr(module, "installed", _sees(module, empty, folder, "2.12.1+cu128"))
    assert module.provide(empty, "", Path("host")) == f"PyTorch 2.12.1+cu128 (GPU 12.8), yours, from {folder}"
    assert asked == []


def test_locked_packages_stand_before_those_that_come_with_your_pytorch(
    module: ModuleType, empty: Any, tmp_path: Path
) -> None:
    folder = _fake_torch(tmp_path / "yours", "2.12.1")
    (folder / "numpy.py").write_text("origin = 'yours'")
    (empty.site_packages / "numpy.py").write_text("origin = 'locked'")
    assert module.borrow(empty, "2.12.1", folder)
    assert _run(empty, "import numpy, torch; print(numpy.origin, torch.__version__)") == "locked 2.12.1"


def test_a_pytorch_that_does_not_import_is_given_back(
    module: ModuleType, empty: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _fake_torch(tmp_path / "yours", "2.12.1")
    (folder / "torch" / "__init__.py").write_text("raise ImportError('libcudart.so.12')")
    assert not module.borrow(empty, "2.12.1", folder)
    assert list(empty.site_packages.glob("*borrowed*")) == []
    assert "does not import here" in capsys.readouterr().out


def test_a_pytorch_that_is_too_old_is_not_seen(module: ModuleType, empty: Any) -> None:
    assert module.installed(empty.python) is None
    _fake_torch(empty.site_packages, "2.9.1")
    assert module.installed(empty.python) is None
    _fake_torch(empty.site_packages, "2.10.0")
    assert module.installed(empty.python) == ("2.10.0", empty.site_packages.resolve())


def test_on_linux_only_names_that_cannot_be_a_cuda_build_are_asked_for(module: ModuleType) -> None:
    tries = module.requirements("", "linux")
    assert len(tries) == 2
    for arguments in tries:
        assert f"torch=={module.VERSION}+cpu" in arguments
        assert "--no-deps" in arguments
    assert module.CPU_INDEX in tries[1]


def test_several_gigabytes_come_only_to_those_who_ask(module: ModuleType) -> None:
    assert module.requirements("gpu", "linux")[0] == [f"torch=={module.VERSION}"]
    assert module.requirements("", "darwin")[0] == ["--no-deps", f"torch=={module.VERSION}"]
    assert not any("+cpu" in word for tries in module.requirements("gpu", "linux") for word in tries)


@pytest.mark.parametrize("wish", ["cpu", "gpu"])
@pytest.mark.parametrize("said", ["ERROR: ResolutionImpossible: for help visit", "a new phrase"])
def test_whatever_pip_said_the_next_source_is_tried_and_the_end_names_every_way_out(
    module: ModuleType, empty: Any, monkeypatch: pytest.MonkeyPatch, wish: str, said: str
) -> None:
    asked: list[tuple[str, ...]] = []

    def pip(_: Any, *arguments: str) -> None:
        asked.append(arguments)
        raise module.Stop(said)

    monkeypatch.setattr(module, "pip", pip)
    monkeypatch.setattr(module, "constrained", lambda _: "pip obeys the constraints in /company/limits.txt")
    monkeypatch.setattr(module, "candidates", lambda: iter([["some-python"]]))
    monkeypatch.setattr(module, "version_of", lambda _: (3, 99))
    monkeypatch.setattr(module, "short_of_space", lambda *_: False)
    with pytest.raises(module.Stop) as caught:
        module.provide(empty, wish, Path(sys.executable))
    assert [list(arguments) for arguments in asked] == module.requirements(wish)
    ways = ("/company/limits.txt", "PyTorch from 2.10 on", "PIP_FIND_LINKS", "PIP_INDEX_URL", "environment.yml")
    for way in (*ways, "PYTHON=some-python make lab", *(["TORCH=gpu"] if wish == "cpu" else [])):
        assert way in str(caught.value)


def test_the_second_source_serves_where_the_first_does_not(
    module: ModuleType, empty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "short_of_space", lambda *_: False)

    def pip(_: Any, *arguments: str) -> None:
        if arguments != tuple(module.requirements("cpu")[1]):
            raise module.Stop("ResolutionImpossible")
        _fake_torch(empty.site_packages, f"{module.VERSION}+cpu")

    monkeypatch.setattr(module, "pip", pip)
    assert module.provide(empty, "cpu", Path(sys.executable)) == f"PyTorch {module.VERSION}+cpu (CPU)"


def test_a_build_that_was_installed_and_does_not_import_makes_way_for_the_next_source(
    module: ModuleType, empty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[int] = []
    monkeypatch.setattr(module, "short_of_space", lambda *_: False)

    def pip(_: Any, *arguments: str) -> None:
        _fake_torch(empty.site_packages, f"{module.VERSION}+cpu")
        if not removed:
            (empty.site_packages / "torch" / "__init__.py").write_text("raise ImportError('libc is too old')")

    monkeypatch.setattr(module, "pip", pip)
    monkeypatch.setattr(module, "_remove", lambda _: removed.append(1))
    assert module.provide(empty, "cpu", Path(sys.executable)) == f"PyTorch {module.VERSION}+cpu (CPU)"
    assert removed == [1]


@pytest.mark.parametrize("ends", [KeyboardInterrupt, "disk is full"])
def test_only_a_full_disk_or_ctrl_c_ends_the_series(
    module: ModuleType, empty: Any, monkeypatch: pytest.MonkeyPatch, ends: Any
) -> None:
    asked: list[tuple[str, ...]] = []

    def pip(_: Any, *arguments: str) -> None:
        asked.append(arguments)
        raise (KeyboardInterrupt if ends is KeyboardInterrupt else module.Stop("The package index cannot be reached."))

    monkeypatch.setattr(module, "pip", pip)
    monkeypatch.setattr(module, "short_of_space", lambda *_: True)
    with pytest.raises((module.Stop, KeyboardInterrupt)) as caught:
        module.provide(empty, "cpu", Path(sys.executable))
    assert len(asked) == 1
    assert caught.type is KeyboardInterrupt or ends in str(caught.value)


def test_a_cpu_build_that_is_there_does_not_count_for_those_who_ask_for_the_gpu_build(
    module: ModuleType, empty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    _fake_torch(empty.site_packages, f"{module.VERSION}+cpu")
    monkeypatch.setattr(module, "_remove", lambda _: _fake_torch(empty.site_packages, "0"))
    monkeypatch.setattr(module, "pip", lambda *_: _fake_torch(empty.site_packages, f"{module.VERSION}+cu130"))
    assert module.provide(empty, "gpu", Path(sys.executable)) == f"PyTorch {module.VERSION}+cu130 (GPU 12.8)"


def test_a_misspelt_wish_is_refused(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH", "cuda")
    with pytest.raises(module.Stop, match="Use TORCH=cpu, TORCH=gpu"):
        module.choose()


def test_asking_for_the_cpu_build_replaces_a_borrowed_gpu_build(
    module: ModuleType, empty: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.borrow(empty, "2.12.1+cu128", _fake_torch(tmp_path / "yours", "2.12.1+cu128"))
    monkeypatch.setattr(module, "pip", lambda *_: _fake_torch(empty.site_packages, "2.13.0+cpu"))
    assert module.provide(empty, "cpu", Path(sys.executable)) == "PyTorch 2.13.0+cpu (CPU)"
    assert list(empty.site_packages.glob("*borrowed*")) == []


def _fake_torch(folder: Path, version: str) -> Path:
    cuda = "12.8" if "+cu" in version else None
    (folder / "torch").mkdir(parents=True, exist_ok=True)
    (folder / "torch" / "__init__.py").write_text(
        f"__version__ = {version!r}\nclass version: cuda, hip = {cuda!r}, None\n"
        "class ones:\n    def __init__(self, n): pass\n    sum = lambda self: self\n    item = lambda self: 2.0\n"
    )
    for old in folder.glob("torch-*.dist-info"):
        (old / "METADATA").unlink()
        old.rmdir()
    info = folder / f"torch-{version}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
    return folder.resolve()


def _sees(module: ModuleType, environment: Any, folder: Path, version: str) -> Any:
    real = module.installed
    return lambda python: (version, folder) if python == Path("host") else real(python)


def _run(environment: Any, code: str) -> str:
    done = subprocess.run([str(environment.python), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
