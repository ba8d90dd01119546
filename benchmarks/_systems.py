"""The rows of the real-world table: how each system is made, what it can be given, and what it is compared with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import srkit
from benchmarks import kmsr
from benchmarks._peers import Missing, run_kernelgan
from benchmarks._scenes import CHAINS, DIRECT, KERNELS, Column, Seen, pictures
from srkit import methods
from srkit.degrade import align, gaussian_variances
from srkit.degrade.kernel_files import read_matrix
from srkit.evaluation.mismatch import Conditioned, needs_degradation
from srkit.methods.kernel_score import ROUND
from srkit.models import official

__all__ = ["ROWS", "TRIVIAL", "Made", "Row", "Workshop"]

POOR = tuple(kind for kind in CHAINS if kind != "clean")
EVERY = (*KERNELS, *POOR, "clean")


@dataclass(frozen=True, kw_only=True)
class Made:
    """An enlarged image ``(3, h, w)``, the kernel that was found for it, and the steps this took.

    ``training`` is the processor's seconds of a training that came before it and serves other images, too.
    """

    image: Tensor
    kernel: Tensor | None = None
    steps: int = 0
    training: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Where rows find and leave what they need.

    Attributes:
        folder: that holds the records; trained networks are kept below it.
        root: folder of the data sets.
        peers: folder of other people's programs, or None.
        steps: of the trainings.
    """

    folder: Path
    root: Path | None = None
    peers: Path | None = None
    steps: int = 1000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One system in one setting.

    Attributes:
        enlarge: ``enlarge(seen, seed, workshop)``; raises :class:`Missing` where it needs what is not there.
        settings: what decides its result, in words.
        kinds: of the columns that it is for.
        scales: that it enlarges by.
        card: the registered name that its verdict is about; empty where it is compared only.
        learns: whether it is trained here first, so that the steps of the training decide its result.
    """

    enlarge: Callable[[Seen, int, Workshop], Made]
    settings: str
    kinds: tuple[str, ...] = EVERY
    scales: tuple[int, ...] = (2, 4)
    card: str = ""
    learns: bool = False

    def takes(self, column: Column) -> bool:
        """Tell whether the row has a cell in this column."""
        return column.kind in self.kinds and column.scale in self.scales


def one_image(name: str, *, told: str = "", card: str = "", kinds: tuple[str, ...] = EVERY, **settings: Any) -> Row:
    """Return the row of a one-image method.

    Args:
        name: of the method.
        told: ``"round"``: it is given a round Gaussian of FKP's middle variance; ``"truth"``: the true kernel.
        card: see :class:`Row`.
        kinds: see :class:`Row`.
        **settings: of the method.
    """

    def enlarge(seen: Seen, seed: int, workshop: Workshop) -> Made:
        given = dict(settings)
        if told:
            given["kernel"] = seen.kernel if told == "truth" else round_kernel(seen.scale)
        if name not in ("bicubic", "back_projection"):
            given["seed"] = seed
        found = methods.create(name, **given).restore(seen.lr, scale=seen.scale)
        estimated = found.kernel if methods.card(name).estimates_kernel else None
        return Made(image=found.image, kernel=estimated, steps=found.steps)

    words = ", ".join(f"{key}={value}" for key, value in settings.items())
    return Row(enlarge=enlarge, settings=f"{name} {words} {told}".strip(), kinds=kinds, card=card)


def round_kernel(scale: int) -> Tensor:
    """Return the Gaussian that is taken on trust: of variance 1.34 times the scale, aligned."""
    return align(gaussian_variances(4 * scale + 3, ROUND * scale), scale)


def network(name: str, weights: str, **rest: Any) -> Row:
    """Return the row of a network with weights that have a name; one that needs the blur is told the truth."""

    def enlarge(seen: Seen, seed: int, workshop: Workshop) -> Made:
        listed = [one for one in official() if (one.network, one.variant, one.scale) == (name, weights, seen.scale)]
        if not weights.startswith("srkit") and not (listed and listed[0].path):
            raise Missing(listed[0].how_to_get if listed else f"there are no weights {weights} of {name} x{seen.scale}")
        net = srkit.models.create(name, scale=seen.scale, pretrained=weights).eval()
        basis = None
        if weights == "official" and srkit.models.card(name).extra_input == "degradation":
            basis = authors_basis(workshop.root)
        return applied(net, seen, basis=basis)

    return Row(enlarge=enlarge, settings=f"{name} {weights}", **rest)


def authors_basis(root: Path | None) -> Tensor:
    """Return the basis that the codes of SRMD's official weights belong to."""
    path = (root or Path()) / "kernels" / "srmd_pca_matlab.mat"
    if not path.is_file():
        raise Missing("kernels/srmd_pca_matlab.mat of cszn/KAIR is not below --root")
    return read_matrix(path, "P")


def applied(net: nn.Module, seen: Seen, *, basis: Tensor | None = None, training: float = 0.0) -> Made:
    """Return what a network makes of an image, told the true blur where it needs one."""
    card = srkit.models.card(net.name) if getattr(net, "name", "") in srkit.models.names() else None
    lr = seen.lr
    if card is not None and needs_degradation(card):
        net = Conditioned.by(net, kernel=seen.blur, noise=0.0, basis=basis)
    elif card is not None and str(card.trained_on).startswith("blur_kernels"):
        lr = seen.centred
    with torch.no_grad():
        return Made(image=srkit.upscale(lr, net, tile=None), training=training)


def trained(name: str, maker: str, **rest: Any) -> Row:
    """Return the row of a tiny network trained by the front door on T91, once for each seed."""

    def enlarge(seen: Seen, seed: int, workshop: Workshop) -> Made:
        def learn() -> nn.Module:
            torch.manual_seed(seed)
            net = srkit.models.create(name, scale=seen.scale, tiny=True)
            return srkit.train(
                net, "t91", scale=seen.scale, root=workshop.root, maker=maker, steps=workshop.steps, patch=48, batch=8,
                seed=seed, learning_rate=1e-3, schedule="cosine", progress=False,
            ).net  # fmt: skip

        net, seconds = kept(workshop, f"{name}_x{seen.scale}_{workshop.steps}_{seed}", learn)
        return applied(net, seen, training=seconds)

    return Row(enlarge=enlarge, settings=f"{name} tiny, {maker}", card=name, learns=True, **rest)


def weak(system: str, *, by: str = "", **rest: Any) -> Row:
    """Return the row of a system that learns from unpaired images: BSDS200 under the column's chain, and T91.

    Args:
        system: of :func:`srkit.papers.train_weak`.
        by: in words, what else decides its result.
        **rest: see :class:`Row`.
    """

    def enlarge(seen: Seen, seed: int, workshop: Workshop) -> Made:
        def learn() -> nn.Module:
            from srkit.papers.cincgan import CinCGAN
            from srkit.papers.weak_study import make_domain

            sets = (srkit.datasets.load(name, scale=seen.scale, root=workshop.root) for name in ("bsds200", "t91"))
            real, large = sets
            domain = make_domain(real, large, large[:1], seen.column.chain, seed=seed)
            net = srkit.models.create("edsr_small", scale=seen.scale, pretrained="srkit")
            steps = (workshop.steps, 0 if system == "cincgan" else workshop.steps // 3)
            given: dict[str, Any] = {"net": net, "steps": steps, "seed": seed, "progress": False}
            net = srkit.papers.train_weak(system, domain.real, domain.large, **given).net
            return net.in_use() if isinstance(net, CinCGAN) else net

        name = f"{system}_{seen.column.name.replace(' ', '_')}_{workshop.steps}_{seed}"
        net, seconds = kept(workshop, name, learn)
        return applied(net, seen, training=seconds)

    return Row(
        enlarge=enlarge, settings=f"{system}{by}, begun from edsr_small", kinds=POOR, card=system, learns=True, **rest
    )


def pooled(photos: int, **rest: Any) -> Row:
    """Return the row of KMSR x2: kernels are estimated on photographs of BSDS200 under the column, and T91 is blurred.

    Args:
        photos: how many of them, one kernel for each.
        **rest: see :class:`Row`.
    """

    def enlarge(seen: Seen, seed: int, workshop: Workshop) -> Made:
        def learn() -> nn.Module:
            poor = [seen.column.of(one, seed).lr for one in pictures("bsds200", workshop.root, count=photos)]
            given: dict[str, Any] = {"preset": "LESSON", "size": kmsr.SIDE}
            pool = methods.build_pool(poor, scale=kmsr.SCALE, patch=160, limit=photos, **given)
            large = srkit.datasets.load("t91", scale=kmsr.SCALE, root=workshop.root)
            return kmsr.trained(large, workshop.steps, pool, seed=seed)

        name = f"kmsr_{seen.column.name.replace(' ', '_')}_{workshop.steps}_{seed}"
        net, seconds = kept(workshop, name, learn)
        return applied(net, seen, training=seconds)

    settings = f"kmsr tiny, pool of {photos} photographs"
    return Row(enlarge=enlarge, settings=settings, scales=(kmsr.SCALE,), card="kmsr", learns=True, **rest)


def kept(workshop: Workshop, name: str, learn: Callable[[], nn.Module]) -> tuple[nn.Module, float]:
    """Return the network of this name, trained where it is not on disk yet, and the processor's seconds of that."""
    path, seconds = workshop.folder / "runs" / f"{name}.safetensors", 0.0
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        begin = time.process_time()
        srkit.models.save(learn(), path)
        seconds = time.process_time() - begin
    return srkit.models.load(path).eval(), seconds


def program(enlarge: Callable[[Seen, int, Path | None], Made], settings: str, **rest: Any) -> Row:
    """Return the row of somebody else's program."""
    return Row(enlarge=lambda seen, seed, workshop: enlarge(seen, seed, workshop.peers), settings=settings, **rest)


def zssr_port(seen: Seen, seed: int, peers: Path | None) -> Made:
    """Let HarukiYqM/pytorch-ZSSR enlarge, at most 3,000 steps; its seed is PyTorch's and NumPy's."""
    from benchmarks.zssr import port

    torch.manual_seed(seed)
    np.random.seed(seed)
    image, steps = port(peers, seen.lr, 3000, 128)
    return Made(image=image.clamp(0, 1), steps=int(steps.split()[0]))


def kernelgan_program(seen: Seen, seed: int, peers: Path | None) -> Made:
    """Let sefibk/KernelGAN find the kernel in its 3,000 steps; back-projection enlarges, as in our rows."""
    kernel, steps = run_kernelgan(peers, seen.lr, seed)
    found = methods.create("back_projection", kernel=kernel).restore(seen.lr, scale=seen.scale)
    return Made(image=found.image, kernel=kernel, steps=steps)


TRIVIAL = ("bicubic", "back-projection", "round Gaussian on trust")
"""The rows that every other one is compared with; the best of them counts."""

_THEN = {"then": "back_projection"}
ROWS: Mapping[str, Row] = {
    "bicubic": one_image("bicubic"),
    "back-projection": one_image("back_projection"),
    "round Gaussian on trust": one_image("back_projection", told="round"),
    "oracle: back-projection, true kernel": one_image("back_projection", told="truth", kinds=DIRECT),
    "oracle: ZSSR fast, true kernel": one_image("zssr", told="truth", kinds=DIRECT, preset="FAST"),
    "ZSSR fast": one_image("zssr", card="zssr", kinds=(*KERNELS, "clean"), preset="FAST"),
    "ZSSR official": one_image("zssr", card="zssr", kinds=("clean",), preset="X2_ONE_JUMP_IDEAL_CONF"),
    "DIP lesson": one_image("dip", card="dip", kinds=("clean",), preset="LESSON"),
    "DIP paper": one_image("dip", card="dip", kinds=("clean",), preset="PAPER"),
    "DIP-FKP lesson": one_image("dip_fkp", card="dip_fkp", kinds=DIRECT, preset="LESSON"),
    "DIP-FKP paper": one_image("dip_fkp", card="dip_fkp", kinds=DIRECT, preset="PAPER"),
    "KernelGAN lesson": one_image("kernelgan", card="kernelgan", kinds=DIRECT, preset="LESSON", **_THEN),
    "KernelGAN paper": one_image("kernelgan", card="kernelgan", kinds=DIRECT, preset="PAPER", **_THEN),
    "KernelGAN program": one_image("kernelgan", card="kernelgan", kinds=DIRECT, preset="PROGRAM", **_THEN),
    "KernelGAN-FKP lesson": one_image("kernelgan_fkp", card="kernelgan_fkp", kinds=DIRECT, preset="LESSON", **_THEN),
    "KernelGAN-FKP paper": one_image("kernelgan_fkp", card="kernelgan_fkp", kinds=DIRECT, preset="PAPER", **_THEN),
    "SRMD small, told": network("srmd_small", "srkit", kinds=("soft",), scales=(2,), card="srmd_small"),
    "EDSR small": network("edsr_small", "srkit"),
    "EDSR small, for photographs": network("edsr_small", "srkit:photo", kinds=(*POOR, "clean")),
    "Real-ESRGAN": network("esrgan", "realesrgan", kinds=(*POOR, "clean"), scales=(4,)),
    "BSRGAN": network("esrgan", "bsrgan", kinds=(*POOR, "clean"), scales=(4,)),
    "SRMD official, told": network("srmd", "official", kinds=("soft",), card="srmd"),
    "SRMDNF official, told": network("srmdnf", "official", kinds=("soft",), card="srmdnf"),
    "USRNet tiny official, told": network("usrnet_tiny", "official", kinds=DIRECT, card="usrnet_tiny"),
    "SRMD, told": trained("srmd", "gaussian_codes(noise=75)", kinds=("soft",)),
    "SRMDNF, told": trained("srmdnf", "gaussian_codes", kinds=("soft",)),
    "USRNet, told": trained("usrnet", "kernels_and_noise", kinds=DIRECT),
    "KXNet": trained("kxnet", "blur_kernels", kinds=DIRECT),
    "IKC": trained("ikc", "gaussian_codes(family=round)", kinds=("soft",)),
    "KMSR, estimated pool": pooled(12, kinds=KERNELS),
    "FSSR": weak("fssr", by=" with coloured noise"),
    "Bulat et al.": weak("bulat", by=" with coloured noise", scales=(4,)),
    "CinCGAN": weak("cincgan"),
    "program: pytorch-ZSSR": program(zssr_port, "at most 3,000 steps", kinds=("clean",), scales=(2,)),
    "program: KernelGAN": program(kernelgan_program, "3,000 steps, back-projection", kinds=DIRECT, scales=(2,)),
}
"""Every system of the real-world half, in the settings that its verb has and in its paper's."""
