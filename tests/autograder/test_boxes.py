"""The boxes: how each is started, what each refuses, and that they agree."""

import dataclasses
import os
import signal
import sys
import threading
from pathlib import Path

import pytest
import torch

from autograder import process, sandboxes, starved
from autograder.box import BoxError, Job
from autograder.engine import grade_submission
from autograder.inside.frames import BadFrame, decode, encode
from autograder.limits import deadline
from autograder.masks import hidden_names, library, masked
from autograder.outcomes import told
from autograder.process import ProcessBox, Start
from autograder.sandboxes import choose_box
from srkit.exercises._beside import Foreign
from tests.autograder._grading import SEED, SETUP, SHORT, notebook, processes, solution, the_box

RIGHT = notebook(SETUP, solution("tv_loss"))
WRONG = notebook(SETUP, "def tv_loss(sr):\n    return sr.mean()")
needs_box = pytest.mark.needs("bubblewrap")


@pytest.fixture
def fake_docker(tmp_path, monkeypatch):
    """A program called docker that notes how it was called and, for want of an engine, runs bubblewrap."""
    inside = sandboxes.bubblewrap(nested=False, privileged=False).start.command(SHORT)
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        f"""#!{sys.executable}
import os, sys
with open({str(tmp_path / "calls")!r}, "a") as file:
    file.write(" ".join(sys.argv[1:8]) + "\\n")
if sys.argv[1] == "run":
    place = sys.argv.index("srkit-box")
    os.execv({inside[0]!r}, {inside!r} + sys.argv[place + 1 :])
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return tmp_path / "calls"


@needs_box
@pytest.mark.slow
def test_a_container_serves_one_exercise_of_one_submission_and_is_ended(fake_docker):
    box = sandboxes.tried(sandboxes.container("docker"))
    try:
        for data in (RIGHT, WRONG):
            theirs = grade_submission(data, ["tv_loss"], seed=SEED, box=box, limits=SHORT)
            ours = grade_submission(data, ["tv_loss"], seed=SEED, box=the_box(), limits=SHORT)
            assert theirs.to_json() == ours.to_json()
    finally:
        box.close()
    calls = [line.split() for line in fake_docker.read_text().splitlines()]
    started = [call[call.index("--name") + 1] for call in calls if call[0] == "run"]
    ended = [call[1] for call in calls if call[0] == "kill"]
    assert len(started) == len(set(started)) == 3
    assert ended == started


@needs_box
def test_the_container_is_asked_for_every_wall_there_is(fake_docker):
    box = sandboxes.container("docker")
    line = box.start.command(SHORT)
    for option in (
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--user=61184:61184",
        f"--pids-limit={SHORT.processes + 16}",
        f"--memory={SHORT.memory_bytes + (1 << 30)}",
        "--ipc=private",
        "--rm",
    ):
        assert option in line
    assert line[-1] == "srkit-box"
    assert not [option for option in line if option.startswith(("--volume", "--mount", "-v", "--privileged"))]
    assert line != box.start.command(SHORT), "every container has a name of its own"


@needs_box
@pytest.mark.parametrize(("told", "group"), [("67108864", True), ("max", False), ("", False)])
def test_the_system_limits_the_memory_of_a_box_where_it_does_so_in_a_trial(tmp_path, monkeypatch, told, group):
    program = tmp_path / "systemd-run"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\necho {told}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sandboxes._memory_group.cache_clear()
    try:
        box = sandboxes.bubblewrap()
    finally:
        sandboxes._memory_group.cache_clear()
    line = box.start.command(SHORT)
    assert ("limited by the system" in box.title) == group
    assert (line[0] == str(program)) == group
    if group:
        ends = line.index("--")
        assert line[ends - 1] == f"--property=MemoryMax={SHORT.memory_bytes + (1 << 30)}"
        assert {"--property=MemorySwapMax=0", "--property=KillMode=none"} <= {*line[:ends]}
        assert box.start.grouped
        assert "--scope" in line[:ends], "the box must be this process' child, whose pipes it speaks through"
        assert line[ends + 1].endswith("bwrap")
    assert "MemoryMax=67108864 -- /bin/sh" in (tmp_path / "calls").read_text()


@needs_box
def test_two_graders_at_once_give_student_code_two_users_whom_no_program_of_the_system_has(monkeypatch):
    users = set()
    for pid in (1234, 1235, 4194304):  # the last is the largest that Linux gives
        monkeypatch.setattr(sandboxes.os, "getpid", lambda pid=pid: pid)
        user, group = sandboxes.bubblewrap(nested=True, privileged=True).start.outside
        assert user == group > 65535
        users.add(user)
    assert len(users) == 3


def test_a_machine_without_any_sandbox_refuses_and_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr(sandboxes.shutil, "which", lambda name: None)
    with pytest.raises(BoxError) as told:
        choose_box()
    for hint in ("apt-get install bubblewrap", "docker build", "--trusted", "bwrap is not installed"):
        assert hint in str(told.value)
    assert "apparmor" not in str(told.value), "a cause that was not found"


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("setting up uid map: Permission denied", "apparmor_parser"),
        ("No permissions to create new namespace, likely because ...", "unprivileged_userns_clone=1"),
        ("execvp /x/python: No such file or directory", ""),
    ],
)
def test_a_bubblewrap_that_fails_is_told_with_its_own_words_and_advice_that_fits_them(
    tmp_path, monkeypatch, words, advice
):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\necho 'bwrap: {words}' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BoxError) as told:
        choose_box()
    assert f"bwrap: {words}" in str(told.value)
    assert advice in str(told.value)
    assert ("apparmor" in str(told.value)) == ("apparmor" in advice)
    assert "apt-get install bubblewrap" not in str(told.value)


def test_a_box_that_breaks_is_no_zero_but_a_case_for_somebody_to_look_at():
    box = ProcessBox(Start(title="nothing", command=lambda limits: ["/bin/false"], walls="nested"))
    record = grade_submission(RIGHT, ["tv_loss", "find_pairs"], seed=SEED, box=box)
    assert record.points is None
    assert record.results["tv_loss"].outcome == "infrastructure"
    assert record.results["tv_loss"].points is None
    assert "not your code" in record.results["tv_loss"].message
    assert record.results["find_pairs"].outcome == "no answer"


def test_what_a_box_that_broke_said_is_told_although_something_it_left_may_go_on_to_say_more(tmp_path):
    script = f"sleep 600 >/dev/null & echo $! >> {tmp_path}/left; echo no walls here >&2"
    box = ProcessBox(Start(title="nothing", command=lambda limits: ["/bin/sh", "-c", script], walls="nested"))
    reply = box.run(Job(name="f", pieces=[], beside=[], perform="perform", inputs={}), SHORT)
    for left in (tmp_path / "left").read_text().split():
        os.kill(int(left), signal.SIGKILL)  # which it would not be if that had been waited for
    assert reply.end == "broken"
    assert reply.detail.endswith("no walls here")


def test_a_box_that_says_nothing_is_ended_and_so_much_time_at_most_that_a_pool_waits_longer(monkeypatch):
    waited = []

    def soon(asked, seconds):
        waited.append(seconds)
        return deadline(asked, 0.05)

    monkeypatch.setattr(process, "deadline", soon)
    silent = ["/bin/sh", "-c", "exec cat > /dev/null"]
    box = ProcessBox(Start(title="nothing", command=lambda limits: silent, walls="nested"))
    reply = box.run(Job(name="f", pieces=[], beside=[], perform="perform", inputs={}), SHORT)
    assert reply.end == "broken"
    assert len(waited) == 2, "one time for each of two boxes"
    assert sum(waited) <= process.longest(SHORT)


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """Say what the files of the system tell: how often something was killed in a group, and anywhere."""
    monkeypatch.setattr(starved, "GROUPS", tmp_path)
    monkeypatch.setattr(starved, "COUNTERS", tmp_path / "vmstat")

    def tells(in_group, anywhere):
        (tmp_path / "memory.events").write_text(f"low 0\noom 9\noom_kill {in_group}\noom_group_kill 9\n")
        (tmp_path / "vmstat").write_text(f"nr_free_pages 9\noom_kill {anywhere}\nswap_ra 9\n")

    tells(3, 5)
    return tells


@needs_box
@pytest.mark.parametrize(("in_group", "end"), [(4, "memory"), (3, "died")])
def test_an_answer_that_the_system_kills_has_taken_too_much_memory_where_its_group_is_full(
    kernel, tmp_path, monkeypatch, in_group, end
):
    """The files are made here; what Linux and systemd do stands in docs/INSTRUCTOR.md, with how it was seen."""
    box, over = the_box(), threading.Event()
    pieces, beside = [("cell 1", "def f(x):\n    return x")], [("trial", sandboxes._TRIAL)]
    job = Job(name="f", pieces=pieces, beside=beside, perform="perform", inputs={"x": 1})
    assert box.run(job, SHORT).end == "answered"
    monkeypatch.setattr(box, "_group", tmp_path)
    before = processes()

    def kill():
        while len(found := processes() - before) < 3 and not over.wait(0.02):  # two of the keeper, and the student's
            pass
        kernel(in_group, in_group + 2)
        parents = {Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1] for pid in found}
        for pid in found - parents:
            os.kill(int(pid), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    waits = [("cell 1", "import time\ndef f(x):\n    time.sleep(50)")]
    reply = box.run(dataclasses.replace(job, pieces=waits), SHORT)
    over.set()
    killer.join()
    assert reply.end == end
    assert told(reply, SHORT).outcome == end
    assert box.run(job, SHORT).end == "answered"


@pytest.mark.parametrize(
    ("end", "detail", "in_group", "anywhere", "then"),
    [
        ("died", "signal SIGKILL", 3, 6, "broken"),
        ("died", "signal SIGKILL", 3, 5, "died"),
        ("died", "exit status 1", 3, 6, "died"),
        ("broken", "the keeper ended", 4, 6, "memory"),
        ("broken", "the keeper ended", 3, 6, "broken"),
        ("timeout", "clock", 4, 6, "timeout"),
    ],
)
def test_a_machine_without_memory_is_nobodys_answer_and_a_full_group_is_its_own_whatever_breaks(
    kernel, tmp_path, monkeypatch, end, detail, in_group, anywhere, then
):
    def asked(job, limits):
        kernel(in_group, anywhere)
        return {"end": end, "detail": detail, "printed": b""}

    box = ProcessBox(Start(title="a box", command=lambda limits: [], walls="nested"))
    monkeypatch.setattr(box, "_ask", asked)
    monkeypatch.setattr(box, "_group", tmp_path)
    monkeypatch.setattr(process, "_TRIES", 1)
    reply = box.run(Job(name="f", pieces=[], beside=[], perform="perform", inputs={}), SHORT)
    assert reply.end == then
    assert ("no memory left" in reply.detail) == (then == "broken" and end == "died")


@needs_box
@pytest.mark.slow
@pytest.mark.parametrize("make", ["for a user", "for each exercise", "trusted"])
def test_every_box_but_a_container_gives_the_same_record(make):
    if make == "for a user":
        box = sandboxes.bubblewrap(privileged=False)
    elif make == "trusted":
        box = sandboxes.without_walls()
    else:
        box = sandboxes.bubblewrap(nested=False, privileged=False)
    try:
        for data in (RIGHT, WRONG):
            theirs = grade_submission(data, ["tv_loss"], seed=SEED, box=box, limits=SHORT)
            assert (
                theirs.to_json()
                == grade_submission(data, ["tv_loss"], seed=SEED, box=the_box(), limits=SHORT).to_json()
            )
    finally:
        box.close()
        box.close()


@needs_box
@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_the_case_run_again():
    box = sandboxes.bubblewrap()
    try:
        first = grade_submission(RIGHT, ["tv_loss"], seed=SEED, box=box)
        box._process.kill()
        assert grade_submission(RIGHT, ["tv_loss"], seed=SEED, box=box).to_json() == first.to_json()
    finally:
        box.close()


@needs_box
def test_a_crash_in_one_exercise_touches_no_other():
    data = notebook(SETUP, "import os\ndef tv_loss(sr):\n    os._exit(1)", solution("find_pairs"))
    record = grade_submission(data, ["tv_loss", "find_pairs"], seed=SEED, box=the_box())
    assert record.results["tv_loss"].outcome == "died"
    assert record.results["find_pairs"].outcome == "correct"
    assert record.points == record.results["find_pairs"].max_points


@needs_box
def test_a_submission_that_cannot_be_read_is_a_record_that_says_why(tmp_path):
    record = grade_submission(b"PK\x03\x04", ["tv_loss"], seed=SEED, box=the_box())
    assert "archive" in record.problem
    assert record.results["tv_loss"].outcome == "no answer"
    assert record.points == 0
    (tmp_path / "secret.ipynb").write_bytes(RIGHT)
    (tmp_path / "x.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert grade_submission(tmp_path / "x.ipynb", ["tv_loss"], seed=SEED, box=the_box()).points == 0
    assert grade_submission(tmp_path / "secret.ipynb", ["tv_loss"], seed=SEED, box=the_box()).points == 4


@needs_box
def test_a_wrong_picture_is_kept_beside_the_right_one():
    data = notebook(SETUP, "def self_ensemble(net, lr):\n    return net(lr) * 0.5")
    result = grade_submission(data, ["self_ensemble"], seed=SEED, box=the_box()).results["self_ensemble"]
    pair = result.images["sr"]
    assert pair["yours"]["shape"] == pair["expected"]["shape"] == [3, 8, 8]
    assert len(bytes.fromhex(pair["yours"]["bytes"])) == 3 * 8 * 8
    assert pair["yours"] != pair["expected"]
    assert result.error_magnitude > 0.1


@needs_box
@pytest.mark.parametrize("walled", [True, False], ids=["sandbox", "trusted"])
def test_which_inputs_were_changed_is_seen_from_outside_whatever_they_are(walled):
    inputs = {
        "untouched": torch.rand(3, 5),
        "list": [torch.rand(2, 3), [torch.zeros(7, dtype=torch.int64)]],
        "number": torch.tensor(2.5, dtype=torch.float64),
        "flags": torch.tensor([True, False]),
        "nothing": torch.empty(0, 3),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "turned": torch.rand(3, 4).T,
        "word": "plain",
    }
    reads = "    assert inputs['turned'].shape == (4, 3) and inputs['number'] == 2.5 and inputs['word'] == 'plain'\n"
    code = f"def f(inputs):\n{reads}    inputs['list'][1][0][6] = 1\n    inputs['flags'][1] = True\n    return 1"
    beside = sandboxes._TRIAL.replace('inputs["x"]', "inputs")
    job = Job(name="f", pieces=[("cell 1", code)], beside=[("trial", beside)], perform="perform", inputs=inputs)
    box = the_box() if walled else sandboxes.without_walls()
    try:
        reply = box.run(job, SHORT)
        again = box.run(dataclasses.replace(job, pieces=[("cell 1", "def f(inputs):\n    return 1")]), SHORT)
    finally:
        if not walled:
            box.close()
    assert reply.observation["outputs"] == {"value": 1}
    assert reply.changed == ("list", "flags")
    assert again.changed == ()


def test_values_cross_the_wall_to_the_last_bit():
    value = {"a": torch.rand(2, 3), "b": [1, -2.5, "ü", None, True, b"\0"], "c": torch.ones((), dtype=torch.bfloat16)}
    value |= {"d": torch.empty(0, 3), "e": torch.rand(4, 4).T, "f": torch.tensor([True, False]), "g": {"h": 2**62}}
    back = decode(encode(value), Foreign)
    assert back.keys() == value.keys()
    for name in "acdef":
        assert torch.equal(back[name], value[name])
        assert back[name].dtype == value[name].dtype
    assert back["b"] == value["b"]
    assert back["g"] == value["g"]
    assert decode(encode([object(), 2**70, {1}]), Foreign) == [
        Foreign("object"),
        Foreign("int of more than 64 bits"),
        Foreign("set"),
    ]


def test_bytes_that_lie_are_no_frame():
    good = encode({"a": torch.rand(2, 3)})
    rng = torch.Generator().manual_seed(0)
    for place in torch.randint(0, len(good), (300,), generator=rng).tolist():
        bad = bytearray(good)
        bad[place] ^= 0x15
        try:
            decode(bytes(bad))
        except BadFrame:
            continue
    for data in (b"", b"\xff" * 8, good[:-1], good + b"x", b"\0\0\0\2{}", encode([[]])[:6]):
        with pytest.raises(BadFrame):
            decode(data)


def test_an_answer_of_a_million_names_is_refused_before_anything_is_built():
    for value in ([0] * 600_000, {str(key): 0 for key in range(200_000)}, "x" * (2 << 20)):
        with pytest.raises(BadFrame, match="is the most"):
            decode(encode({"a": value} if isinstance(value, list) else value), most=1 << 20)
    assert decode(encode(torch.zeros(1 << 20)), most=1 << 20).shape == (1 << 20,)


@needs_box
def test_a_submission_ends_with_its_budget_whatever_its_answers_do():
    sleepy = "import time\ndef tv_loss(sr):\n    time.sleep(600)"
    data = notebook(SETUP, sleepy, solution("find_pairs"))
    limits = dataclasses.replace(SHORT, wall_seconds=300, submission_seconds=3)
    record = grade_submission(data, ["tv_loss", "find_pairs"], seed=SEED, box=the_box(), limits=limits)
    assert record.results["tv_loss"].outcome == "timeout"
    assert "3 s on the clock" in record.results["tv_loss"].message
    assert record.results["find_pairs"].outcome == "timeout"
    assert "All your answers together took 3 s" in record.results["find_pairs"].message
    assert record.points == 0


SPIN = """
import os
def tv_loss(sr):
    for _ in range(3):
        if os.fork() == 0:
            while True:
                pass
    os.wait()
"""
SHORT_LIVED = """
import os
import time
def tv_loss(sr):
    while time.process_time() < 0.5:  # its own, which is a small part
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                sum(range(4_000_000))
            os._exit(0)
        os.waitpid(child, 0)
"""


@needs_box
@pytest.mark.parametrize("code", [SPIN, SHORT_LIVED], ids=["three at once", "orphans of a moment"])
def test_processor_time_is_that_of_all_processes_together_and_none_is_lost_when_one_ends(code):
    limits = dataclasses.replace(SHORT, cpu_seconds=1, wall_seconds=200, submission_seconds=400)
    result = grade_submission(notebook(SETUP, code), ["tv_loss"], seed=SEED, box=the_box(), limits=limits)
    assert result.results["tv_loss"].outcome == "timeout"
    assert "1 s of processor time, of all its processes" in result.results["tv_loss"].message


@needs_box
def test_what_a_run_takes_is_measured_and_a_limit_that_it_reached_is_named():
    box = the_box()
    busy = "    sum(range(10_000_000))\n    print('x' * 5000, flush=True)\n    os.write(1, b'y' * 9000)\n    return x"
    code = f"import os\ndef twice(x):\n{busy}"
    job = Job(
        name="twice",
        pieces=[("cell 1", code)],
        beside=[("trial", sandboxes._TRIAL)],
        perform="perform",
        inputs={"x": 1},
    )
    patient = dataclasses.replace(SHORT, cpu_seconds=30, wall_seconds=120)
    spent = box.run(job, patient).spent
    assert 0.02 < spent["cpu"] < 5
    assert 14_000 <= spent["output"] < 20_000
    assert spent["processes"] >= 1
    for code, words in (
        (
            "import time\ndef f():\n    while True:\n        threading.Thread(target=time.sleep, args=(60,)).start()",
            "12 proc",
        ),
        ("def f():\n    for n in range(9000):\n        open(f'/tmp/{n}', 'w').close()", "all 8192 files"),
        (
            "def f():\n    for n in range(90):\n        open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))",
            "all 8 MiB of the temp",
        ),
    ):
        data = notebook(SETUP, "import threading\n" + code, "def tv_loss(sr):\n    f()")
        result = grade_submission(data, ["tv_loss"], seed=SEED, box=box, limits=patient).results["tv_loss"]
        assert result.outcome == "error", result
        assert words in result.message, result.message


@needs_box
def test_a_submission_has_a_budget_of_processor_time_and_of_output_that_all_its_answers_share():
    busy = "import time\ndef busy(sr):\n    while time.process_time() < 1.5:\n        pass\n    print('x' * 10_000)\n"
    exercises = ["tv_loss", "find_pairs"]
    data = notebook(SETUP, busy + "def tv_loss(sr):\n    busy(sr)", busy + "def find_pairs(*x):\n    busy(x)")
    for change, words in (
        ({"submission_cpu_seconds": 1}, "took 1 s of processor time"),
        ({"submission_output_bytes": 1000}, "wrote 0 MiB"),
    ):
        limits = dataclasses.replace(SHORT, cpu_seconds=30, wall_seconds=90, **change)
        record = grade_submission(data, exercises, seed=SEED, box=the_box(), limits=limits)
        assert record.points == 0
        assert record.results["find_pairs"].outcome == "timeout"
        assert words in record.results["find_pairs"].message


def test_hiding_a_name_leaves_what_stands_beside_it():
    hidden = hidden_names("tv_loss")
    (text,) = masked(hidden).values()
    space = {"__name__": "copy"}
    exec(compile(text.replace("@register_loss('TV')", ""), "copy", "exec"), space)
    with pytest.raises(RuntimeError, match="asks you to write"):
        space["tv"](torch.rand(1, 1, 4, 4))
    assert space["TV"]().eps == 1e-12
    with pytest.raises(ValueError, match="no function or class"):
        masked(frozenset({"srkit.losses.smoothness:nothing"}))
    with pytest.raises(ValueError, match="no module"):
        masked(frozenset({"os:path"}))
    assert not [path for path in library() if "exercises" in path or path.endswith(".pyc")]
