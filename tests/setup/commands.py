"""Each quick command of README.md and docs/INSTRUCTOR.md, as a person types it: default threads, no variable set.

No part of the suite, since it takes a minute and a half of processor time: ``.ci/run`` runs it after the suite. The
commands are read out of the pages; one that is neither run here nor named with the reason why not makes this file fail.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests._user import users_environment
from tests.house._code import ROOT
from tests.house._markdown import FENCE, blocks
from tools.press import grading_notebook, sources, text_of

pytestmark = pytest.mark.timeout(1200)
PAGES = ("README.md", "docs/INSTRUCTOR.md")
PROGRAM = r"(?:make|nbgrader)(?= \w)|python (?:-m|tools/\S+)|srkit(?= doctor| --| \w+ \S)"
COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )?(?:{PROGRAM})(?: .*)?")
IN_THE_CLONE = ("make ", "python tools")
LEFT = {
    "make lab": "opens a browser; tests/browser opens the same JupyterLab",
    "make test": "would run this",
    "make lessons-html": "ten minutes; tests/lessons publishes a lesson",
    "make bench": "needs other people's code",
    "srkit export NAME": "a choice to be made; tests/cli exports to each",
    "python -m benchmarks": "measures for minutes; no part of the tests",
    "make grade": "machines.py does, in two clones",
    "python -m pip install": "needs a network; installed.py installs the wheel",
    "python tools/bootstrap.py": "is make lab or make test",
    "TORCH=gpu make lab": "downloads gigabytes",
    "nbgrader collect": "needs people who handed in; tests/hub has some",
    "nbgrader formgrader": "opens a browser",
    "nbgrader generate_assignment": "tests/autograder does",
    "nbgrader autograde": "tests/autograder does",
    "srkit grade --course COURSE": "needs the same",
    "srkit grade CLASS --send": "needs a platform; tests/autograder has made-up ones",
    "srkit grade --send": "the same",
    "srkit grade CLASS --scheduler": "needs a cluster; tests/autograder has a small one",
    "SRKIT_GRADEBOOK_URL=": "needs a database; tests/autograder has one",
}


def commands() -> list[str]:
    """Return the commands of both pages in their order, each once, without comments."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        lines = [line for block in blocks(text) if block.language != "python" for line in block.text.splitlines()]
        inline = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", FENCE.sub("", text))]
        found += [re.split(r"\s+#\s", line.removeprefix(".venv/bin/"))[0].strip() for line in lines + inline]
    return list(dict.fromkeys(command for command in found if COMMAND.fullmatch(command)))


def quick() -> list[str]:
    """Return the commands that are run here."""
    return [command for command in commands() if not command.startswith(tuple(LEFT))]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a class of one, the same as an archive, and Canvas's list of it, under the names of the pages."""
    folder = tmp_path_factory.mktemp("desk")
    (lesson,) = (path for path in sources() if path.name.startswith("11_"))
    notebook = text_of(grading_notebook(lesson))
    (folder / "CLASS" / "ada").mkdir(parents=True)
    (folder / "CLASS" / "ada" / f"{lesson.stem}.ipynb").write_text(notebook, "utf-8")
    with zipfile.ZipFile(folder / "submissions.zip", "w") as archive:
        archive.writestr(f"ada_1_2_{lesson.stem}.ipynb", notebook)
    head = "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 11 (1)\n    Points Possible,,,,,10\n"
    (folder / "Grades.csv").write_text(f'{head}"Lovelace, Ada",1,ada,ada,1,\n', "utf-8")
    return folder


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("command", quick())
def test_a_quick_command_of_the_pages_does_its_work(command: str, desk: Path) -> None:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, shell=True, cwd=ROOT if command.startswith(IN_THE_CLONE) else desk,
        env=users_environment(PATH=programs), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_every_command_that_is_not_run_still_stands_on_a_page() -> None:
    assert not [start for start in LEFT if not any(command.startswith(start) for command in commands())]
    assert len(quick()) >= 15
