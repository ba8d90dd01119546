"""KernelGAN, DIP and DIP-FKP beside their authors' programs, CPU seconds: python -m benchmarks programs --peers DIR.

All get the same picture, one thread and --steps steps at the papers' sizes, and take turns, the program first; what
both need besides their steps is in their time. The programs are those of sefibk/KernelGAN, of
DmitryUlyanov/deep-image-prior (network and reduction; the loop is its notebook's) and of JingyunLiang/FKP (with
--prior, the authors' FKP_x2.pt). What they ask of a GPU, of picture files and of Matplotlib is pretended. PSNR of
the images of so few steps says only whether both do the same.
"""

from __future__ import annotations

import argparse
import importlib
import io
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from benchmarks._peers import Missing, run_kernelgan, without_cuda
from benchmarks._scenes import COLUMNS, Picture, middle
from srkit import methods
from srkit.metrics import Protocol, psnr

Job = Callable[[], Tensor | None]


@contextmanager
def packages(*homes: Path, pretend: Mapping[str, Mapping[str, Any]] | None = None) -> Iterator[None]:
    """Let packages below some folders be imported, and forget them again.

    Raises:
        Missing: a folder is not there, or what is imported needs something that is not installed.
    """
    kept, absent = dict(sys.modules), [home for home in homes if not home.is_dir()]
    if absent:
        raise Missing(f"{absent[0]} is not there")
    sys.path[:0] = map(str, homes)
    try:
        for name, content in (pretend or {}).items():
            sys.modules[name] = ModuleType(name)
            vars(sys.modules[name]).update(content)
        yield
    except ImportError as error:
        raise Missing(str(error)) from None
    finally:
        del sys.path[: len(homes)]
        for name in set(sys.modules) - set(kept):
            if name.split(".")[0] in ("models", "model", "util", "FKP"):
                del sys.modules[name]


def dip_program(home: Path, lr: Tensor, scale: int, steps: int) -> Tensor:
    """Fit the deep image prior's own network through its own reduction; returns ``(3, s*h, s*w)``."""
    with packages(home / "deep-image-prior"):
        net = importlib.import_module("models").get_net(
            32, "skip", "reflection", n_channels=3, skip_n33d=128, skip_n33u=128, skip_n11=4, num_scales=5,
            upsample_mode="bilinear",
        )  # fmt: skip
        reduce = importlib.import_module("models.downsampler").Downsampler(
            n_planes=3, factor=scale, kernel_type="lanczos2", phase=0.5, preserve_size=True
        )
    noise = 0.1 * torch.rand(1, 32, scale * lr.shape[1], scale * lr.shape[2])
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        adam.zero_grad()
        image = net(noise + 0.03 * torch.randn_like(noise))
        F.mse_loss(reduce(image), lr[None]).backward()
        adam.step()
    with torch.no_grad():
        found: Tensor = net(noise)[0]
    return found


def fkp_program(home: Path, prior: Path | None, lr: Tensor, scale: int, steps: int) -> Tensor:
    """Let the authors' DIP-FKP fit image and kernel; returns ``(3, s*h, s*w)``."""
    if prior is None or not prior.is_file():
        raise Missing("no --prior was given, FKP_x2.pt of the authors")
    memory = io.BytesIO()
    torch.save(torch.load(prior, map_location="cpu", weights_only=True), memory)
    memory.seek(0)
    pretend = {
        "util": {
            "save_final_kernel_png": lambda *_: None, "kernel_shift": None, "tensor2im01": None,
            "get_noise": lambda depth, _, size: 0.1 * torch.rand(1, depth, *size), "move2cpu": lambda kernel: kernel,
        }
    }  # fmt: skip
    given = SimpleNamespace(
        sf=scale, model="DIPFKP", path_KP=memory, max_iters=steps, dip_lr=5e-3, kp_lr=0.5, verbose=False,
        input_image_path="", kernel_gt=None,
    )  # fmt: skip
    with packages(home / "FKP", home / "FKP" / "DIPFKP", pretend=pretend), without_cuda():
        program = importlib.import_module("model.model").DIPFKP(given, lr[None], device=torch.device("cpu"))
    image: Tensor = program.train()[1].detach()[0]
    return image


def jobs(words: argparse.Namespace) -> dict[str, tuple[Tensor, Job, Job]]:
    """Return for each method the true image, the program's run and ours."""
    picture = srkit.read(words.picture)
    small = Picture.of(words.picture.stem, middle(picture, 96))
    direct = COLUMNS["round x2"].of(Picture.of(words.picture.stem, middle(picture, 240)), 0)
    clean, half = COLUMNS["clean x4"].of(small, 0), COLUMNS["round x2"].of(small, 0)
    peers, steps = words.peers, words.steps

    def ours(name: str, lr: Tensor, scale: int, **settings: Any) -> Job:
        return lambda: methods.create(name, steps=steps, **settings).restore(lr, scale=scale).image

    def kernelgan() -> None:
        run_kernelgan(peers, direct.lr, 0, steps=steps)

    return {
        "KernelGAN x2": (
            direct.hr,
            kernelgan,
            ours("kernelgan", direct.lr, 2, preset="PROGRAM", then="back_projection"),
        ),
        "DIP x4": (clean.hr, lambda: dip_program(peers, clean.lr, 4, steps), ours("dip", clean.lr, 4)),
        "DIP-FKP x2": (
            half.hr,
            lambda: fkp_program(peers, words.prior, half.lr, 2, steps),
            ours("dip_fkp", half.lr, 2),
        ),
    }


def raced(name: str, hr: Tensor, program: Job, own: Job, *, scale: int, steps: int) -> str:
    """Return the line of one method."""
    seconds, images = [], []
    for job in (program, own):
        begin = time.process_time()
        images.append(job())
        seconds.append(time.process_time() - begin)
    protocol = Protocol.papers(scale)
    values = ["" if one is None else f"{float(psnr(one.clamp(0, 1), hr, protocol=protocol)):.2f}" for one in images]
    each = " | ".join(f"{one / steps:.3f}" for one in seconds)
    return f"| {name} | {each} | {seconds[0] / seconds[1]:.1f} | {' | '.join(values)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path, help="an HR picture, for example Set5/bird.png")
    parser.add_argument("--peers", type=Path, required=True, help="folder that holds the programs")
    parser.add_argument("--prior", type=Path, help="FKP_x2.pt of the authors")
    parser.add_argument("--steps", type=int, default=100)
    words = parser.parse_args(arguments)
    torch.set_num_threads(1)
    head = "program, CPU s a step | srkit | times ours | program, PSNR | srkit, PSNR"
    print(f"### {words.picture.stem}, {words.steps} steps\n\n| | {head} |\n|---|--:|--:|--:|--:|--:|")
    for name, (hr, program, own) in jobs(words).items():
        try:
            print(raced(name, hr, program, own, scale=int(name[-1]), steps=words.steps), flush=True)
        except Missing as reason:
            print(f"| {name} | {reason} | | | | |")


if __name__ == "__main__":
    main()
