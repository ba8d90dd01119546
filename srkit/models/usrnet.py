"""USRNet, a restoration equation unrolled into a network.

K. Zhang, L. Van Gool, R. Timofte, "Deep Unfolding Network for Image Super-Resolution", CVPR 2020, 3217-3226,
https://arxiv.org/abs/2003.10428. The idea in one sentence: alternate between an image that explains the LR image, found
in closed form with the fast Fourier transform, and a network that makes it look natural; blur kernel, scale and noise
level enter the first, so one set of weights serves them all.

Deviations from the paper: none in the network. The blur is a convolution (the kernel is not mirrored for the caller)
with wrapped borders, after which every ``scale``-th pixel is kept, beginning with the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import ResidualBlock, conv
from srkit.models._registry import Card, Layout, Score, register_model
from srkit.ops._export import fourier, is_exporting
from srkit.ops.kernels import laid_round
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "SMALL", "USRNet"]


def spectrum(kernel: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the Fourier transform ``(b, c, *size)`` of a blur by ``(b, c, k, k)`` with wrapped borders."""
    return transform(laid_round(kernel, size))


def transform(image: Tensor) -> Tensor:
    """Return the Fourier transform of ``(b, c, h, w)``; while the network is exported, as ``(2, b, c, h, w)``."""
    if is_exporting():  # formats hold no complex numbers: real and imaginary parts, side by side
        return fourier(torch.stack((image, torch.zeros_like(image))))
    transformed: Tensor = torch.fft.fft2(image)
    return transformed


def product(a: Tensor, b: Tensor, *, conjugate: bool = False) -> Tensor:
    """Return the product of two spectra of :func:`transform`, of the conjugate of ``a`` where wanted."""
    if not is_exporting():
        return (a.conj() if conjugate else a) * b
    (real, imaginary), (x, y) = a.unbind(), b.unbind()
    imaginary = -imaginary if conjugate else imaginary
    return torch.stack((real * x - imaginary * y, real * y + imaginary * x))


def alias(values: Tensor, scale: int) -> Tensor:
    """Return the mean ``(…, h, w)`` over the ``scale x scale`` blocks of ``(…, scale*h, scale*w)``.

    It is what keeping every ``scale``-th pixel does to a spectrum.
    """
    *front, h, w = values.shape
    blocks = values.reshape(*front, scale, h // scale, scale, w // scale)  # (…, scale, h, scale, w)
    return blocks.mean(dim=(-4, -2))


def explain(image: Tensor, target: Tensor, blur: Tensor, alpha: Tensor, scale: int) -> Tensor:
    """Return the image close to ``image`` that, blurred and reduced, is close to the LR image (equation 7).

    It minimises ``|blurred and reduced - lr|^2 + alpha * |result - image|^2`` in closed form.

    Args:
        image: ``(b, 3, scale*h, scale*w)``.
        target: spectrum of the LR image, spread with zeros, times the conjugate of ``blur``; of the same shape.
        blur: spectrum of the kernel, ``(b, 1 or 3, scale*h, scale*w)``; spectra are those of :func:`transform`.
        alpha: how much ``image`` is trusted, ``(b, 1, 1, 1)``.
        scale: enlargement factor.
    """
    wanted = target + transform(alpha * image)
    power = blur.square().sum(0) if is_exporting() else blur.abs().square()
    ratio = alias(product(blur, wanted), scale) / (alias(power, scale) + alpha)  # (b, 3, h, w)
    solved = (wanted - product(blur, torch.tile(ratio, (scale, scale)), conjugate=True)) / alpha  # (b, 3, s*h, s*w)
    result: Tensor = fourier(solved, back=True)[0] if is_exporting() else torch.fft.ifft2(solved).real
    return result


class ResUNet(nn.Module):
    """Section 4.2, "prior module": a U-Net of residual blocks that reads an image and its noise level.

    Args:
        channels: at full size, half, a quarter and an eighth.
        n_blocks: residual blocks at each size, down and up.
    """

    def __init__(self, channels: tuple[int, int, int, int], *, n_blocks: int) -> None:
        super().__init__()

        def blocks(width: int) -> list[nn.Module]:
            return [ResidualBlock(width, bias=False) for _ in range(n_blocks)]

        steps = list(pairwise(channels))
        self.head = conv(4, channels[0], bias=False)
        self.down = nn.ModuleList(
            nn.Sequential(*blocks(wide), nn.Conv2d(wide, deep, 2, stride=2, bias=False)) for wide, deep in steps
        )
        self.body = nn.Sequential(*blocks(channels[-1]))
        self.up = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose2d(deep, wide, 2, stride=2, bias=False), *blocks(wide))
            for wide, deep in reversed(steps)
        )
        self.tail = conv(channels[0], 3, bias=False)

    def forward(self, image: Tensor, noise: Tensor) -> Tensor:
        """Denoise ``(b, 3, h, w)`` of the level ``(b, 1, 1, 1)``; the shape stays."""
        h, w = image.shape[-2:]
        both = torch.cat([image, noise.expand(-1, 1, h, w)], dim=1)  # (b, 4, h, w)
        filled = pad_to_multiple(both, 8, border="replicate")  # (b, 4, h', w')
        seen = [self.head(filled)]
        for step in self.down:
            seen.append(step(seen[-1]))
        features = self.body(seen[-1])  # (b, 512, h'/8, w'/8)
        for step in self.up:
            features = step(features + seen.pop())
        sr: Tensor = self.tail(features + seen.pop())  # (b, 3, h', w')
        return sr[..., :h, :w]


class USRNet(nn.Module):
    """Figure 2: data module and prior module in turn; a small network chooses both modules' numbers.

    Args:
        scale: enlargement factor; no weight depends on it.
        channels: of the prior module, from full size to an eighth.
        n_iterations: how often both modules run.
        n_blocks: residual blocks of the prior module at each size.
        hidden: channels of the network that chooses.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: tuple[int, int, int, int] = (64, 128, 256, 512),
        n_iterations: int = 8,
        n_blocks: int = 2,
        hidden: int = 64,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.denoise = ResUNet(tuple(channels), n_blocks=n_blocks)  # type: ignore[arg-type]
        self.choose = nn.Sequential(
            *(conv(2, hidden, 1), nn.ReLU(), conv(hidden, hidden, 1), nn.ReLU()),
            *(conv(hidden, 2 * n_iterations, 1), nn.Softplus()),
        )

    def forward(self, lr: Tensor, *, kernel: Tensor | None = None, noise: Tensor | float = 0.0) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``, given how the image was degraded.

        Args:
            lr: RGB in [0, 1].
            kernel: what blurred the large image, in its pixels, by convolution: ``(k, k)`` for all images, or
                ``(b, 1, k, k)``, or ``(b, 3, k, k)`` for each colour.
            noise: standard deviation of the noise in ``lr``, white being 1: one number, or ``(b,)``.

        Raises:
            BadInput: no kernel, or one of another shape or larger than the large image.
        """
        blur = spectrum(self.check(kernel, lr), (self.scale * lr.shape[-2], self.scale * lr.shape[-1]))
        target = product(blur, transform(self.spread(lr)), conjugate=True)  # (b, 3, s*h, s*w)
        alphas, betas = self.numbers(lr, noise)
        sr = F.interpolate(lr, scale_factor=float(self.scale), mode="nearest")  # (b, 3, s*h, s*w)
        for alpha, beta in zip(alphas, betas, strict=True):
            sr = self.denoise(explain(sr, target, blur, alpha, self.scale), beta)
        return sr

    def spread(self, lr: Tensor) -> Tensor:
        """Put the pixels of ``(b, 3, h, w)`` ``scale`` apart and zeros between, ``(b, 3, scale*h, scale*w)``."""
        planes = F.pad(lr[:, :, None], (0, 0, 0, 0, 0, self.scale**2 - 1))  # (b, 3, scale^2, h, w)
        return F.pixel_shuffle(planes.flatten(1, 2), self.scale)

    def numbers(self, lr: Tensor, noise: Tensor | float) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Return each iteration's trust in its image and noise level, ``(b, 1, 1, 1)`` each (section 4.2)."""
        sigma = torch.as_tensor(noise, dtype=lr.dtype, device=lr.device).expand(lr.shape[0])
        known = torch.stack([sigma, torch.full_like(sigma, self.scale)], dim=1)[..., None, None]  # (b, 2, 1, 1)
        chosen: Tensor = self.choose(known) + 1e-6  # (b, 2*n_iterations, 1, 1)
        alphas, betas = chosen.chunk(2, dim=1)
        return alphas.chunk(alphas.shape[1], dim=1), betas.chunk(betas.shape[1], dim=1)

    def check(self, kernel: Tensor | None, lr: Tensor) -> Tensor:
        """Return the kernel as ``(b, 1 or 3, k, k)``.

        Raises:
            BadInput: as :meth:`forward`.
        """
        b, _, h, w = lr.shape
        if kernel is not None and kernel.ndim == 2:
            kernel = kernel.expand(b, 1, *kernel.shape)  # (b, 1, k, k)
        if kernel is None or kernel.ndim != 4 or kernel.shape[0] != b or kernel.shape[1] not in (1, 3):
            found = "nothing" if kernel is None else tuple(kernel.shape)
            raise BadInput(
                f"USRNet needs the blur: net(lr, kernel=k), of shape (k, k), ({b}, 1, k, k) or ({b}, 3, k, k). "
                f"Given: {found}. srkit.degrade makes kernels; a kernel of 1 in the middle and 0 around it is no blur."
            )
        if kernel.shape[-2] > self.scale * h or kernel.shape[-1] > self.scale * w:
            raise BadInput(f"The kernel, {tuple(kernel.shape[-2:])}, is larger than the image it should have blurred.")
        return kernel.to(lr)

    def example_input(self, lr: Tensor) -> Tensor:
        """Return a lopsided 5x5 kernel for a batch like ``lr``, ``(b, 1, 5, 5)``."""
        ramp = torch.tensor([1.0, 4.0, 6.0, 3.0, 2.0], dtype=lr.dtype, device=lr.device) / 16
        return ramp.outer(ramp.roll(1)).expand(lr.shape[0], 1, 5, 5)  # (b, 1, 5, 5)


CARD = Card(
    title="USRNet",
    year=2020,
    citation="K. Zhang, L. Van Gool, R. Timofte, Deep Unfolding Network for Image Super-Resolution, CVPR 2020, "
    "3217-3226",
    url="https://arxiv.org/abs/2003.10428",
    framework="pre-upsampling",
    idea="Alternate between a closed-form image that explains the LR image and a network that makes it look natural.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 17_016_016, 3: 17_016_016, 4: 17_016_016},
    parameters_source="network_usrnet_v1.py of cszn/KAIR; the same weights serve every scale",
    tiny={"channels": (8, 16, 16, 16), "n_iterations": 2, "n_blocks": 1, "hidden": 8},
    checkpoints="state dicts of cszn/KAIR (MIT) and cszn/USRNet load as they are: srkit.models.load(path, scale=4)",
    extra_input="kernel",
    trained_on="kernels_and_noise",
)

SMALL = replace(
    CARD,
    title="USRNet (tiny)",
    idea="USRNet with six iterations and narrow layers, as FKP uses it.",
    parameters={2: 590_332, 3: 590_332, 4: 590_332},
    parameters_source="usrnet_tiny.pth of JingyunLiang/FKP, as the file holds",
    measured=(
        Score(
            dataset="FKP's example 102061",
            scale=4,
            psnr=26.11,
            ssim=0.7994,
            source="usrnet_tiny.pth with the true kernel, x86-64 CPU, float32 (20.30 dB with the kernel mirrored); "
            "python -m pytest -m slow tests/models/test_usrnet.py",
        ),
    ),
    checkpoints="usrnet_tiny.pth in JingyunLiang/FKP (Apache-2.0) loads as it is: srkit.models.load(path, scale=4)",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    widths = [weights["denoise.head.weight"].shape[0]]
    widths += [weights[f"denoise.up.{i}.0.weight"].shape[0] for i in (2, 1, 0)]
    return {
        "channels": tuple(widths),
        "n_iterations": weights["choose.4.weight"].shape[0] // 2,
        "n_blocks": sum(key.startswith("denoise.body.") and "conv1" in key for key in weights),
        "hidden": weights["choose.0.weight"].shape[0],
    }


_CONVS = (("0", "conv1"), ("2", "conv2"))
_PARTS = tuple((f"down{i + 1}", f"down.{i}") for i in range(3)) + tuple((f"up{3 - i}", f"up.{i}") for i in range(3))

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"p\.m_(head|tail)\.(.+)", r"denoise.\1.\2"),
        *((rf"p\.m_body\.(\d+)\.res\.{theirs}\.(.+)", rf"denoise.body.\1.{ours}.\2") for theirs, ours in _CONVS),
        *(
            (rf"p\.m_{part}\.(\d+)\.res\.{theirs}\.(.+)", rf"denoise.{place}.\1.{ours}.\2")
            for part, place in _PARTS
            for theirs, ours in _CONVS
        ),
        *((rf"p\.m_{part}\.(\d+)\.weight", rf"denoise.{place}.\1.weight") for part, place in _PARTS),
        (r"h\.mlp\.(.+)", r"choose.\1"),
    ),
)

register_model("usrnet", CARD, layout=LAYOUT)(USRNet)
register_model("usrnet_tiny", SMALL, layout=LAYOUT, channels=(16, 32, 64, 64), n_iterations=6, hidden=32)(USRNet)
