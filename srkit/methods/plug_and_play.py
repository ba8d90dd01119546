"""Plug and play: a denoiser as the prior of an optimiser with a known reduction.

K. Zhang, W. Zuo, S. Gu, L. Zhang, "Learning Deep CNN Denoiser Prior for Image Restoration", CVPR 2017, sections 3.1 and
4.3, https://arxiv.org/abs/1704.03264. Half-quadratic splitting takes turns: a step towards agreement with the LR image,
then a denoising, strong at first and ever weaker. The settings are those of the authors' ``Demo_SISR_RGB.m``: 30
rounds, five back-projections with factor 1.75 in each, and noise levels that fall from 12 to 1 times the scale.

The paper's denoisers are IRCNN's, one for each noise level (:func:`by_level`). Any other will do; without one, wavelet
shrinkage is used, which needs no training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.methods._method import IMAGE, LOADED, Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import register_method
from srkit.methods.pieces import CORRECTED
from srkit.methods.reduction import Reduction
from srkit.ops.pixels import crop_to, pad_to_multiple
from srkit.ops.wavelets import analyse, synthesise

__all__ = ["Denoise", "PlugAndPlay", "by_level", "falling_noise", "shrink"]

Denoise = Callable[[Tensor, float], Tensor]
"""Takes images ``(b, 3, h, w)`` and the standard deviation of their noise, white being 1; returns the same shape."""

CARD = MethodCard(
    title="Plug and play (IRCNN)",
    year=2017,
    citation="K. Zhang, W. Zuo, S. Gu, L. Zhang, Learning Deep CNN Denoiser Prior for Image Restoration, CVPR 2017, "
    "2808-2817",
    url="https://arxiv.org/abs/1704.03264",
    idea="Agree with the LR image, denoise, and again, with ever less noise: the denoiser is all the prior there is.",
    tiny={"rounds": 50},
)


def falling_noise(scale: int, rounds: int) -> list[float]:
    """Return the noise levels of the rounds, white being 1: scale/255 times 12 down to 1, in equal ratios."""
    levels: list[float] = torch.logspace(0, 1, rounds, base=1 / 12, dtype=torch.float64).mul(12 * scale / 255).tolist()
    return levels


def by_level(networks: Mapping[int, nn.Module]) -> Denoise:
    """Make one denoiser of several networks, each trained for one noise level.

    Args:
        networks: noise level in 8-bit steps -> a network with a method ``denoise``, such as IRCNN's 25. The one for the
            next higher level is used, and the strongest where there is none. A network of one colour gets each colour
            on its own.
    """
    if not networks:
        raise BadInput("A denoiser by noise level needs at least one network: by_level({2: net, 4: net, …}).")

    def denoise(noisy: Tensor, sigma: float) -> Tensor:
        wanted = 255 * sigma * (1 - 1e-9)
        net = networks[min((level for level in networks if level >= wanted), default=max(networks))]
        if getattr(net, "colours", 3) != 1:
            clean: Tensor = net.denoise(noisy)  # type: ignore[operator]
            return clean
        single: Tensor = net.denoise(noisy.flatten(0, 1)[:, None])  # type: ignore[operator]  # (3*b, 1, h, w)
        return single.view_as(noisy)

    return denoise


def shrink(noisy: Tensor, sigma: float, *, levels: int = 3, threshold: float = 0.25, wavelet: str = "db2") -> Tensor:
    """Denoise ``(b, c, h, w)`` by drawing its wavelet details towards zero, averaged over four shifts of the grid.

    D. L. Donoho, "De-noising by Soft-Thresholding", IEEE Trans. Information Theory 41(3), 1995; R. R. Coifman, D. L.
    Donoho, "Translation-Invariant De-Noising", 1995.

    Args:
        noisy: images.
        sigma: standard deviation of the noise.
        levels: how often the averages are split again.
        threshold: by how many sigmas the details are shortened.
        wavelet: a name from :data:`srkit.ops.wavelets.WAVELETS`.
    """
    h, w = noisy.shape[-2:]
    even = pad_to_multiple(noisy, 2 ** (levels + 2))
    total = torch.zeros_like(even)
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        moved = even.roll(shift, (-2, -1))
        total += _shrink_once(moved, sigma * threshold, levels, wavelet).roll((-shift[0], -shift[1]), (-2, -1))
    return crop_to(total / 4, h, w)


def _shrink_once(image: Tensor, threshold: float, levels: int, wavelet: str) -> Tensor:
    if levels == 0:
        return image
    bands = analyse(image, wavelet=wavelet)
    channels = image.shape[-3]
    average, details = bands[..., :channels, :, :], bands[..., channels:, :, :]
    kept = details.sign() * (details.abs() - threshold).clamp_min(0)
    return synthesise(torch.cat([_shrink_once(average, threshold, levels - 1, wavelet), kept], dim=-3), wavelet=wavelet)


@register_method("plug_and_play", CARD)
class PlugAndPlay(Method):
    """Back-projection and denoising in turn.

    Args:
        denoise: takes ``(b, 3, h, w)`` and a standard deviation; wavelet shrinkage where it is left out.
        kernel: the blur ``(k, k)`` by which the LR image was made, as in back-projection; None for bicubic reduction.
        rounds: how often.
        projections: back-projections in each round.
        step: what they are multiplied with.
        aligned: as in back-projection.

    Raises:
        BadInput: no round, or no projection.
    """

    def __init__(
        self,
        *,
        denoise: Denoise | None = None,
        kernel: Tensor | None = None,
        rounds: int = 30,
        projections: int = 5,
        step: float = 1.75,
        aligned: bool = True,
    ) -> None:
        if rounds < 1 or projections < 1:
            raise BadInput(f"There is at least one round and one projection; given: {rounds} and {projections}.")
        self.denoise = shrink if denoise is None else denoise
        self.kernel, self.rounds, self.aligned = kernel, rounds, aligned
        self.projections, self.step = projections, step

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return the bytes of the whole image with its wavelets, or with what a kernel's convolution takes."""
        each = 15 * IMAGE if self.kernel is None else CORRECTED
        return LOADED + each * size[0] * size[1] * scale**2

    @torch.no_grad()
    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Enlarge ``(3, h, w)``, then take turns."""
        reduction = Reduction.by(scale, self.kernel, aligned=self.aligned)
        watch = Watch(progress, total=self.rounds)
        sr = reduction.enlarge(lr)  # (3, scale*h, scale*w)
        with watch.listening():
            for sigma in falling_noise(scale, self.rounds):
                if not watch.goes_on():
                    break
                sr = self.project(sr, lr, reduction)
                sr = self.denoise(sr[None], sigma)[0]
                watch.stepped(sigma=sigma)
        return watch.result(sr, f"done: {self.rounds} rounds", kernel=self.kernel)

    def project(self, sr: Tensor, lr: Tensor, reduction: Reduction) -> Tensor:
        """Move ``(3, H, W)`` towards agreement with ``(3, h, w)``: the data step of the splitting."""
        for _ in range(self.projections):
            error = lr - reduction.reduce(sr, (lr.shape[-2], lr.shape[-1]))
            sr = sr + self.step * reduction.enlarge(error, (sr.shape[-2], sr.shape[-1]))
        return sr
