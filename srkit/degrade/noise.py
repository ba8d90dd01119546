"""Noise: the ``n`` of ``(I_HR * k) down_s + n``. Levels are given on the scale 0…255."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade._registry import register_degradation
from srkit.errors import BadInput
from srkit.ops.color import luma
from srkit.ops.mosaic import demosaic_bilinear, mosaic
from srkit.ops.pixels import levels

__all__ = ["NoiseKind", "camera_noise", "noise", "poisson", "random_covariance", "speckle"]

NoiseKind = Literal["colour", "grey", "correlated"]


@register_degradation("noise", one_by_one=True)
def noise(image: Tensor, sigma: float, kind: NoiseKind = "colour", *, rng: torch.Generator) -> Tensor:
    """Add white Gaussian noise; the result is not clipped.

    Args:
        image: ``(b, 3, h, w)``.
        sigma: standard deviation on the scale 0…255.
        kind: ``"colour"`` draws each channel by itself, ``"grey"`` adds one field to all of them, ``"correlated"``
            draws the three values of a pixel together, with a covariance drawn at random (BSRGAN).
        rng: where the numbers come from.

    Raises:
        BadInput: a negative sigma or an unknown kind.
    """
    return image + _field(image, sigma, kind, rng)


@register_degradation("speckle", one_by_one=True)
def speckle(image: Tensor, sigma: float, kind: NoiseKind = "colour", *, rng: torch.Generator) -> Tensor:
    """Add Gaussian noise that is multiplied by the image (speckle); options as for :func:`noise`."""
    return image + image * _field(image, sigma, kind, rng)


@register_degradation("poisson")
def poisson(image: Tensor, photons: float = 1000.0, grey: bool = False, *, rng: torch.Generator) -> Tensor:
    """Replace each value by the count of photons that arrive where ``photons`` of them would be white.

    The variance is ``value / photons``: bright places are noisier, and relative noise is largest in the dark.

    Args:
        image: ``(b, 3, h, w)``; rounded to 8 bits first.
        photons: expected count for white.
        grey: draw the noise of the luma once and add it to all channels.
        rng: where the numbers come from.

    Raises:
        BadInput: a count that is not positive.
    """
    if not photons > 0:
        raise BadInput(f"poisson counts a positive number of photons for white; {photons!r} was given.")
    x = levels(image) / 255
    if grey:
        grey_part = luma(x)  # (b, 1, h, w)
        return image + _count(grey_part, photons, rng) - grey_part
    return image + _count(x, photons, rng) - x


@register_degradation("camera", one_by_one=True)
def camera_noise(image: Tensor, shot: float = 0.01, read: float = 0.0005, *, rng: torch.Generator) -> Tensor:
    """Add the noise of a sensor: undo the camera's processing, add shot and read noise to the mosaic, process again.

    The chain is a simple one after Brooks et al., "Unprocessing Images for Learned Raw Denoising", CVPR 2019: tone
    curve and gamma are inverted, the white balance is taken off, a Bayer mosaic is picked, noise with the variance
    ``shot * value + read`` is added, and everything is done again in the other direction (bilinear demosaicing). The
    result is clipped to [0, 1]. White-balance gains are drawn anew for each image.

    Args:
        image: ``(b, 3, h, w)``, at least 2 x 2 pixels.
        shot: variance per unit of light.
        read: variance in the dark.
        rng: where the numbers come from.

    Raises:
        BadInput: negative variances or a single row or column.
    """
    if not (shot >= 0 and read >= 0):
        raise BadInput(f"Variances are 0 or more; shot={shot!r} and read={read!r} were given.")
    if min(image.shape[-2:]) < 2:
        raise BadInput("A Bayer mosaic needs at least 2 x 2 pixels.")
    gains = image.new_tensor([draw.uniform(rng, 1.9, 2.4), 1.0, draw.uniform(rng, 1.5, 1.9)]).reshape(3, 1, 1)
    raw = _to_linear(image.clamp(0, 1)) / gains  # (b, 3, h, w)
    noisy = raw + draw.normal(rng, raw.shape, raw) * (shot * raw + read).sqrt()
    return _to_display(demosaic_bilinear(mosaic(noisy), border="zeros") * gains)


def random_covariance(rng: torch.Generator) -> Tensor:
    """Return a random covariance ``(3, 3)`` as BSRGAN's program draws it for its third kind of noise.

    Its basis is that of a matrix of positive numbers, and the absolute values of the product are taken: so channels
    go together, and what comes out need not be positive definite.
    """
    numbers = [draw.uniform(rng, 0, 1) for _ in range(12)]
    eigenvalues, matrix = torch.tensor(numbers[:3]), torch.tensor(numbers[3:]).view(3, 3)
    basis = torch.linalg.svd(matrix.double())[0]
    covariance: Tensor = (basis.T @ torch.diag(eigenvalues.double()) @ basis).abs()
    return covariance


def _field(image: Tensor, sigma: float, kind: str, rng: torch.Generator) -> Tensor:
    if not sigma >= 0:
        raise BadInput(f"A noise level is 0 or more, on the scale 0…255; {sigma!r} was given.")
    if kind == "grey":
        shape = (*image.shape[:-3], 1, *image.shape[-2:])
        return draw.normal(rng, shape, image).mul_(sigma / 255).expand_as(image)
    white = draw.normal(rng, image.shape, image).mul_(sigma / 255)
    if kind == "colour":
        return white
    if kind != "correlated":
        raise BadInput(f"Noise is 'colour', 'grey' or 'correlated', not {kind!r}.")
    values, vectors = torch.linalg.eigh(random_covariance(rng))
    root = (vectors * values.abs().sqrt()).to(white)  # (3, 3)
    mixed: Tensor = torch.einsum("ij,...jhw->...ihw", root, white)
    return mixed


def _count(x: Tensor, photons: float, rng: torch.Generator) -> Tensor:
    rates = (x * photons).to(rng.device, torch.float32)
    return torch.poisson(rates, generator=rng).to(x) / photons


def _to_linear(x: Tensor) -> Tensor:
    """Undo the smooth tone curve 3x² - 2x³ (the inverse has a closed form) and the gamma of displays."""
    curve = 0.5 - torch.sin(torch.asin((1 - 2 * x).clamp(-1, 1)) / 3)
    return curve.clamp_min(1e-8) ** 2.2


def _to_display(x: Tensor) -> Tensor:
    curve = x.clamp(1e-8, 1) ** (1 / 2.2)
    return 3 * curve**2 - 2 * curve**3
