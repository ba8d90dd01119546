"""Kernel mismatch: how much PSNR a network that takes the blur as a condition loses when the blur it is given is wrong.

J. Gu, H. Lu, W. Zuo, C. Dong, "Blind Super-Resolution With Iterative Kernel Correction", CVPR 2019, figure 1: rows are
the blur the LR images were made with (sigma_LR), columns the blur the network is given (sigma_SR). With too small a
width blur remains, with too large a width the result rings; the best value of each row is on the diagonal.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit import models
from srkit._optional import optional
from srkit.datasets import Pair, load
from srkit.datasets.makers import make_maker
from srkit.degrade import apply_kernel, gaussian_widths, srmd_code
from srkit.errors import BadInput
from srkit.evaluation.table import SAME, write_text
from srkit.inference import upscale
from srkit.inference.mode import scale_of
from srkit.metrics import Protocol, psnr
from srkit.ops.kernels import delta
from srkit.ops.pixels import crop_border, quantise
from srkit.ops.resize import imresize

__all__ = ["Conditioned", "Mismatch", "mismatch"]


@dataclass(frozen=True)
class Mismatch:
    """PSNR for each true and each assumed width.

    Attributes:
        widths_lr: the blurs the LR images were made with, one row each.
        widths_sr: the blurs the network was given, one column each.
        psnr: ``(rows, columns)`` in decibels, the mean over the images.
        bicubic: bicubic interpolation of each row's LR images, ``(rows,)``.
        title: network, data, scale and protocol.
    """

    widths_lr: tuple[float, ...]
    widths_sr: tuple[float, ...]
    psnr: Tensor
    bicubic: Tensor
    title: str

    @property
    def best(self) -> tuple[float, ...]:
        """For each row the width that gave the best result."""
        return tuple(self.widths_sr[int(column)] for column in self.psnr.argmax(dim=1))

    def __str__(self) -> str:
        head = "sigma_LR \\ sigma_SR " + "".join(f"{width:8.2f}" for width in self.widths_sr) + "   bicubic"
        lines = [self.title, head]
        for width, row, base in zip(self.widths_lr, self.psnr, self.bicubic, strict=True):
            lines.append(f"{width:19.2f} " + "".join(f"{float(v):8.2f}" for v in row) + f"{float(base):10.2f}")
        return "\n".join(lines)

    def to_csv(self, path: str | Path) -> Path:
        """Write the matrix as CSV: title, sigma_lr, sigma_sr, psnr.

        Raises:
            BadFile: it cannot be written there.
        """
        lines = ["sigma_lr,sigma_sr,psnr,measured"]
        for i, true in enumerate(self.widths_lr):
            lines += [
                f'{true:g},{told:g},{float(self.psnr[i, j]):.4f},"{self.title}"'
                for j, told in enumerate(self.widths_sr)
            ]
            lines.append(f'{true:g},bicubic interpolation,{float(self.bicubic[i]):.4f},"{self.title}"')
        return write_text(Path(path), "\n".join(lines) + "\n")

    def draw(self) -> Any:
        """Return a matplotlib figure: the heat map, each value in its field, the diagonal framed."""
        figure = optional("matplotlib.figure", "plots").Figure(
            figsize=(1.1 * len(self.widths_sr) + 2.4, 0.9 * len(self.widths_lr) + 1.6), layout="constrained"
        )
        axes = figure.subplots()
        picture = axes.imshow(self.psnr.numpy(), cmap="viridis")
        middle = float(self.psnr.min() + self.psnr.max()) / 2
        for i, true in enumerate(self.widths_lr):
            for j, told in enumerate(self.widths_sr):
                value = float(self.psnr[i, j])
                weight = "bold" if told == true else "normal"
                colour = "black" if value > middle else "white"
                axes.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour, weight=weight)
        axes.set_xticks(range(len(self.widths_sr)), [f"{width:g}" for width in self.widths_sr])
        axes.set_yticks(range(len(self.widths_lr)), [f"{width:g}" for width in self.widths_lr])
        axes.set_xlabel("given to the network: sigma_SR")
        axes.set_ylabel("true blur: sigma_LR")
        axes.set_title(self.title, fontsize="small")
        figure.colorbar(picture, ax=axes, label="PSNR in dB")
        return figure


class Conditioned(nn.Module):
    """A network together with its condition for the images, as an ordinary network.

    Args:
        net: takes ``net(lr, **condition)``.
        condition: of one image, by keyword; what ``forward`` does not take is left out. Or the code of SRMD's kind,
            ``(n_codes,)`` or ``(n_codes - 1,)``; a noise level of 0 is added where the network takes one more.
        scale: enlargement factor; None asks the network.
        pad: pixels by which the outermost ones of an image are repeated on each side before, cut off after. A network
            that takes borders for wrapped ones (USRNet) draws ripples into photographs without.
    """

    def __init__(
        self, net: nn.Module, condition: Tensor | Mapping[str, Any], *, scale: int | None = None, pad: int = 0
    ) -> None:
        super().__init__()
        self.net, self.scale, self.pad = net, scale_of(net) if scale is None else scale, pad
        self.name = getattr(net, "name", type(net).__name__.lower())
        told = {"degradation": _whole(condition, net)} if isinstance(condition, Tensor) else condition
        taken = inspect.signature(net.forward).parameters
        self.names = [name for name in told if name in taken]
        for name in self.names:
            self.register_buffer(f"told_{name}", torch.as_tensor(told[name]))

    @classmethod
    def by(
        cls, net: nn.Module, *, kernel: Tensor | None, noise: float | None, basis: Tensor | None = None
    ) -> Conditioned:
        """Condition a registered network on a degradation, encoded as in its training (``Card.trained_on``).

        Args:
            kernel: blur ``(k, k)`` of the large image, in its pixels, by correlation; None is no blur.
            noise: standard deviation of the noise on the scale 0…255; None where it is not known.
            basis: the PCA basis ``(n, k*k)`` of its codes; None is srkit's own.
        """
        name = getattr(net, "name", type(net).__name__)
        card = models.card(name) if name in models.names() else None
        maker: Any = make_maker(str(card.trained_on), net) if card is not None and needs_degradation(card) else None
        if not hasattr(maker, "condition"):
            can = [other for other in models.names() if needs_degradation(models.card(other))]
            raise BadInput(f"{name} cannot be conditioned on blur or noise. Networks that can: {', '.join(can)}.")
        if basis is not None:
            if not hasattr(maker, "basis"):
                raise BadInput(f"{name} is conditioned on the kernel itself and uses no basis.")
            maker.basis, maker.size = basis, math.isqrt(basis.shape[-1])
        condition = maker.condition(delta(3) if kernel is None else kernel, noise)
        return cls(net, condition, pad=getattr(maker, "pad", 0))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        told = {name: getattr(self, f"told_{name}").to(lr) for name in self.names}
        each = {name: one.expand(len(lr), *one.shape) for name, one in told.items()}  # (b, n) or (b, k, k)
        padded = F.pad(lr, (self.pad,) * 4, mode="replicate")  # (b, 3, h + 2*pad, w + 2*pad)
        sr: Tensor = self.net(padded, **each)
        return crop_border(sr, self.scale * self.pad)  # (b, 3, scale*h, scale*w)


def needs_degradation(card: models.Card) -> bool:
    """Tell whether a network needs the blur of its images as a condition, in any form."""
    return card.extra_input in ("degradation", "kernel")


def _whole(code: Tensor, net: nn.Module) -> Tensor:
    wanted = int(getattr(net, "n_codes", len(code)))
    if len(code) not in (wanted, wanted - 1):
        raise BadInput(f"This network takes {wanted} numbers as its condition, and {len(code)} were given.")
    return torch.cat([code, code.new_zeros(wanted - len(code))]).float()


def mismatch(
    net: nn.Module,
    dataset: str | Path | Sequence[Pair],
    *,
    basis: Tensor,
    widths_lr: Sequence[float],
    widths_sr: Sequence[float] | None = None,
    size: int = 15,
    root: str | Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Mismatch:
    """Measure a conditional network for every pair of true and assumed round blur.

    LR is made as SRMD's authors do: Gaussian blur with replicated border, MATLAB's bicubic reduction, 8 bits.

    Args:
        net: takes ``net(lr, degradation=codes)``; ``net.scale`` is its factor.
        dataset: a name, a folder or pairs; only HR is used.
        basis: the PCA basis the network was trained with.
        widths_lr: true widths in pixels.
        widths_sr: assumed widths; the same ones where they are left out.
        size: side of the kernels, that of the basis.
        root: where the dataset lies, when given by name.
        progress: called as ``progress(done, total)`` after each enlargement.

    Raises:
        BadInput: no widths, no images, or a basis that fits neither kernels nor network.
    """
    told = tuple(widths_lr if widths_sr is None else widths_sr)
    scale = scale_of(net)
    pairs = load(dataset, scale=scale, root=root) if isinstance(dataset, str | Path) else dataset
    if not widths_lr or not told or not len(pairs):
        raise BadInput("mismatch needs at least one true width, one assumed width and one image.")
    nets = [Conditioned(net, srmd_code(gaussian_widths(size, width), basis)) for width in told]
    values = torch.zeros(len(widths_lr), len(told) + 1, len(pairs), dtype=torch.float64)  # bicubic in the last column
    protocol, done, total = Protocol.papers(scale), 0, len(widths_lr) * len(told) * len(pairs)
    for i, width in enumerate(widths_lr):
        for index in range(len(pairs)):
            hr = pairs[index].hr
            lr = quantise(imresize(apply_kernel(hr, gaussian_widths(size, width)), 1 / scale))
            values[i, -1, index] = float(psnr(imresize(lr, scale).clamp(0, 1), hr, protocol=protocol))
            for j, conditioned in enumerate(nets):
                values[i, j, index] = float(psnr(upscale(lr, conditioned), hr, protocol=protocol))
                done += 1
                if progress is not None:
                    progress(done, total)
    name = getattr(pairs, "name", "pairs")
    means, left_out = _means(values)
    without = f"; {left_out} images {SAME} left out" if left_out else ""
    title = f"{nets[0].name} on {name} x{scale}, blurred by a round Gaussian, then bicubic ({protocol}{without})"
    return Mismatch(tuple(widths_lr), told, means[:, :-1], means[:, -1], title)


def _means(values: Tensor) -> tuple[Tensor, int]:
    """Return the means ``(rows, columns)`` of ``(rows, columns, images)``, and how many images rows had to leave out.

    An image that one field of a row reproduces exactly is left out of the whole row, whose fields are compared; where
    that leaves no image, the exact fields are infinite.
    """
    kept = values.isfinite().all(1, keepdim=True)  # (rows, 1, images)
    means = torch.where(kept, values, 0).sum(-1) / kept.sum(-1)
    compared = kept.any(-1)  # (rows, 1)
    return torch.where(compared, means, values.mean(-1)), int((~kept & compared[..., None]).sum())
