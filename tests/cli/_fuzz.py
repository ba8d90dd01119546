"""Random command lines over every verb, of the options it has: ``python -m tests.cli._fuzz COUNT [FIRST]``.

A command line may succeed or be refused in a sentence. What must never come is an exception of a library.
"""

from __future__ import annotations

import contextlib
import io
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

import srkit
from srkit.cli import main
from srkit.cli._group import cli
from srkit.degrade.kernel_files import write_kernel

LEFT_OUT = ("lab", "grade", "doctor", "course")  # they start other programs; only wrong words are tried on them
BUDGET = {
    "zssr": ("--set", "max_steps=1", "--set", "width=4", "--set", "depth=3", "--set", "crop=16"),
    "kernel": ("--dry-run",),
    "weak": ("--steps", "0,0"),
    "train": ("--steps", "0"),
}
LIMITS = {signal.ITIMER_PROF: (signal.SIGPROF, 20), signal.ITIMER_REAL: (signal.SIGALRM, 900)}
"""Seconds of processor time that a command line may take, and of wall time, for one that waits for ever."""
NETWORKS = ("bicubic", "nearest", "bilinear", "edsr_small", "srmd_small", "fsrcnn", "BICUBIC", "edsr", "nope", "", "ü")
METHODS = ("bicubic", "back_projection", "BACK_PROJECTION", "nope", "dip_fkp", "ikc", "plug_and_play")
NUMBERS = (
    "0",
    "1",
    "2",
    "3",
    "4",
    "-1",
    "1.5",
    "nan",
    "inf",
    "1e9",
    "99999999999999999999",
    "x",
    "",
    "²",
    "0x2",
    "1,2",
)
CHAINS = (
    "down(2)", "blur(1.6) > down(2) > jpeg(50)", "noise(5)", "blur(nan)", "down(0)", "down(1e9)", "jpeg(101)",
    "down(", "> >", "", "noise(0..)", "noise(5..1)", "resize(0.001..0.002)", "up(99)", "blur_file(k.mat)", "keep(0)",
    "bsrgan(2)", "blur(1e9)", "blur(-1)", "blur(٣)", "jpeg(50" * 30, "blur_file('../missing')", "noise(1e400)",
)  # fmt: skip
TEXTS = ("rgb border=3", "border=-1", "border=999", "psnr", "ssim,psnr", "niqe", "lpips", "1*L1", "1*L1+", "*", "[",
         "\x00", "0.5", "kernel=k.mat", "kernel=bad.mat", "steps=0", "steps=1", "=", "a=b=c",
         "n_blocks=-1", "steps=[1", "x" * 300)  # fmt: skip
SOUND_TEXTS = {"protocol": ("rgb border=3", "papers"), "metrics": ("psnr", "psnr,ssim"), "names": ("psnr",)}
SOUND_FILES = {
    "kernel": ("k.mat",), "datasets": ("set",), "dataset": ("set",), "folder": ("set",), "target": ("set",),
    "truth": ("a.png",), "result": ("a.png",), "first": ("net.safetensors",), "second": ("net.safetensors",),
    "plugins": ("plug.py",), "photos": ("set",), "weights": ("net.safetensors",), "root": (".",), "device": ("cpu",),
    "tile": ("auto", "8"), "csv": ("t.csv",),
}  # fmt: skip


def make_files(home: Path) -> None:
    """Fill a folder with pictures, weights, kernels and other things, sound and broken."""
    torch.manual_seed(0)
    for name, size in (
        ("a.png", (12, 14)),
        ("b.jpg", (9, 8)),
        ("one.png", (1, 1)),
        ("long.png", (1, 40)),
        ("c.tif", (8, 8)),
    ):
        srkit.write(home / name, torch.rand(3, *size), overwrite=True)
    Image.new("RGBA", (9, 7), (1, 2, 3, 40)).save(home / "soft.png")
    Image.new("I;16", (8, 8)).save(home / "deep.png")
    Image.new("P", (8, 8)).save(home / "palette.gif", save_all=True, append_images=[Image.new("P", (8, 8), 3)])
    (home / "cut.png").write_bytes((home / "a.png").read_bytes()[:60])
    (home / "text.png").write_text("<html>")
    (home / "empty.png").touch()
    (home / "사진 é.png").write_bytes((home / "a.png").read_bytes())
    for folder in ("set", "none", "set/below"):
        (home / folder).mkdir(exist_ok=True)
    for name in ("x.png", "below/y.png"):
        srkit.write(home / "set" / name, torch.rand(3, 16, 16), overwrite=True)
    write_kernel(home / "k.mat", torch.full((5, 5), 0.04), overwrite=True)
    (home / "bad.mat").write_bytes((home / "k.mat").read_bytes()[:150])
    np.save(home / "flat.npy", np.zeros((3, 4)))
    srkit.models.save(srkit.models.create("fsrcnn", scale=2, tiny=True), home / "net.safetensors", overwrite=True)
    save_file({"w": torch.zeros(3)}, home / "other.safetensors")
    torch.save({"w": torch.zeros(3)}, home / "other.pth")
    (home / "cut.pth").write_bytes((home / "other.pth").read_bytes()[:80])
    (home / "plug.py").write_text("import srkit\n")
    (home / "broken.py").write_text("def\n")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


def draw_line(chance: random.Random, home: Path) -> list[str]:
    """Return the words of one command line; every second one is drawn from values that are sound."""
    files = sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if not path.name.startswith("."))
    files += ["missing.png", "new", "no/such/x.png", ".", "", "x" * 300 + ".png", "a.png/b.png", "new.webp"]
    known = [pair for pair in commands(cli) if pair[0] not in (("models", "atlas"), ("models", "exam"))]
    path, command = chance.choice(known)
    if path[0] in LEFT_OUT or "fetch" in path:
        return [*path, f"--{chance.choice(TEXTS[3:8])}", chance.choice(files)]
    sound, words = chance.random() < 0.5, []
    for parameter in command.params:
        often = parameter.multiple or parameter.nargs == -1
        if isinstance(parameter, click.Argument):
            for _ in range(chance.choice((1, 2)) if often else int(sound or chance.random() < 0.95)):
                words.append(draw_value(parameter, chance, files, sound))
        elif isinstance(parameter, click.Option) and (parameter.required or chance.random() < (0.15 if sound else 0.3)):
            for _ in range(chance.choice((1, 1, 2)) if often else 1):
                words.append(parameter.opts[0])
                words += [] if parameter.is_flag else [draw_value(parameter, chance, files, sound)]
    return [*path, *words, *BUDGET.get(path[0], ())]


def draw_value(parameter: click.Parameter, chance: random.Random, files: list[str], sound: bool) -> str:
    """Return a value for a parameter."""
    said = f"{parameter.name} {parameter.metavar or ''} {getattr(parameter, 'help', '')}".lower()
    if not sound and chance.random() < 0.2:
        return chance.choice([*NUMBERS, *TEXTS, *CHAINS, *files])
    if isinstance(parameter.type, click.Choice):
        return str(chance.choice(parameter.type.choices))
    if isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType):
        return chance.choice(("2", "3") if sound else NUMBERS)
    if "chain" in said or "degrade" in said:
        return chance.choice(CHAINS[:3] if sound else CHAINS)
    if parameter.name in ("method", "chosen_methods"):
        return chance.choice(METHODS[:3] if sound else METHODS)
    if parameter.name in ("model", "chosen_models", "name", "pattern"):
        return chance.choice((*NETWORKS[:3], "net.safetensors") if sound else [*NETWORKS, *files])
    if parameter.name in ("settings", "protocol", "metrics", "names", "steps", "preset", "loss", "scales"):
        return chance.choice(SOUND_TEXTS.get(parameter.name, ("1",)) if sound else [*TEXTS, *NUMBERS])
    if parameter.name == "out":
        return f"out{chance.randint(0, 9)}" if sound else chance.choice(files)
    return chance.choice(
        SOUND_FILES.get(str(parameter.name), ("a.png", "b.jpg", "set", "soft.png")) if sound else files
    )


def outcome(words: list[str]) -> str:
    """Run a command line; return "" where it ended as one should, else what came instead."""
    said, threads = io.StringIO(), torch.get_num_threads()
    for timer, (kind, seconds) in LIMITS.items():
        signal.signal(kind, _too_long)
        signal.setitimer(timer, seconds)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main(words)
    except SystemExit:
        return next((line for line in said.getvalue().splitlines() if "a fault of srkit" in line), "")
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    finally:
        torch.set_num_threads(threads)
        for timer in LIMITS:
            signal.setitimer(timer, 0)
    return "the command line did not end the process"


class TooLong(BaseException):
    """A command line took too long; nothing that a verb does about errors catches this."""


def _too_long(*_: object) -> None:
    raise TooLong


def run(count: int, seed: int, home: Path) -> list[tuple[list[str], str]]:
    """Run ``count`` command lines in a folder that is filled anew now and then; return those that ended badly."""
    chance, bad = random.Random(seed), []
    for number in range(count):
        if number % 100 == 0:
            place = home / str(number)
            place.mkdir()
            make_files(place)
        with contextlib.chdir(place):
            words = draw_line(chance, place)
            if fault := outcome(words):
                bad.append((words, fault))
    return bad


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        count, first = (int(word) for word in [*sys.argv[1:], "0"][:2])
        for hundred in range(first, first + (count + 99) // 100):
            place = Path(folder) / str(hundred)
            place.mkdir()
            for line, fault in run(100, hundred, place):
                sys.stdout.write(f"{fault}: {line}\n")
            sys.stderr.write(f"{100 * (hundred + 1 - first)} done\n")
