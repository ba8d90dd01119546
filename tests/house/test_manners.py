"""Rules 9 and 15: calling changes only what was passed, and errors are the house's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from srkit import errors
from tests.house._code import LIBRARY, ROOT, SRKIT, TESTS, lines, nodes, relative, tree

GLOBAL = {  # what a library must not do to its caller's process; the last name is what it is called by
    *("torch.manual_seed", "torch.seed", "torch.random.manual_seed", "torch.cuda.manual_seed_all"),
    *("random.seed", "np.random.seed", "numpy.random.seed"),
    *("torch.set_default_dtype", "torch.set_default_device", "torch.set_printoptions", "torch.set_grad_enabled"),
    *("torch.use_deterministic_algorithms", "torch.set_num_threads", "torch.set_float32_matmul_precision"),
    *("matplotlib.use", "plt.switch_backend", "plt.style.use", "warnings.filterwarnings", "warnings.simplefilter"),
    *("os.chdir", "os.putenv", "locale.setlocale", "logging.basicConfig", "gc.disable", "sys.setrecursionlimit"),
}
UNSAFE = {"eval", "exec", "os.system", "pickle.load", "pickle.loads", "tempfile.mktemp", "yaml.load"}
PUTS_BACK = re.compile(r"warnings\.catch_warnings\(|torch\.set_grad_enabled\(")
PROCESS = {"torch.set_num_threads"}  # the command line owns its process, so there these are right
HOUSE = set(errors.__all__)
RAISED_ELSEWHERE = {  # Python's own protocols ask for these
    *(
        "AttributeError",
        "NotImplementedError",
        "StopIteration",
        "MemoryError",
        "KeyboardInterrupt",
        "SystemExit",
        "IndexError",
    ),
    *("KeyError", "AssertionError", "zipfile.BadZipFile"),  # what the standard library would say there
    *("click.exceptions.Exit", "click.UsageError", "click.BadParameter", "click.ClickException", "click.Abort"),
}


@cache
def calls(path: Path) -> tuple[tuple[str, str, ast.Call], ...]:
    """Return place, dotted name and node of every call in a file."""
    made = (node for node in nodes(path) if isinstance(node, ast.Call))
    return tuple((f"{relative(path)}:{node.lineno}", ast.unparse(node.func), node) for node in made)


def test_the_library_never_changes_the_process_it_runs_in() -> None:
    guilty = [
        f"{where}: {name}"
        for path in SRKIT
        for where, name, _ in calls(path)
        if name in GLOBAL
        and not (name in PROCESS and "cli" in path.relative_to(ROOT).parts)
        and where not in _restored(path)
    ]
    assert not guilty


def test_files_are_never_trusted_to_run_code() -> None:
    guilty = [
        f"{where}: {name}"
        for path in SRKIT
        for where, name, call in calls(path)
        if name in UNSAFE and "pickle.dumps" not in ast.unparse(call)  # its own dump, read back at once, is no file
    ]
    guilty += [
        f"{where}: torch.load without weights_only=True"
        for path in SRKIT
        for where, name, call in calls(path)
        if name == "torch.load"
        and not any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in call.keywords)
    ]
    guilty += [
        f"{relative(path)}:{function.lineno}: torch.load before check_pickle_reader"
        for path in SRKIT
        if "torch.load" in {name for _, name, _ in calls(path)}
        for function in nodes(path)
        if isinstance(function, ast.FunctionDef)
        and _first_of(function, "torch.load", "check_pickle_reader") == "torch.load"
    ]
    assert not guilty


def _first_of(function: ast.FunctionDef, *names: str) -> str:
    """Return which of the names the function calls first, or nothing."""
    made = [node for node in ast.walk(function) if isinstance(node, ast.Call) and ast.unparse(node.func) in names]
    return ast.unparse(min(made, key=lambda node: node.lineno).func) if made else ""


def test_only_errors_of_the_house_are_raised() -> None:
    known = HOUSE | RAISED_ELSEWHERE | _signals()
    foreign = [f"{where}: {name}" for path in SRKIT for where, name in _raised(path) if name not in known]
    assert not foreign


def test_no_error_is_swallowed_without_a_word() -> None:
    guilty = [
        f"{relative(path)}:{node.lineno}"
        for path in SRKIT
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises(node)
    ]
    assert not guilty, "catch what can happen, or raise again"


def _signals() -> set[str]:
    """Return the exceptions of private modules: messages between functions, never seen by a caller."""
    private = (path for path in SRKIT if path.name.startswith("_"))
    classes = (node for path in private for node in tree(path).body if isinstance(node, ast.ClassDef))
    return {node.name for node in classes if [ast.unparse(base) for base in node.bases] == ["Exception"]}


def _restored(path: Path) -> set[str]:
    """Return the places inside ``with`` blocks that put back what is changed: warnings and recording of gradients."""
    blocks = (
        node
        for node in nodes(path)
        if isinstance(node, ast.With) and any(PUTS_BACK.match(ast.unparse(item)) for item in node.items)
    )
    return {f"{relative(path)}:{line}" for node in blocks for line in range(node.lineno, (node.end_lineno or 0) + 1)}


def _raised(path: Path) -> Iterator[tuple[str, str]]:
    if "exercises" in path.relative_to(ROOT).parts:  # these imitate what students write, and what their code raises
        return
    for node in nodes(path):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func)
            if name.rpartition(".")[2][:1].isupper():  # small letters: a function that makes the error
                yield f"{relative(path)}:{node.lineno}", name.removeprefix("errors.")


def _catches_all(node: ast.ExceptHandler) -> bool:
    return node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}


def _raises(node: ast.ExceptHandler) -> bool:
    return node.name is not None or any(isinstance(inner, ast.Raise) for inner in ast.walk(node))


MARKUP = re.compile(r"<(svg|g|rect|text|path|circle|div|span|table|tr|td|p|pre|img|style|a)[ >]")


def _put_together(found: Iterable[ast.AST]) -> bool:
    """Tell whether an f-string, or a string with ``%`` or ``+``, is markup with values in it."""
    for node in found:
        pieces: list[ast.expr] = node.values if isinstance(node, ast.JoinedStr) else []
        pieces = [node.left, node.right] if isinstance(node, ast.BinOp) else pieces
        texts = (piece.value for piece in pieces if isinstance(piece, ast.Constant))
        if any(isinstance(text, str) and MARKUP.search(text) for text in texts):
            return True
    return False


def test_pages_and_drawings_come_from_templates_and_not_from_strings_put_together() -> None:
    for text, wrong in (
        ("f'<p>{name}</p>'", True),
        ("'<text x=1>' + name", True),
        ("f'{a} < {b}', Markup('<p>{}</p>').format(name)", False),
    ):
        assert _put_together(ast.walk(ast.parse(text))) == wrong
    marked = (path for path in LIBRARY if any(map(MARKUP.search, lines(path))))
    guilty = [relative(path) for path in marked if _put_together(nodes(path))]
    assert not guilty, "srkit._html.render fills in a template and escapes what stands in it"


def test_the_parts_of_a_path_are_asked_for_only_below_a_folder_of_ours() -> None:
    """A clone may lie in a folder of any name, ``exercises`` and ``srkit`` too."""
    guilty = []
    for path in (path for path in [*LIBRARY, *TESTS] if any(".parts" in line for line in lines(path))):
        for node in (node for node in nodes(path) if isinstance(node, ast.Compare)):
            for asked in node.comparators:
                parts = isinstance(asked, ast.Attribute) and asked.attr == "parts"
                if parts and "relative_to" not in ast.unparse(asked) and ast.unparse(node.left) != "'..'":
                    guilty.append(f"{relative(path)}:{node.lineno}: {ast.unparse(node)}")
    assert not guilty
