"""The box has whatever Python stands on, wherever it came from: links, other people's folders, strange paths.

Every machine here is made of the Python that runs the tests: by links to it and to its packages.
"""

import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from autograder import places, sandboxes
from autograder.box import BoxError
from autograder.process import COURSE
from tests._user import users_environment
from tests.autograder._grading import SHORT
from tools.press import ROOT

TRIAL = """
from autograder.box import Job
from autograder.sandboxes import choose_box
from autograder.limits import Limits
from autograder.sandboxes import _TRIAL
box = choose_box()
code = "import matplotlib, scipy.ndimage, srkit.models, PIL.Image\\ndef twice(x): return 2 * x"
job = Job(name="twice", pieces=[("c", code)], beside=[("trial", _TRIAL)], perform="perform", inputs={"x": 1})
reply = box.run(job, Limits())
print(reply.end, reply.observation or reply.detail, reply.printed)
box.close()
"""
SITE = Path(distribution("numpy").locate_file("")).resolve()
PACKAGES = [path for path in SITE.iterdir() if path.is_dir() and not path.name.startswith(("srkit", "_"))]


def _python(folder):
    """A virtual environment without packages, whose Python is found by a chain of links."""
    (folder / "opt").mkdir(parents=True)
    base = Path(sys._base_executable).resolve()
    (folder / "opt" / "python-1").symlink_to(base.parent.parent)
    (folder / "opt" / "python").symlink_to("python-1")
    (folder / "alternatives").symlink_to(folder / "opt")
    (folder / "python3").symlink_to(folder / "alternatives" / ".." / "opt" / "python" / "bin" / base.name)
    subprocess.run([folder / "python3", "-m", "venv", "--without-pip", folder / "venv"], check=True)
    return folder / "venv" / "bin" / "python"


def _site(folder, packages=PACKAGES):
    """A folder of packages that are links to those of this Python, and single modules."""
    folder.mkdir(parents=True)
    for package in packages:
        (folder / package.name).symlink_to(package)
    for module in SITE.glob("*.py"):
        (folder / module.name).symlink_to(module)
    return folder


def _of(python):
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def chain_of_links(folder):
    python = _python(folder)
    (_of(python) / "borrowed.pth").write_text(f"{SITE}\n")
    return python, {}


def linked_environment(folder):
    python = _python(folder / "else where")
    (_of(python) / "borrowed.pth").write_text(f"{SITE}\n")
    (folder / ".venv").symlink_to("else where/venv")
    return folder / ".venv" / "bin" / "python", {}


def packages_that_are_links(folder):
    python = _python(folder)
    _of(python).rmdir()
    _site(_of(python))
    return python, {}


def packages_in_the_users_own_folder(folder):
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    _site(folder / ".local" / "lib" / version / "site-packages")
    return Path(sys._base_executable), {"PYTHONUSERBASE": str(folder / ".local")}


def packages_by_an_environment_variable(folder):
    return Path(sys._base_executable), {"PYTHONPATH": str(_site(folder / "packages"))}


MACHINES = [
    chain_of_links,
    linked_environment,
    packages_that_are_links,
    packages_in_the_users_own_folder,
    packages_by_an_environment_variable,
]


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs a virtual environment, whose base has no packages")
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_the_box_works_on_a_machine_with(machine, tmp_path):
    folder = tmp_path / "폴더 mit Lücken" / ("x" * 100)
    python, also = machine(folder)
    path = os.pathsep.join([str(ROOT), *([also.pop("PYTHONPATH")] if "PYTHONPATH" in also else [])])
    done = subprocess.run(
        [python, "-c", TRIAL],
        env=users_environment(PYTHONPATH=path, **also),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "answered" in done.stdout.split()[0], done.stdout
    assert "'trouble': ''" in done.stdout, done.stdout


def test_every_link_on_the_way_is_followed_one_at_a_time(tmp_path):
    real = tmp_path.resolve()
    (real / "a" / "b").mkdir(parents=True)
    (real / "c").symlink_to("a")
    (real / "a" / "d").symlink_to("../c/b")
    place, links = places.follow(real / "c" / "d" / "x")
    assert place == real / "a" / "b" / "x"
    assert links == {real / "c": "a", real / "a" / "d": "../c/b"}
    (real / "e").symlink_to("f")
    (real / "f").symlink_to("e")
    with pytest.raises(OSError, match="symbolic links"):
        places.follow(real / "e")


def test_neither_the_project_nor_a_home_is_shown_for_the_sake_of_a_package(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for folder in (tmp_path, tmp_path / "home", ROOT, ROOT.parent):
        assert places._is_too_much(folder)
    assert not places._is_too_much(tmp_path / "home" / ".local")
    seen = places.view()[0]
    assert not [place for place in seen if (ROOT / "solutions").is_relative_to(place)]
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not {str(ROOT), str(ROOT / "tools"), str(tmp_path), ""} & set(places.python_path())


@pytest.mark.needs("bubblewrap")
def test_a_python_where_the_box_has_its_own_folder_is_named(monkeypatch):
    inside = Path(COURSE) / "python"
    monkeypatch.setattr(sandboxes, "view", lambda: ((inside,), {}))
    with pytest.raises(BoxError, match=rf"{inside}, which Python needs, lies where the box has a folder of its own"):
        sandboxes.bubblewrap().start.command(SHORT)
