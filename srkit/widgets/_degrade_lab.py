"""``degrade_lab`` and ``kernel_lab``: degrading an image, and what a wrong assumption about that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from srkit.degrade import align, apply_kernel, gaussian_widths, parse
from srkit.degrade.chain import Chain, Step
from srkit.errors import BadInput, SrkitError
from srkit.methods.backprojection import back_project
from srkit.methods.reduction import Reduction
from srkit.metrics import Protocol, psnr
from srkit.ops.pixels import crop_to
from srkit.ops.resize import imresize
from srkit.widgets._draw import map_scale, picture_of_map
from srkit.widgets._sliders import Axis, Page, Picture, axis_of, make_gallery, picture_of
from srkit.widgets._walk import as_batch

__all__ = ["blur_of_chain", "degrade_lab", "kernel_lab", "knobs_of", "with_values"]

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
FINE = tuple(step / 10 for step in range(31))
WIDTHS = (0.6, 1.0, 1.4, 1.8, 2.2, 2.6)


@dataclass(frozen=True)
class Knob:
    """One number of a chain that a slider turns."""

    step: int  # which step of the chain
    option: str  # which of its options
    values: tuple[float, ...]  # what it may be, ascending; the chain's own value among them
    start: int  # position of the chain's own value


def knobs_of(chain: Chain, *, fine: bool = False) -> list[Knob]:
    """Return the numbers of a chain that can be turned: all that are fixed numbers and do not change the size.

    Each may take some multiples of its own value; those that the step refuses are left out.
    """
    knobs = []
    for number, step in enumerate(chain.steps):
        for option, value in step.options.items():
            fixed = isinstance(value, (int, float)) and not isinstance(value, bool)
            if fixed and value and option != step.entry.reduces:
                wanted = {_like(share * value, value) for share in (FINE if fine else SHARES)} | {value}
                values = tuple(sorted(one for one in wanted if _accepts(step, option, one)))
                knobs.append(Knob(number, option, values, values.index(value)))
    return knobs


def with_values(chain: Chain, knobs: Sequence[Knob], position: Sequence[int]) -> Chain:
    """Return the chain with its knobs turned to these positions."""
    steps = list(chain.steps)
    for knob, place in zip(knobs, position, strict=True):
        old = steps[knob.step]
        steps[knob.step] = Step(old.entry, {**old.options, knob.option: knob.values[place]})
    return Chain(steps)


def blur_of_chain(chain: Chain, *, side: int = 41) -> Tensor | None:
    """Return what the blurs of a chain make of a single bright pixel, ``(side, side)``; None where nothing blurs."""
    blurs = [step for step in chain.steps if "blur" in step.entry.title.lower() and not step.draws]
    if not blurs:
        return None
    image = torch.zeros(1, 3, side, side, dtype=torch.float64)
    image[..., side // 2, side // 2] = 1
    for step in blurs:
        image = step(image, None)
    return image[0, 0]


def degrade_lab(
    hr: Tensor, formula: str = "blur(1.6) > down(4) > noise(10)", *, seed: int = 0, zoom: int = 1, live: bool = False
) -> Any:
    """Turn the numbers of a degradation: the LR image, its enlargement and the blur kernel change together.

    Without a kernel each slider has eight steps and all others stand at their start; live, all combinations can be had
    and the steps are finer. The line of code below the pictures does the same.

    Args:
        hr: ``(3, h, w)`` in [0, 1]; a piece of at most 256 x 256 pixels keeps the page small.
        formula: a chain as :func:`srkit.degrade.parse` reads it, with fixed numbers.
        seed: of the noise, so that only the slider changes the picture.
        zoom: screen pixels per HR pixel.
        live: make pictures when the sliders ask for them (needs a running kernel and anywidget).

    Raises:
        BadInput: a formula that cannot be read, or in which no number can be turned.
    """
    image = as_batch(hr)[0]
    chain = parse(formula)
    knobs = knobs_of(chain, fine=live)
    if not knobs:
        raise BadInput(f"{formula!r} has no number that can be turned; try 'blur(1.6) > down(4) > noise(10)'.")

    def make(position: tuple[int, ...]) -> Page:
        return _degraded(image, with_values(chain, knobs, position), seed, zoom)

    axes = [
        Axis(
            f"{chain.steps[knob.step].entry.title}: {knob.option}",
            tuple(f"{value:g}" for value in knob.values),
            knob.start,
        )
        for knob in knobs
    ]
    return make_gallery("How an image is spoilt", axes, make, live=live)


def _degraded(hr: Tensor, chain: Chain, seed: int, zoom: int) -> Page:
    lr = chain(hr, rng=torch.Generator().manual_seed(seed))
    scale = chain.scale
    size = (lr.shape[-2] * scale, lr.shape[-1] * scale)
    large = imresize(lr, scale, size=size)
    protocol = Protocol.papers(scale)
    pictures = [
        picture_of("HR", hr, "The good image", zoom=zoom),
        picture_of("LR", lr.clamp(0, 1), f"After {chain}", zoom=zoom * scale),
        picture_of("LR, bicubic", large.clamp(0, 1), "The small image enlarged by bicubic interpolation", zoom=zoom),
    ]
    blur = blur_of_chain(chain)
    if blur is not None:
        alt, text = "What the blur makes of one bright pixel", f"41 x 41 px; {map_scale(blur)}"
        pictures.append(Picture("blur kernel", picture_of_map(blur), alt, 4, text))
    number = float(psnr(large, crop_to(hr, *size), protocol=protocol))
    given = f", rng=torch.Generator().manual_seed({seed})" if chain.random else ""
    code = f"lr = srkit.degrade.parse({str(chain)!r})(hr{given})"
    return Page(tuple(pictures), f"bicubic enlargement: PSNR {number:.2f} dB ({protocol})", code)


def kernel_lab(
    hr: Tensor, *, scale: int = 2, widths: Sequence[float] = WIDTHS, steps: int = 10, zoom: int = 1, live: bool = False
) -> Any:
    """Blur with one Gaussian and restore with another: the effect of a wrong kernel, too wide or too narrow.

    The restoration is back-projection (Irani and Peleg, 1991), which needs the kernel and nothing else.

    Args:
        hr: ``(3, h, w)`` in [0, 1], best at most 192 x 192 pixels.
        scale: of the reduction.
        widths: standard deviations in HR pixels, for the true and for the believed kernel.
        steps: of back-projection.
        zoom: screen pixels per HR pixel.
        live: compute when the sliders ask for it (needs a running kernel and anywidget).

    Raises:
        BadInput: no widths.
    """
    image = as_batch(hr)[0]
    image = crop_to(image, *(side // scale * scale for side in image.shape[-2:]))
    middle = list(widths)[len(widths) // 2] if widths else None
    axes = [axis_of("true width", widths, start=middle), axis_of("believed width", widths, start=middle)]
    kernels = [align(gaussian_widths(21, width), scale) for width in widths]

    def make(position: tuple[int, ...]) -> Page:
        true, believed = (kernels[place] for place in position)
        lr = apply_kernel(image, true.to(image), border="symmetric")[..., ::scale, ::scale]
        return _restored(image, lr, true, believed, scale=scale, steps=steps, zoom=zoom)

    return make_gallery("The kernel that is believed and the kernel that was", axes, make, live=live)


def _restored(hr: Tensor, lr: Tensor, true: Tensor, believed: Tensor, *, scale: int, steps: int, zoom: int) -> Page:
    reduction = Reduction((float(scale), float(scale)), believed, "symmetric")
    plain = reduction.enlarge(lr).clamp(0, 1)
    sr = back_project(plain, lr, reduction, steps=steps)
    protocol = Protocol.papers(scale)
    numbers = [float(psnr(one, hr, protocol=protocol)) for one in (plain, sr)]
    sharper = float((sr - plain).square().mean().sqrt()) * 255
    pictures = (
        picture_of("LR", lr, "The small image", zoom=zoom * scale),
        picture_of("restored", sr, "Restored with the believed kernel", zoom=zoom),
        picture_of("HR", hr, "The truth", zoom=zoom),
        Picture("true kernel", picture_of_map(true), "The kernel that blurred", 4, map_scale(true)),
        Picture("believed kernel", picture_of_map(believed), "The kernel that was believed", 4, map_scale(believed)),
    )
    text = (
        f"restored: PSNR {numbers[1]:.2f} dB; bicubic alone: {numbers[0]:.2f} dB ({protocol}); restoration changed "
        f"{sharper:.1f} levels (root mean square)"
    )
    return Page(pictures, text)


def _like(value: float, example: float) -> float:
    return round(value) if isinstance(example, int) else round(value, 3)


def _accepts(step: Step, option: str, value: float) -> bool:
    trial = Step(step.entry, {**step.options, option: value})
    try:
        trial(torch.full((1, 3, 64, 64), 0.5), torch.Generator().manual_seed(0))
    except (SrkitError, ValueError, RuntimeError):
        return False
    return True
