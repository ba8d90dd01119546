"""A degradation for ordinary photographs: none, mild or strong.

A mixture of three models, drawn anew for each image, to train one network that leaves clean pictures alone and cleans
poor ones: the bicubic reduction; a mild chain (blur, a resize, noise, JPEG, each of them sometimes left out), as
phones, scanners and web sites leave pictures; and BSRGAN's strong one. The shares and ranges are this project's own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade._registry import register_degradation
from srkit.degrade.blur import apply_kernel
from srkit.degrade.bsrgan import MODES, bsrgan, random_noise
from srkit.degrade.down import cut_to, to_size
from srkit.degrade.jpeg import jpeg
from srkit.degrade.kernels import gaussian_widths
from srkit.errors import BadInput
from srkit.ops.resize import imresize

__all__ = ["photo"]


@register_degradation("photo", reduces="scale", one_by_one=True)
def photo(image: Tensor, scale: int = 4, clean: float = 0.15, rich: float = 0.3, *, rng: torch.Generator) -> Tensor:
    """Degrade ``(1, 3, h, w)`` like an ordinary photograph: not at all, mildly or strongly.

    Args:
        image: in [0, 1].
        scale: whole factor of the reduction.
        clean: probability of MATLAB's bicubic reduction and nothing else.
        rich: probability of :func:`~srkit.degrade.bsrgan`; what is left is the mild chain.
        rng: every draw comes from it.

    Returns:
        ``(1, 3, h/scale, w/scale)`` in [0, 1]; sides that are no multiple are cut first.

    Raises:
        BadInput: a scale that is no whole number, an image smaller than it, or probabilities that are none.
    """
    x, scale, target = cut_to(image, scale, "photo")
    if min(clean, rich) < 0 or clean + rich > 1:
        raise BadInput(f"clean and rich are probabilities, together at most 1; {clean!r} and {rich!r} were given.")
    kind = draw.uniform(rng, 0, 1)
    if kind < clean:
        return imresize(x, 1 / scale).clamp(0, 1)
    return bsrgan(x, scale, rng=rng) if kind < clean + rich else _mild(x, scale, target, rng)


def _mild(x: Tensor, scale: int, target: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Blur of width 0.2 to 0.4 s, a resize, noise of level 1 to 12, JPEG of quality 35 to 95."""
    if draw.chance(rng, 0.6):
        x = apply_kernel(x, gaussian_widths(15, draw.uniform(rng, 0.2, 0.4 * scale)), border="reflect")
    x = imresize(x, 1 / scale) if draw.chance(rng, 0.6) else to_size(x, target, draw.choose(rng, MODES))
    if draw.chance(rng, 0.6):
        x = random_noise(x.clamp(0, 1), 1, 12, rng)
    return jpeg(x.clamp(0, 1), draw.whole(rng, 35, 95)) if draw.chance(rng, 0.85) else x.clamp(0, 1)
