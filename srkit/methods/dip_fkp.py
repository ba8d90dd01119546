"""DIP-FKP: image and blur kernel of one LR image at once, each with its prior.

J. Liang, K. Zhang, S. Gu, L. Van Gool, R. Timofte, "Flow-based Kernel Prior with Application to Blind
Super-Resolution", CVPR 2021, section 3.3, https://arxiv.org/abs/2103.15977. The image is what a deep image prior draws,
the kernel a point on the sphere of a kernel prior that was trained before; together they must give the LR image.

Deviations from the authors' program: the kernel is laid on by true convolution, for which the prior's kernels are
centred, so that the result is registered with the LR image; the program correlates (``mirrored=True``), as it did when
its data were made, which lie scale - 1 pixels aside. Two other priors of the paper can take the place of the flow: a
softmax, and the fully connected network of Double-DIP, which is held still at first as the others are.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit._home import shipped
from srkit.errors import BadInput
from srkit.losses import ssim
from srkit.methods._choose import choose
from srkit.methods._fresh import fresh
from srkit.methods._method import Method, MethodCard, Progress, Result, Watch, as_grey_as
from srkit.methods._registry import register_method
from srkit.methods.blind import finite
from srkit.methods.dip import SkipNet, check_side, step_bytes
from srkit.methods.fkp import KernelFlow, SphereAdam, load_fkp, side_of
from srkit.ops.device import exact
from srkit.ops.pixels import pad

__all__ = ["DIPFKP", "DIPFKP_PRESETS", "DIPFKPSettings", "KernelPrior", "kernel_net", "prior_for"]

KernelPrior = Literal["flow", "softmax", "double_dip"]

CARD = MethodCard(
    title="DIP-FKP",
    year=2021,
    citation='J. Liang, K. Zhang, S. Gu, L. Van Gool, R. Timofte, "Flow-based Kernel Prior with Application to Blind '
    'Super-Resolution", CVPR 2021',
    url="https://arxiv.org/abs/2103.15977",
    idea="A deep image prior draws the image, a point on the sphere of a kernel prior is the blur; both are fitted.",
    estimates_kernel=True,
    tiny={"steps": 50, "frozen": 1, "structural": 2, "channels": 4, "skip": 2, "depth": 3},
)


@dataclass(frozen=True, kw_only=True)
class DIPFKPSettings:
    """How image and kernel are fitted; the defaults are the authors'.

    Attributes:
        steps: of both.
        learning_rate: of the image network.
        kernel_rate: of the kernel's code; 1e-4 for the network of Double-DIP.
        frozen: steps before the kernel moves.
        structural: steps whose loss is 1 - SSIM; the others' is the mean squared error.
        channels: of the image network.
        skip: channels of its skip connections.
        depth: its scales.
        mirrored: lay the kernel on by correlation as the authors' program does.
    """

    steps: int = 1000
    learning_rate: float = 5e-3
    kernel_rate: float = 0.5
    frozen: int = 75
    structural: int = 80
    channels: int = 128
    skip: int = 16
    depth: int = 5
    mirrored: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or min(self.learning_rate, self.kernel_rate) <= 0 or min(self.frozen, self.structural) < 0:
            raise BadInput("DIP-FKP needs steps from 1, rates above 0, and frozen and structural steps from 0.")


DIPFKP_PRESETS: Mapping[str, DIPFKPSettings] = {
    "PAPER": DIPFKPSettings(),
    "LESSON": DIPFKPSettings(steps=500, channels=32),
}


@register_method("dip_fkp", CARD)
class DIPFKP(Method):
    """Fits image and kernel.

    Args:
        flow: the kernel prior, or its file: the authors' ``FKP_x2.pt``, or one of :func:`srkit.methods.train_fkp`;
            None is the one that ships for x2 and x4.
        kernels: ``"flow"``, or the paper's baselines without it: ``"softmax"`` and ``"double_dip"``.
        preset: ``"PAPER"``, or ``"LESSON"`` for tens of CPU seconds on a small image.
        seed: decides first weights, noise and the first kernel.
        **changes: any field of :class:`DIPFKPSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: no flow ships for this scale, a setting does not exist or cannot have this value.
        BadFile: the file holds no kernel prior.
    """

    def __init__(
        self,
        *,
        flow: KernelFlow | str | Path | None = None,
        kernels: KernelPrior = "flow",
        preset: str = "PAPER",
        seed: int = 0,
        **changes: Any,
    ) -> None:
        if kernels not in ("flow", "softmax", "double_dip"):
            raise BadInput(f"kernels is 'flow', 'softmax' or 'double_dip'; {kernels!r} was given.")
        self.settings = choose(DIPFKP_PRESETS, preset, changes, method="DIP-FKP")
        self.flow = prior_for(flow) if flow is not None and kernels == "flow" else None
        self.kernels, self.seed = kernels, seed

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return the bytes of a training step of the image network."""
        with torch.device("meta"):
            net = _image_net(self.settings)
        return step_bytes(net, (scale * size[0], scale * size[1]), inputs=3)

    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Fit image and kernel to ``(3, h, w)``."""
        if self.flow is not None and self.flow.scale != scale:
            raise BadInput(f"This kernel prior is for x{self.flow.scale}; x{scale} was asked for.")
        settings, watch = self.settings, Watch(progress, total=self.settings.steps)
        fit = _BlindFit(lr, scale, self)
        with watch.listening():
            while watch.step < settings.steps and watch.goes_on():
                loss = fit.one_step(watch.step)
                if not finite(watch, loss=loss):
                    break
                watch.stepped(loss=loss)
        sr = as_grey_as(fit.made, lr)
        return watch.result(sr, f"done: {settings.steps} steps", kernel=fit.found())


def _image_net(settings: DIPFKPSettings) -> SkipNet:
    s = settings
    return SkipNet(inputs=3, non_local=2, channels=s.channels, skip=s.skip, depth=s.depth)


class _BlindFit:
    """The image network and the kernel of one image."""

    def __init__(self, lr: Tensor, scale: int, method: DIPFKP) -> None:
        self.lr, self.scale, self.settings = lr[None], scale, method.settings
        self.flow = prior_for(method.flow, scale) if method.kernels == "flow" else None
        rng = torch.Generator().manual_seed(method.seed)
        size = (scale * lr.shape[-2], scale * lr.shape[-1])
        s = self.settings
        self.net = fresh(lambda: _image_net(s), rng).to(lr)
        check_side(size, self.net, "DIP-FKP")
        self.noise = 0.1 * torch.rand(1, 3, *size, generator=rng).to(lr)
        self.adam = torch.optim.Adam(self.net.parameters(), lr=s.learning_rate)
        self.made = F.interpolate(self.lr, size, mode="nearest")[0]
        self._begin_kernel(method.kernels, rng)
        self.kernel = self._kernel().detach()

    def _begin_kernel(self, kind: KernelPrior, rng: torch.Generator) -> None:
        side, rate = side_of(self.scale), self.settings.kernel_rate
        self.kernel_net: nn.Module | None = None
        if kind == "flow" and self.flow is not None:
            self.flow = self.flow.to(self.lr)
            self.code = torch.randn(1, side**2, generator=rng).to(self.lr).requires_grad_()
            self.mover: SphereAdam | torch.optim.Adam = SphereAdam(self.code, self.flow, lr=rate)
        elif kind == "softmax":
            self.code = torch.ones(1, side**2).to(self.lr).requires_grad_()
            self.mover = torch.optim.Adam([self.code], lr=rate)
        else:
            self.kernel_net = fresh(lambda: kernel_net(side), rng).to(self.lr)
            self.code = 0.1 * torch.rand(1, 200, generator=rng).to(self.lr)
            self.mover = torch.optim.Adam(self.kernel_net.parameters(), lr=1e-4)

    def _kernel(self) -> Tensor:
        if self.flow is not None:
            return self.flow.kernels(self.code)[0]  # (side, side)
        side = side_of(self.scale)
        values = torch.softmax(self.code, 1) if self.kernel_net is None else self.kernel_net(self.code)
        made: Tensor = values.view(side, side)
        return made

    def one_step(self, step: int) -> float:
        """Step once with image and kernel; returns the loss. Where it is not finite, nothing has moved."""
        image, kernel = self.net(self.noise), self._kernel()
        small = self.degrade(image, kernel)
        structural = step < self.settings.structural
        loss = _ssim_loss(small, self.lr) if structural else F.mse_loss(small, self.lr)
        if not bool(loss.isfinite()):
            return float(loss.detach())
        self.made, self.kernel = image.detach()[0], kernel.detach()
        network = [*self.net.parameters()]
        moving = [] if step < self.settings.frozen else self._moving()
        gradients = torch.autograd.grad(loss, [*network, *moving])
        for weights, gradient in zip(itertools.chain(network, moving), gradients, strict=True):
            weights.grad = gradient
        self.adam.step()
        if moving or isinstance(self.mover, SphereAdam):  # a frozen code is put onto the sphere all the same
            self.mover.step()
        return float(loss.detach())

    def _moving(self) -> list[Tensor]:
        return [self.code] if self.kernel_net is None else [*self.kernel_net.parameters()]

    def degrade(self, image: Tensor, kernel: Tensor) -> Tensor:
        """Make ``(1, 3, H, W)`` small by a kernel, the image going on periodically: ``(1, 3, h, w)``."""
        laid = kernel if self.settings.mirrored else kernel.flip(0, 1)
        around = kernel.shape[-1] // 2
        wide = pad(image, (around,) * 4, border="circular").transpose(0, 1)  # (3, 1, H + k - 1, W + k - 1)
        return F.conv2d(wide, laid[None, None])[..., :: self.scale, :: self.scale].transpose(0, 1)

    def found(self) -> Tensor:
        """Return the kernel, adding up to 1, as it is to be applied by correlation."""
        kernel = exact(self.kernel)
        kernel = kernel / kernel.sum()
        return kernel if self.settings.mirrored else kernel.flip(0, 1)


def kernel_net(side: int, *, inputs: int = 200, hidden: int = 1000) -> nn.Sequential:
    """Return Double-DIP's network of the kernel: ``(1, inputs)`` to ``(1, side * side)``, adding up to 1."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU6(), nn.Linear(hidden, side**2), nn.Softmax(dim=1))


def prior_for(flow: KernelFlow | str | Path | None, scale: int = 2) -> KernelFlow:
    """Return a copy of the kernel prior that was meant, without gradients; None is the one that ships for ``scale``."""
    if isinstance(flow, KernelFlow):
        return copy.deepcopy(flow).frozen()
    if flow is None:
        flow = shipped() / "weights" / "priors" / f"fkp_x{scale}.safetensors"
        if not flow.exists():
            raise BadInput(
                f"Kernel priors ship for x2 and x4; for x{scale} give one: flow=FILE. "
                "It is a file of the authors (github.com/JingyunLiang/FKP, folder data/pretrained_models), or one of "
                "your own, made in a minute by\n"
                f"  python -c \"import srkit, torch; torch.save(srkit.methods.train_fkp(scale={scale}, preset='LESSON')"
                f".flow.state_dict(), 'FKP_x{scale}.pt')\""
            )
    return load_fkp(flow)


def _ssim_loss(small: Tensor, lr: Tensor) -> Tensor:
    """Return 1 - SSIM, windows reaching over the rim into black as in the authors' program."""
    around = (5,) * 4
    return ssim(pad(small, around, border="zero"), pad(lr, around, border="zero"))
