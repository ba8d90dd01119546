"""KXNet, blur kernel and image estimated in turn, as many times as there are stages.

J. Fu, H. Wang, Q. Xie, Q. Zhao, D. Meng, Z. Xu, "KXNet: A Model-Driven Deep Neural Network for Blind Super-Resolution",
ECCV 2022, https://arxiv.org/abs/2209.10305. The idea in one sentence: minimise ``|(X * K) down_s - Y|^2`` over kernel K
and image X in turns, and let a small network of its own correct the result of every turn.

Deviations: the step size of the image is left out. The public code has one number per stage for it and never uses them,
since the network is given image and gradient side by side; the code's frozen copy of the kernel maps is left out too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import Prediction, conv
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.kernels import gaussian

__all__ = ["ANISOTROPIC", "CARD", "KXNet", "unfold"]

Maps = Literal["round", "anisotropic"]


def blur_down(image: Tensor, kernel: Tensor, scale: int) -> Tensor:
    """Correlate each image with its own kernel, keep every ``scale``-th pixel from the first; borders are reflected.

    Args:
        image: ``(b, c, scale*h, scale*w)``.
        kernel: ``(b, k, k)``, k odd.
        scale: enlargement factor.

    Returns:
        ``(b, c, h, w)``.
    """
    b, c = image.shape[:2]
    padded = F.pad(image, [kernel.shape[-1] // 2] * 4, mode="reflect").flatten(0, 1)[None]  # (1, b*c, H+k-1, W+k-1)
    lr = F.conv2d(padded, kernel.repeat_interleave(c, 0)[:, None], stride=scale, groups=b * c)  # (1, b*c, h, w)
    return lr.reshape(b, c, *lr.shape[-2:])


def spread_back(error: Tensor, kernel: Tensor, scale: int) -> Tensor:
    """Return the transpose of :func:`blur_down` (away from the border) of ``(b, c, h, w)``, ``(b, c, s*h, s*w)``."""
    b, c = error.shape[:2]
    image = F.conv_transpose2d(
        error.flatten(0, 1)[None],
        kernel.repeat_interleave(c, 0)[:, None],
        stride=scale,
        padding=kernel.shape[-1] // 2,
        output_padding=scale - 1,
        groups=b * c,
    )  # (1, b*c, s*h, s*w)
    return image.reshape(b, c, *image.shape[-2:])


def unfold(image: Tensor, size: int, scale: int) -> Tensor:
    """Return the matrix that takes a kernel to the blurred and reduced image: what every LR pixel saw.

    Args:
        image: ``(b, c, scale*h, scale*w)``.
        size: side of the kernel, odd.
        scale: enlargement factor.

    Returns:
        ``(b, c*h*w, size*size)``; times a flattened kernel it is :func:`blur_down`.
    """
    padded = F.pad(image, [size // 2] * 4, mode="reflect")  # (b, c, H+k-1, W+k-1)
    b, c = image.shape[:2]
    seen = F.unfold(padded, size, stride=scale).reshape(b, c, size * size, -1)  # (b, c, k*k, h*w)
    return seen.transpose(2, 3).flatten(1, 2)  # (b, c*h*w, k*k)


def make_kernel_maps(kind: Maps, count: int, size: int) -> Tensor:
    """Return the Gaussian kernels ``(count, size, size)`` a network begins with beside its estimate.

    Raises:
        BadInput: an unknown kind, or anisotropic ones in another number than 24.
    """
    if kind == "round":
        sigmas = [0.2 + 3.8 * n / max(count - 1, 1) for n in range(count)]
        return torch.stack([gaussian(size, sigma_x=sigma) for sigma in sigmas]).float()
    if kind != "anisotropic" or count != 24:
        raise BadInput(f"KXNet begins with 'round' kernels or with 24 'anisotropic' ones; given: {count} {kind!r}.")
    grid = itertools.product((1.0, 2.5, 4.0), (3.5, 5.0), range(4))
    return torch.stack([gaussian(size, sigma_x=x, sigma_y=y, theta=n * math.pi / 4) for x, y, n in grid]).float()


class Corrector(nn.Module):
    """Section 4.2, the proximal network of either step: four residual units and a convolution, all rectified."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.units = nn.ModuleList(
            nn.Sequential(conv(channels, channels), nn.ReLU(), conv(channels, channels)) for _ in range(4)
        )
        self.last = conv(channels, channels)

    def forward(self, estimate: Tensor) -> Tensor:
        """Correct ``(b, channels, h, w)``; the shape stays, the values are not negative."""
        features = estimate
        for unit in self.units:
            features = F.relu(features + 0.1 * unit(features))
        return F.relu(estimate + 0.1 * self.last(features))


class KXNet(nn.Module):
    """Figure 2: in each stage the kernel's gradient step and correction, then the image's.

    Args:
        scale: enlargement factor.
        n_stages: T, turns of both steps, each with weights of its own.
        kernel_size: side of the estimated kernel, odd; None is 11, 15, 21 at x2, x3, x4.
        image_maps: feature maps passed from stage to stage beside the image.
        kernel_maps: kernel maps passed on beside the kernel.
        maps: what the kernel maps are at first, ``"round"`` Gaussians or ``"anisotropic"`` ones.

    Raises:
        BadInput: an even kernel, or kernel maps that cannot be made.
    """

    start: Tensor

    def __init__(
        self,
        *,
        scale: int,
        n_stages: int = 19,
        kernel_size: int | None = 21,
        image_maps: int = 32,
        kernel_maps: int = 24,
        maps: Maps = "round",
    ) -> None:
        super().__init__()
        size = {2: 11, 3: 15, 4: 21}[scale] if kernel_size is None else kernel_size
        if size < 1 or size % 2 == 0:
            raise BadInput(f"KXNet's kernel has a middle pixel, so its side is odd: not {size} but {size + 1}.")
        self.scale = scale
        laplacian = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
        self.image_maps = nn.Parameter(laplacian.repeat(image_maps, 3, 1, 1))
        self.kernel_maps = nn.Parameter(make_kernel_maps(maps, kernel_maps, size))
        self.step_sizes = nn.Parameter(torch.ones(n_stages, 1))
        self.kernel_steps = nn.ModuleList(Corrector(3 + kernel_maps) for _ in range(n_stages))
        self.image_steps = nn.ModuleList(Corrector(6 * scale**2 + 3 + image_maps) for _ in range(n_stages))
        self.register_buffer("start", gaussian(size, sigma_x=1.0).float(), persistent=False)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        return self.stages(lr)[-1][0]  # (b, 3, s*h, s*w)

    def estimate_kernel(self, lr: Tensor) -> Tensor:
        """Return the blur kernels ``(b, k, k)`` found in ``(b, 3, h, w)``: not negative, of sum 1, for correlation."""
        return self.stages(lr)[-1][1]

    def predictions(self, lr: Tensor, *, kernel: Tensor | None = None) -> list[Prediction]:
        """Return the images of all stages, weighted as in equation 17: 0.1 each and 1 for the last.

        Args:
            lr: ``(b, 3, h, w)``.
            kernel: the true kernels ``(b, k, k)``; each prediction then carries the mean absolute error of its own.
        """
        found = self.stages(lr)
        weights = [0.1] * (len(found) - 1) + [1.0]
        return [
            Prediction(
                f"stage {number}",
                image,
                self.scale,
                weight,
                beside={} if kernel is None else {"kernel": (estimate - kernel.to(estimate)).abs().mean()},
            )
            for number, ((image, estimate), weight) in enumerate(zip(found, weights, strict=True), 1)
        ]

    def stages(self, lr: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return image ``(b, 3, scale*h, scale*w)`` and kernel ``(b, k, k)`` after every stage."""
        b = lr.shape[0]
        image = F.interpolate(lr, scale_factor=float(self.scale), mode="bicubic", align_corners=False)
        kernel = self.start.expand(b, -1, -1)  # (b, k, k)
        image_maps = F.conv2d(lr, self.image_maps, padding=1)  # (b, image_maps, h, w)
        kernel_maps = self.kernel_maps.expand(b, -1, -1, -1)  # (b, kernel_maps, k, k)
        found = []
        for number in range(len(self.step_sizes)):
            kernel, kernel_maps = self.kernel_step(number, image, lr, kernel, kernel_maps)
            image, image_maps = self.image_step(number, image, lr, kernel, image_maps)
            found.append((image, kernel))
        return found

    def kernel_step(
        self, number: int, image: Tensor, lr: Tensor, kernel: Tensor, maps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Section 4.1: move the kernel against the gradient, correct it, make it a kernel; and the next maps."""
        error = (blur_down(image, kernel, self.scale) - lr).flatten(1)  # (b, 3*h*w)
        seen = unfold(image, kernel.shape[-1], self.scale)  # (b, 3*h*w, k*k)
        slope = torch.einsum("bnk,bn->bk", seen, error) / error.shape[1]  # (b, k*k)
        moved = kernel - self.step_sizes[number] / 10 * slope.reshape(kernel.shape)  # (b, k, k)
        known = torch.cat([moved[:, None].expand(-1, 3, -1, -1), maps], dim=1)  # (b, 3 + kernel_maps, k, k)
        corrected = self.kernel_steps[number](known)
        positive = F.relu(corrected[:, :3].mean(1) + 1e-5)  # (b, k, k)
        return positive / positive.sum(dim=(1, 2), keepdim=True), corrected[:, 3:]

    def image_step(self, number: int, image: Tensor, lr: Tensor, kernel: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Section 4.1: the image, its gradient, the LR image and the maps, all at the size of LR, are corrected."""
        error = blur_down(image, kernel, self.scale) - lr  # (b, 3, h, w)
        share = spread_back(torch.ones_like(error), kernel, self.scale)  # (b, 3, s*h, s*w), uneven overlap
        slope = spread_back(error, kernel, self.scale) / (share + 1e-10)
        folded = [F.pixel_unshuffle(one, self.scale) for one in (image, slope)]  # (b, 3*s*s, h, w) each
        corrected = self.image_steps[number](torch.cat([*folded, lr, maps], dim=1))  # (b, 6*s*s + 3 + maps, h, w)
        n = 3 * self.scale**2
        return F.pixel_shuffle(corrected[:, :n], self.scale), corrected[:, 2 * n + 3 :]


CARD = Card(
    title="KXNet",
    year=2022,
    citation="J. Fu, H. Wang, Q. Xie, Q. Zhao, D. Meng, Z. Xu, KXNet: A Model-Driven Deep Neural Network for Blind "
    "Super-Resolution, ECCV 2022",
    url="https://arxiv.org/abs/2209.10305",
    framework="iterative up-and-down",
    idea="Unroll the alternating estimation of blur kernel and image; a small network corrects each of its steps.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 6_505_363, 3: 13_343_653, 4: 27_571_195},
    parameters_source="BKXNet.py of jiahong-fu/KXNet, kernels of 21x21, less the 19 step sizes it never uses",
    tiny={"n_stages": 2, "image_maps": 8, "kernel_maps": 4, "kernel_size": 7},
    trained_on="blur_kernels",
    deviations=("no step size for the image: the public code holds 19 of them and uses none",),
    checkpoints="none public; state dicts of jiahong-fu/KXNet (no licence stated) load as they are",
)

ANISOTROPIC = replace(
    CARD,
    title="KXNet (anisotropic)",
    trained_on="blur_kernels(family=anisotropic, noise=25)",
    idea="KXNet for stretched and turned Gaussian kernels and noise, setting 2 of the paper.",
    parameters={2: 6_497_683, 3: 13_338_469, 4: 27_571_195},
    parameters_source="BKXNet.py of jiahong-fu/KXNet, kernels of 11, 15, 21, less the 19 step sizes it never uses",
    tiny={"n_stages": 2, "image_maps": 8, "kernel_size": 7},
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    maps = weights["image_maps"].shape[0]
    return {
        "scale": isqrt((weights["image_steps.0.last.weight"].shape[0] - maps - 3) // 6),
        "n_stages": len({key.split(".")[1] for key in weights if key.startswith("image_steps.")}),
        "kernel_size": weights["kernel_maps"].shape[-1],
        "image_maps": maps,
        "kernel_maps": weights["kernel_maps"].shape[0],
    }


_STEPS = (("X", "x", "image_steps"), ("K", "k", "kernel_steps"))

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *(
            (rf"{big}_stage\.(\d+)\.{big}_ProNet\.res{low}{n + 1}\.([02])\.(.+)", rf"{ours}.\1.units.{n}.\2.\3")
            for big, low, ours in _STEPS
            for n in range(4)
        ),
        *(
            (rf"{big}_stage\.(\d+)\.{big}_ProNet\.res{low}5\.0\.(.+)", rf"{ours}.\1.last.\2")
            for big, low, ours in _STEPS
        ),
        (r"AV_X_ker", r"image_maps"),
        (r"kernel_map", r"kernel_maps"),
        (r"gamma_stage", r"step_sizes"),
    ),
    ignored=(r"eta_stage", r"kernel_map0"),
)

register_model("kxnet", CARD, layout=LAYOUT)(KXNet)
register_model("kxnet_anisotropic", ANISOTROPIC, kernel_size=None, maps="anisotropic")(KXNet)
