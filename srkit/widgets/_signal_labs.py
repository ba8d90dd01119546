"""``upsample_lab`` and ``tv_lab``: interpolation, and smoothing by total variation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadInput
from srkit.losses import tv
from srkit.metrics import Protocol, psnr
from srkit.ops.resize import imresize
from srkit.ops.transposed import checkerboard, insert_zeros, overlaps, transposed_convolution
from srkit.widgets._draw import framed, map_scale, one_picture, picture_of_map, plotted
from srkit.widgets._sliders import Axis, Click, Page, Picture, SliderGallery, axis_of, make_gallery, picture_of
from srkit.widgets._walk import as_batch

__all__ = ["impulse_response", "total_variation", "tv_denoise", "tv_lab", "upsample_lab"]

What = Literal["zoom", "zeros", "shuffle"]
METHODS = ("nearest", "bilinear", "bicubic", "lanczos3")
FACTORS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
STRENGTHS = (0.0, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)


def impulse_response(method: str, *, scale: int = 16, pixels: int = 9) -> Tensor:
    """Return what an interpolation makes of one bright sample in a dark row, ``(scale * pixels,)``."""
    row = torch.zeros(1, 1, 1, pixels, dtype=torch.float64)
    row[..., pixels // 2] = 1
    return imresize(row, (1, scale), method=method)[0, 0, 0]


def upsample_lab(image: Tensor, what: What = "zoom", *, scale: int = 2, zoom: int = 2, live: bool = False) -> Any:
    """Look at one method of enlarging an image.

    ``"zoom"`` enlarges by any factor with a classical kernel and draws the kernel. ``"zeros"`` puts zeros between
    the pixels and convolves, as a transposed convolution does, and shows where a checkerboard comes from. ``"shuffle"``
    lays planes into one: click a pixel to see where it comes from.

    Args:
        image: ``(3, h, w)`` in [0, 1]; at most 96 x 96 pixels keep the page small.
        what: which of the three.
        scale: for ``"shuffle"``.
        zoom: screen pixels per pixel.
        live: compute when the sliders ask for it (needs a running kernel and anywidget).

    Raises:
        BadInput: another word.
    """
    made = {"zoom": _zoom_gallery, "zeros": _zeros_gallery, "shuffle": _shuffle_gallery}
    if what not in made:
        raise BadInput(f"upsample_lab shows 'zoom', 'zeros' or 'shuffle', not {what!r}.")
    return made[what](as_batch(image)[0], scale, zoom, live)


def _zoom_gallery(image: Tensor, scale: int, zoom: int, live: bool) -> Any:
    factors = tuple(1 + step / 20 for step in range(61)) if live else FACTORS

    def make(position: tuple[int, ...]) -> Page:
        method, factor = METHODS[position[0]], factors[position[1]]
        large = imresize(image, factor, method=method)
        kernel = impulse_response(method)
        pictures = (
            picture_of("image", image, "The image", zoom=zoom),
            picture_of("enlarged", large, f"Enlarged {factor:g} times by {method}", zoom=zoom),
            Picture("kernel", plotted(kernel, low=-0.3, high=1.1), f"Weight of a sample over 9 pixels for {method}", 1,
                  f"from {float(kernel.min()):+.3f} to {float(kernel.max()):+.3f} over 9 input pixels"),
        )  # fmt: skip
        low, high = (float(end) for end in torch.aminmax(large))
        text = f"{method}, x{factor:g}: values from {low:.3f} to {high:.3f}; those of the image from "
        text += f"{float(image.min()):.3f} to {float(image.max()):.3f}"
        return Page(pictures, text, f"large = srkit.ops.resize.imresize(image, {factor:g}, method={method!r})")

    axes = [axis_of("kernel", METHODS, start="bicubic"), axis_of("factor", factors, start=2.0)]
    return make_gallery("Enlarging by interpolation", axes, make, live=live)


def _zeros_gallery(image: Tensor, scale: int, zoom: int, live: bool) -> Any:
    sides, strides = (2, 3, 4, 5, 6), (2, 3, 4)

    def make(position: tuple[int, ...]) -> Page:
        side, stride = sides[position[0]], strides[position[1]]
        kernel = torch.ones(1, 1, side, side)
        flat = transposed_convolution(torch.ones(1, 1, 16, 16), kernel, stride=stride)[0, 0]
        taps = torch.tensor(overlaps(side, stride), dtype=torch.float32)
        gain = stride * stride / float(kernel.sum())
        large = transposed_convolution(image[:, None], kernel * gain, stride=stride)[:, 0]
        inner = flat[side:-side, side:-side] * gain
        pictures = (
            picture_of(
                "zeros between", insert_zeros(image, stride), f"The image with {stride - 1} zeros between", zoom=zoom
            ),
            picture_of("convolved", large.clamp(0, 1), f"After a {side} x {side} kernel of equal weights", zoom=zoom),
            Picture(
                "a flat image",
                picture_of_map(inner, top=2.0),
                "What becomes of a flat image",
                3,
                map_scale(inner, top=2.0),
            ),
        )
        board = float(checkerboard(inner[: len(inner) // stride * stride, : len(inner) // stride * stride], stride))
        even = "even" if len(set(taps.tolist())) == 1 else "uneven"
        text = (
            f"taps that reach an output, by phase: {', '.join(f'{tap:.0f}' for tap in taps)} ({even}); checkerboard on "
            f"a flat image of 1: {board:.3f}"
        )
        return Page(pictures, text, f"torch.nn.ConvTranspose2d(3, 3, {side}, stride={stride})")

    axes = [axis_of("kernel side", sides, start=3), axis_of("stride", strides)]
    return make_gallery("Zeros between pixels, and the checkerboard", axes, make, live=live)


def _shuffle_gallery(image: Tensor, scale: int, zoom: int, live: bool) -> Any:
    side = min(6, 15 // scale) * scale if not live else min(image.shape[-2:]) // scale * scale
    large = image[:, :side, :side]
    if side < scale or min(large.shape[-2:]) < side:
        raise BadInput(f"The image is smaller than {side} x {side} pixels, which the shuffle by {scale} needs.")
    channels = F.pixel_unshuffle(large, scale)  # (3*s*s, side/s, side/s)
    h = side // scale

    def make(position: tuple[int, ...]) -> Page:
        row, column = position
        phase, place = (row % scale) * scale + column % scale, (row // scale, column // scale)
        rows = [torch.cat([channels[y * scale + x :: scale**2] for x in range(scale)], -1) for y in range(scale)]
        sheet = torch.cat(rows, -2)  # (3, side, side): the planes beside each other
        from_place = (phase // scale * h + place[0], phase % scale * h + place[1])
        pictures = (
            Picture(
                "planes", _marked(sheet, from_place), f"The {scale * scale} planes beside each other, one pixel marked"
            ),
            Picture("shuffled", _marked(large, (row, column)), f"The large image, pixel ({row}, {column}) marked"),
        )
        text = (
            f"pixel ({row}, {column}) is pixel {place} of plane {phase}: row {row} = {scale} x {place[0]} + "
            f"{row % scale}, column {column} = {scale} x {place[1]} + {column % scale}"
        )
        return Page(pictures, text, f"torch.nn.PixelShuffle({scale})")

    axes = [Axis(name, tuple(map(str, range(side))), scale + 1) for name in ("row", "column")]
    click = Click(("shuffled",), (side, side), (0, 1))
    return make_gallery(f"{scale * scale} planes become one image", axes, make, click=click, live=live)


def _marked(image: Tensor, place: tuple[int, int]) -> NDArray[np.uint8]:
    """Return ``(3, side, side)`` about 240 pixels large with a frame inside the pixel at ``place``."""
    size = max(4, 240 // image.shape[-1])
    pixels = one_picture(image, "image").repeat(size, axis=0).repeat(size, axis=1)
    top, left = (size * at for at in place)
    for inset, colour in ((0, (0, 0, 0)), (1, (255, 64, 0)), (2, (255, 64, 0))):
        pixels = framed(pixels, (top + inset, left + inset, top + size - 1 - inset, left + size - 1 - inset), colour)
    return pixels


def total_variation(image: Tensor) -> float:
    """Return the sum over all pixels of the length of the gradient (forward differences), all colours together."""
    return float(_gradient(image.double()).square().sum(dim=(0, 1)).sqrt().sum())


def tv_denoise(image: Tensor, strength: float, *, steps: int = 100) -> Tensor:
    """Return the ``x`` that makes ``|x - image|^2 / 2 + strength * total_variation(x)`` small.

    A. Chambolle, "An Algorithm for Total Variation Minimization and Applications", Journal of Mathematical Imaging and
    Vision 20, 2004: projected steps on the dual field, here with all colours in one gradient length.

    Args:
        strength: 0 gives the image back.
    """
    if strength <= 0:
        return image
    noisy = image.double()
    dual = torch.zeros(2, *noisy.shape, dtype=noisy.dtype)  # (2, c, h, w)
    for _ in range(steps):
        slope = _gradient(_divergence(dual) - noisy / strength)
        length = slope.square().sum(dim=(0, 1), keepdim=True).sqrt()  # (1, 1, h, w)
        dual = (dual + slope / 8) / (1 + length / 8)
    return (noisy - strength * _divergence(dual)).to(image.dtype)


def tv_lab(
    image: Tensor, *, sigma: float = 20.0, strengths: Sequence[float] = STRENGTHS, seed: int = 0, zoom: int = 2
) -> SliderGallery:
    """Smooth a noisy image by total variation of adjustable strength: first noise disappears, then detail.

    Args:
        image: the clean image, ``(3, h, w)`` in [0, 1].
        sigma: standard deviation of the noise that is added, in 8-bit levels.
        strengths: weights of the total variation, the steps of the slider.
        seed: of the noise.
        zoom: screen pixels per pixel.

    Raises:
        BadInput: no strengths.
    """
    clean = as_batch(image)[0].cpu()
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)) * sigma / 255
    noisy = clean + noise
    protocol = Protocol(channel="rgb", border=0)

    def make(position: tuple[int, ...]) -> Page:
        smooth = tv_denoise(noisy, strengths[position[0]])
        taken = 0.5 + 2 * (noisy - smooth)
        pictures = (
            picture_of("noisy", noisy.clamp(0, 1), f"The image with noise of {sigma:g} levels", zoom=zoom),
            picture_of("smoothed", smooth.clamp(0, 1), "Smoothed by total variation", zoom=zoom),
            picture_of(
                "what was taken away",
                taken.clamp(0, 1),
                "Difference, grey is none",
                zoom=zoom,
                text="scale from -64 (dark) over 0 (grey) to +64 levels (bright)",
            ),
            picture_of("clean", clean, "The image without noise", zoom=zoom),
        )
        text = (
            f"PSNR {float(psnr(smooth, clean, protocol=protocol)):.2f} dB ({protocol}); total variation "
            f"{total_variation(smooth):.0f}, of the clean image {total_variation(clean):.0f}; as a loss, "
            f"srkit.losses.tv is {float(tv(smooth[None])):.4f}"
        )
        return Page(pictures, text)

    made: SliderGallery = make_gallery("Total variation", [axis_of("strength", strengths)], make)
    return made


def _gradient(image: Tensor) -> Tensor:
    """Return differences of ``(c, h, w)`` downwards and to the right, ``(2, c, h, w)``, zero at the far edges."""
    down = F.pad(image[:, 1:] - image[:, :-1], (0, 0, 0, 1))
    right = F.pad(image[:, :, 1:] - image[:, :, :-1], (0, 1))
    return torch.stack([down, right])


def _divergence(field: Tensor) -> Tensor:
    """Return the negative adjoint of :func:`_gradient`, ``(c, h, w)`` of ``(2, c, h, w)``."""
    down, right = field
    inner = F.pad(down[:, :-1], (0, 0, 0, 1)) - F.pad(down[:, :-1], (0, 0, 1, 0))
    return inner + F.pad(right[:, :, :-1], (0, 1)) - F.pad(right[:, :, :-1], (1, 0))
