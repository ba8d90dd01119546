"""One vocabulary, public names that are documented and annotated, and tests whose names are sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house._code import LIBRARY, OFFERED, ROOT, SRKIT, TESTS, Function, functions, nodes, relative, tree

HOUSE = {  # the house's word: what other houses call it
    "lr": "lq lr_img low_res",
    "hr": "gt hr_img high_res",
    "sr": "sr_img super_res",
    "channels": "n_feats nf num_feat n_colors",
    "n_blocks": "n_resblocks num_block num_blocks",
    "n_groups": "n_resgroups",
    "scale": "upscale upscale_factor scale_factor sf up_scale",
    "border": "shave crop",
    "steps": "n_iter num_steps max_iter",
    "rng": "random_state",
    "generator": "opponent player rival",
    "discriminator": "critic",
    "learning_rate": "learning_rates",
    "a frozen dataclass": "opt cfg",
    "named arguments": "args",
}
FOREIGN = {foreign: house for house, others in HOUSE.items() for foreign in others.split()}
OPERATORS = {"shave", "crop", "upscale"}  # good verbs for functions; as arguments they are foreign


def test_arguments_carry_the_words_of_the_house() -> None:
    foreign = [
        f"{where}: {name} (say {FOREIGN[name]})"
        for where, node in functions(SRKIT)
        for name in _arguments(node) & FOREIGN.keys()
        if not (name == "args" and node.name.startswith("_"))  # PyTorch's own hooks are called with it
    ]
    assert not foreign


def test_variables_and_functions_carry_the_words_of_the_house() -> None:
    foreign = [
        f"{relative(path)}:{line}: {name} (say {FOREIGN[name]})"
        for path in SRKIT
        for line, name in _names(path)
        if name in FOREIGN.keys() - OPERATORS
    ]
    assert not foreign


def test_lr_is_never_the_learning_rate() -> None:
    guilty = [
        f"{where}: {ast.unparse(default)}"
        for where, node in functions(SRKIT)
        for argument, default in _defaults(node)
        if argument == "lr" and isinstance(default, ast.Constant) and isinstance(default.value, float)
    ]
    assert not guilty, "lr is the low-resolution image; the other one is learning_rate"


def test_every_module_class_and_public_function_is_documented() -> None:
    silent = [where for path in OFFERED for where, node in _public(path) if not ast.get_docstring(node)]
    assert len(SRKIT) > 20
    assert not silent


def test_docstrings_and_documents_use_plain_words_and_call_nobody_she() -> None:
    texts = {f"{relative(path)} {name}": text for path in LIBRARY for name, text in _docstrings(path)}
    texts |= {relative(path): path.read_text("utf-8") for path in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]}
    assert len(texts) > 1000
    found = [f"{where}: {word} (say {say})" for where, text in texts.items() for word, say in _mannered(text)]
    assert not found


def test_the_list_of_mannered_words_finds_one_in_any_case_and_leaves_others() -> None:
    assert [word for word, _ in _mannered("The Desk of a student: her pages.")] == ["Desk", "her"]
    assert not list(_mannered("Here others leave a shelter for Hershey's platelets."))


def test_every_argument_and_result_of_a_public_function_is_annotated() -> None:
    bare = [
        where
        for path in SRKIT
        for where, node in _public(path)
        if isinstance(node, Function) and (node.returns is None or any(_unannotated(node)))
    ]
    assert not bare


def test_every_module_says_what_it_offers() -> None:
    silent = [relative(path) for path in SRKIT if not path.name.startswith("__main__") and offered(path) is None]
    assert not silent, "add __all__, sorted"


def test_what_a_module_offers_is_sorted_and_there() -> None:
    for path in SRKIT:
        names = offered(path) or []
        assert names == sorted(names, key=_order), f"{relative(path)}: sort __all__"
        missing = [] if path.name == "__init__.py" else set(names) - _defined(path)
        assert not missing, f"{relative(path)}: {missing}"


def test_every_test_name_is_a_sentence() -> None:
    tests = ((path, node.name) for path in TESTS for node in tree(path).body if isinstance(node, Function))
    short = [f"{relative(path)} {name}" for path, name in tests if name[:4] == "test" and name.count("_") < 3]
    assert not short, f"say what is true, in at least three words: {short}"


PLAIN = {
    "she": "the student", "her": "the student's", "hers": "the student's", "herself": "the student",
    "desk": "work folder", "shelf": "registry", "rival": "discriminator", "opponent": "discriminator",
    "learnt": "learned", "spoilt": "degraded", "whoever": "anyone who",
}  # fmt: skip


TWO_SIDES = re.compile(r"\b(for_|the |a )(judge|maker|critic|opponent|rival)s?\b|\bjudges\b", re.IGNORECASE)


def test_lessons_wrong_answers_messages_and_help_say_generator_and_discriminator() -> None:
    asked = [
        *(ROOT / "solutions").glob("*.py"),
        *(ROOT / "autograder" / "mutants").glob("*.py"),
        *(ROOT / "srkit" / "exercises").glob("*.toml"),
    ]
    texts = {relative(path): path.read_text("utf-8") for path in asked}
    for path in (one for one in SRKIT if one.parent.name in ("exercises", "cli", "widgets")):
        texts[relative(path)] = "\n".join(
            node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
    assert len(texts) > 150
    found = [f"{where}: {word[0]!r}" for where, text in texts.items() for word in TWO_SIDES.finditer(text)]
    assert not found, "a generator and a discriminator; `maker` is the registry's word for what makes batches"


def _mannered(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of a text for which there is a plainer one, and that one."""
    for found in re.finditer(rf"\b({'|'.join(PLAIN)})\b", text, re.IGNORECASE):
        yield found[0], PLAIN[found[0].lower()]


def _docstrings(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and (text := ast.get_docstring(node)):
            yield getattr(node, "name", ""), text


def offered(path: Path) -> list[str] | None:
    """Return the names in ``__all__``, or None where there is none."""
    for node in tree(path).body:
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == "__all__"
            and isinstance(node.value, ast.List)
        ):
            return [str(ast.literal_eval(item)) for item in node.value.elts]
    return None


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: ruff's order."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def _defined(path: Path) -> set[str]:
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, Function | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name) for alias in node.names}
    return found


def _public(path: Path) -> Iterator[tuple[str, ast.Module | ast.ClassDef | Function]]:
    yield relative(path), tree(path)
    for node in tree(path).body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{relative(path)}:{node.lineno} {node.name}", node
            if isinstance(node, ast.ClassDef):
                methods = (inner for inner in node.body if isinstance(inner, Function) and not _hidden(inner))
                yield from ((f"{relative(path)}:{m.lineno} {node.name}.{m.name}", m) for m in methods)


def _hidden(method: Function) -> bool:
    """Tell whether a method is private, or one of the bare ``...`` of a typing protocol."""
    return method.name.startswith("_") or (ast.unparse(method.body[-1]) == "..." and len(method.body) == 1)


def _arguments(node: Function) -> set[str]:
    return {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}


def _unannotated(node: Function) -> Iterator[bool]:
    every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
    return (a.annotation is None for a in every if a is not None and a.arg not in {"self", "cls"})


def _defaults(node: Function) -> Iterator[tuple[str, ast.expr]]:
    spec = node.args
    places = [*spec.posonlyargs, *spec.args]
    yield from ((a.arg, d) for a, d in zip(places[len(places) - len(spec.defaults) :], spec.defaults, strict=True))
    yield from ((a.arg, d) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None)


def _names(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, Function | ast.ClassDef):
            yield node.lineno, node.name


def test_the_word_list_itself_knows_a_foreign_word_when_it_sees_one() -> None:
    node = ast.parse("def f(lq, n_feats, scale): ...").body[0]
    assert isinstance(node, Function)
    assert _arguments(node) & FOREIGN.keys() == {"lq", "n_feats"}
    assert not FOREIGN.keys() & HOUSE.keys()
