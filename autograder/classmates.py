"""The class of the demonstration: forty people, hostile ones, and whatever happens to honest notebooks on their way."""

from __future__ import annotations

import io
import json
import random
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping

from autograder.demonstration import DAY, SLIP, STUB, Asked, Notebook, Student, Work
from autograder.notebooks import LARGEST

__all__ = ["STUDENTS", "dead"]

Pack = Callable[[Work, bytes], Mapping[str, bytes]]
_ANY = "(*given, **named)"


def dead(asked: Asked) -> str:
    """Return an answer that ends its process when it is called."""
    return f"import os\n\n\ndef {asked.name}{_ANY}:\n    os._exit(1)"


def _loop(asked: Asked) -> str:
    return f"def {asked.name}{_ANY}:\n    while True:\n        pass"


def _broken(asked: Asked) -> str:
    return f"def {asked.name}{_ANY}\n    return 0"


def _greedy(asked: Asked) -> str:
    return f"def {asked.name}{_ANY}:\n    return len(bytearray(1 << 36))"


def _thief(asked: Asked) -> str:
    module, _, name = asked.path.partition(":")
    return (
        f"import glob, importlib, os, sqlite3\n\n\ndef {asked.name}{_ANY}:\n"
        "    for book in glob.glob('/**/gradebook.db', recursive=True):\n"
        "        sqlite3.connect(book).execute('UPDATE grade SET auto_score = 100').connection.commit()\n"
        f"    return getattr(importlib.import_module({module!r}), {name!r})(*given, **named)"
    )


def _liar(asked: Asked) -> str:
    return (
        "class Agreeable(float):\n    __eq__ = __le__ = __lt__ = lambda self, other: True\n"
        "    __sub__ = __rsub__ = __abs__ = __float__ = lambda self, *other: Agreeable()\n\n\n"
        f"def {asked.name}{_ANY}:\n    return Agreeable()"
    )


def _hook(asked: Asked) -> str:
    return (
        f"import atexit, sys\n\n\ndef {asked.name}{_ANY}:\n"
        "    for module in list(sys.modules.values()):\n"
        "        for name in ('judge', 'agree', 'difference', 'score', 'grade'):\n"
        "            if hasattr(module, name):\n"
        "                setattr(module, name, lambda *given, **named: None)\n"
        "    return 0"
    )


def _noisy(asked: Asked) -> str:
    own = re.sub(rf"\b{asked.name}\b", "_quiet", asked.solution)
    return (
        f"import sys, warnings\n\n\n{own}\n\n\ndef {asked.name}{_ANY}:\n    print('here', file=sys.stderr)\n"
        "    warnings.warn('careful')\n    return _quiet(*given, **named)"
    )


def _timed(asked: Asked) -> str:
    return f"%%time\n%matplotlib inline\n{asked.solution}"


def _renamed_function(asked: Asked) -> str:
    return re.sub(rf"\b{asked.name}\b", f"my_{asked.name}", asked.solution)


def _by_exec(asked: Asked) -> str:
    return f"exec({asked.solution!r})"


def _without_checks(notebook: Notebook) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("check-")]


def _edited_checks(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["source"] = ["100"]


def _split_and_doubled(notebook: Notebook) -> None:
    """Work in other cells than those given out, and copy cells with their ids, as people do."""
    answers = [cell for cell in notebook["cells"] if cell["id"].startswith("exercise-")]
    own = [{**cell, "id": f"mine-{number}", "metadata": {}} for number, cell in enumerate(answers)]
    for cell in answers:
        cell["source"] = ["# I wrote it at the end of the notebook.\n"]
    notebook["cells"] += [*own, dict(notebook["cells"][0])]


def _with_script(notebook: Notebook) -> None:
    text = "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"
    notebook["cells"].append({"cell_type": "markdown", "id": "note", "metadata": {}, "source": [text]})
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": [text]}}]


def _other_kernel(notebook: Notebook) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "Python (my env)", "language": "python"}


def _bare(notebook: Notebook) -> None:
    """Clear all metadata, as tools do that make notebooks fit for version control."""
    notebook["metadata"] = {}
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def _colab(notebook: Notebook) -> None:
    """Save as Colab does: no ids, its own metadata, and a first cell that installs and mounts."""
    notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    for cell in notebook["cells"]:
        cell["metadata"] = {"id": cell.pop("id")}
    text = "!pip install srkit\nfrom google.colab import drive\ndrive.mount('/content/drive')"
    first = {"cell_type": "code", "metadata": {"id": "x"}, "execution_count": 1, "outputs": [], "source": text}
    notebook["cells"].insert(0, first)
    notebook["nbformat_minor"] = 0


def _vscode(notebook: Notebook) -> None:
    for number, cell in enumerate(notebook["cells"]):
        cell["id"], cell["metadata"] = f"{number:08x}", {"vscode": {"languageId": "python"}}


def _many_pictures(notebook: Notebook) -> None:
    """Keep 2 MB of pictures in the outputs, which hardly pack."""
    data = {"image/png": random.Random(0).randbytes(1 << 20).hex()}
    notebook["cells"][-1] = {
        **notebook["cells"][-1],
        "cell_type": "code",
        "execution_count": 1,
        "outputs": [{"output_type": "display_data", "metadata": {}, "data": data}],
    }


def _called(name: str, shape: Callable[[bytes], bytes] = bytes) -> Pack:
    """Hand in the notebook under a name, perhaps in another shape."""
    return lambda work, data: {name.format(stem=work.stem): shape(data)}


def _beside(name: str, other: Callable[[Work], bytes]) -> Pack:
    """Hand in another file beside the notebook."""
    return lambda work, data: {f"{work.stem}.ipynb": data, name.format(stem=work.stem): other(work)}


def _zipped(data: bytes) -> bytes:
    held = io.BytesIO()
    files = {"work/lesson.ipynb": data, "__MACOSX/work/._lesson.ipynb": b"\0\5\x16\7"}
    files |= {"work/.ipynb_checkpoints/lesson-checkpoint.ipynb": b"{}"}
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, DAY), content)
    return held.getvalue()


def _version_3(data: bytes) -> bytes:
    notebook = json.loads(data)
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in notebook["cells"]]
    for cell in cells:
        del cell["source"]
    return json.dumps({"metadata": {}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}).encode()


def _windows(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _too_large(data: bytes) -> bytes:
    return data + b" " * (LARGEST + 1 - len(data))


def _foreign(work: Work) -> bytes:
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": "print('hello')"}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def _untouched(work: Work) -> bytes:
    return work.notebook(STUB)


def _older(work: Work) -> bytes:
    return work.notebook(last=STUB)


def _next_lesson(work: Work) -> bytes:
    return Work.of_another(work.lesson).notebook()


def _rival(work: Work) -> bytes:
    return work.notebook(last=f"def {work.asked.name}{_ANY}:\n    return 0")


STUDENTS = (
    Student(name="Lovelace, Ada", story="everything right"),
    Student(name="Weber, Ben", story="handed in as it was given out", usual=STUB, end="look"),
    Student(name="Conti, Carla", story="a misconception in each exercise", usual=SLIP),
    Student(name="Orlov, Dmitri", story="did one of the exercises", usual=STUB, last="solution"),
    Student(name="Stone, Emma", story="a syntax error in the last exercise", last=_broken),
    Student(name="Haddad, Farid", story="an endless loop in the last exercise", last=_loop),
    Student(name="Rao, Gita", story="deleted the checks", change=_without_checks),
    Student(name="Blanc, Hugo", story="wrote 100 into the checks", usual=STUB, change=_edited_checks, end="look"),
    Student(name="Sousa, Ines", story="right, and noisy on stderr", last=_noisy, right=True),
    Student(name="Tamm, Juri", story="ends the process", last=dead),
    Student(
        name="Larsen, Kim",
        story="an upload that broke off",
        usual=STUB,
        pack=_called("{stem}.ipynb", _half),
        end="look",
    ),
    Student(name="Vogel, Lena", story="works in own cells", change=_split_and_doubled, pack=_called("final(2).ipynb")),
    Student(name="Diallo, Malik", story="wants 64 GiB", last=_greedy),
    Student(name="Berg, Nora", story="scripts in text and outputs", change=_with_script),
    Student(name="Farouk, Omar", story="looks for the grade book and for srkit's answer", last=_thief),
    Student(name="Russo, Pia", story="returns something that agrees with everything", last=_liar),
    Student(name="Moreau, Quentin", story="replaces the grader's functions", last=_hook),
    Student(name="Silva, Rosa", story="typed into the platform's text field", pack=_called("text.html"), end="human"),
    Student(name="Kuhn, Sven", story="late", late=True),
    Student(name="김, 하늘", story="a name in Hangul"),
    Student(name=unicodedata.normalize("NFD", "박, 서연"), story="a name as macOS writes it", usual=SLIP),
    Student(name="Kim, Minji", story="the first of two of this name"),
    Student(name="Kim, Minji", story="the second of two of this name", usual=SLIP),
    Student(name="Nowak, Tomasz", story="on the roster, handed in nothing", end="missing"),
    Student(name="Guest, Uma", story="handed in, but on no roster", enrolled=False, end="look"),
    Student(name="Okafor, Victor", story="an untouched copy beside it", pack=_beside("zz.ipynb", _untouched)),
    Student(name="Lund, Wilma", story="an older copy beside it", pack=_beside("{stem}-1.ipynb", _older)),
    Student(name="Ito, Yuki", story="a foreign notebook beside it", pack=_beside("hello.ipynb", _foreign)),
    Student(name="Mbeki, Zola", story="another lesson beside it", pack=_beside("zz.ipynb", _next_lesson)),
    Student(
        name="Abe, Aiko",
        story="two files that answer an exercise differently",
        pack=_beside("b.ipynb", _rival),
        end="human",
    ),
    Student(
        name="Bauer, Emil",
        story="only a foreign notebook",
        pack=lambda work, data: {"hello.ipynb": _foreign(work)},
        end="human",
    ),
    Student(name="Cruz, Eva", story="the wrong suffix", pack=_called("{stem}.ipynb.txt"), end="human"),
    Student(name="Dahl, Finn", story="too large a file", pack=_called("{stem}.ipynb", _too_large), end="human"),
    Student(name="Eriksen, Gro", story="megabytes of pictures in the outputs", change=_many_pictures),
    Student(name="Fischer, Ida", story="handed in again: Canvas renames the file", pack=_called("{stem}-1.ipynb")),
    Student(name="Gomez, Jon", story="a zip, packed on a Mac", pack=_called("work.zip", _zipped)),
    Student(name="Hansen, Kai", story="another kernel", change=_other_kernel),
    Student(name="Ivanova, Mila", story="cleared metadata", change=_bare),
    Student(name="Jansen, Noor", story="saved by Colab", change=_colab),
    Student(name="Keller, Otto", story="saved by VS Code", change=_vscode),
    Student(name="Lopez, Paz", story="the format of 2014", pack=_called("{stem}.ipynb", _version_3)),
    Student(
        name="Meyer, Ravi", story="a byte order mark and Windows' line ends", pack=_called("{stem}.ipynb", _windows)
    ),
    Student(name="Nagy, Sara", story="magics in the cell of an answer", last=_timed, right=True),
    Student(name="Olsen, Tove", story="the function has another name", last=_renamed_function),
    Student(name="Perez, Ugo", story="defines the function by exec()", last=_by_exec),
)
