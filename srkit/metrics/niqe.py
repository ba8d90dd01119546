"""NIQE: how natural an image looks, without a reference image.

A. Mittal, R. Soundararajan, A. Bovik, "Making a 'Completely Blind' Image Quality Analyzer", IEEE Signal Processing
Letters 20(3), 2013. Locally normalised luma of natural photographs follows certain distributions; NIQE is the distance
between the parameters of an image's blocks and those of photographs. Lower is more natural. It does not follow
perceived quality closely (the authors of BSRGAN warn of it), so look at the pictures too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.metrics._registry import register_metric
from srkit.metrics.protocol import Protocol, planes
from srkit.ops.check import check_image
from srkit.ops.filters import correlate_separable
from srkit.ops.pixels import crop_border, pad
from srkit.ops.resize import imresize
from srkit.ops.windows import gaussian_window

__all__ = ["Naturalness", "niqe"]

_BLOCK = 96
_FILE = "niqe_pris_params.npz"
_GRID = torch.arange(0.2, 10.0005, 0.001, dtype=torch.float64)
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True)
class Naturalness:
    """NIQE's statistics of natural photographs.

    Attributes:
        mean: of the 36 features, ``(36,)``.
        covariance: ``(36, 36)``.
    """

    mean: Tensor
    covariance: Tensor

    @classmethod
    def load(cls, path: str | Path) -> Naturalness:
        """Read the statistics from an ``.npz`` file: arrays ``mu_pris_param`` and ``cov_pris_param``, as BasicSR's.

        Raises:
            BadFile: no such file, or other arrays in it.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                mean, covariance = (torch.from_numpy(np.array(file[f"{k}_pris_param"], float)) for k in ("mu", "cov"))
        except Exception as error:  # whatever a foreign file makes NumPy trip over
            raise BadFile(f"{path} does not hold NIQE's mu_pris_param and cov_pris_param ({error}).") from error
        return cls(mean.reshape(-1), covariance)

    @classmethod
    def of(cls, images: Iterable[Tensor], *, sharpest: float = 0.75) -> Naturalness:
        """Compute the statistics from good photographs ``(3, h, w)``: from blocks nearly as sharp as their sharpest.

        Args:
            images: at least 37 blocks of 96 x 96 pixels altogether.
            sharpest: blocks below this share of an image's largest sharpness are left out.

        Raises:
            BadInput: too few sharp blocks.
        """
        kept = []
        for image in images:
            features, sharpness = _blocks(_luma(image))
            kept.append(features[sharpness > sharpest * sharpness.max()])
        found = torch.cat(kept) if kept else torch.zeros(0, 36)
        if len(found) <= found.shape[1]:
            raise BadInput(f"NIQE's statistics need more than 36 sharp blocks, and {len(found)} were found.")
        return cls(found.mean(0), torch.cov(found.T))

    def save(self, path: str | Path) -> None:
        """Write the statistics as :meth:`load` reads them."""
        np.savez(Path(path), mu_pris_param=self.mean.numpy()[None], cov_pris_param=self.covariance.numpy())


def niqe(image: Tensor, natural: Naturalness, *, border: int = 0) -> float:
    """Return the distance of an image from what is natural; lower is better.

    Args:
        image: ``(3, h, w)`` in [0, 1], with at least two blocks of 96 x 96 pixels inside the border.
        natural: the statistics of photographs.
        border: pixels left out on each side.

    Raises:
        BadInput: not an image, or fewer than two blocks.
    """
    features, _ = _blocks(_luma(crop_border(image, border)))
    usable = features[~features.isnan().any(1)]
    if len(usable) < 2:
        raise BadInput(f"NIQE compares blocks of {_BLOCK} x {_BLOCK}; {tuple(image.shape)} holds fewer than two.")
    gap = natural.mean - torch.nanmean(features, dim=0)
    spread = torch.linalg.pinv((natural.covariance + torch.cov(usable.T)) / 2)
    return float((gap @ spread @ gap).clamp_min(0).sqrt())


def _statistics() -> Naturalness:
    """Read the statistics the registered metric uses."""
    path = os.environ.get("SRKIT_NIQE", "").strip() or Path(torch.hub.get_dir()) / "checkpoints" / _FILE
    if not Path(path).expanduser().is_file():
        raise BadFile(
            f"NIQE's statistics are not at {path}. Put {_FILE} (of BasicSR) there, or name the file in $SRKIT_NIQE; "
            "srkit.metrics.Naturalness.of(photographs).save(path) makes such a file from photographs of yours."
        )
    return _read(Path(path).expanduser())


_read = lru_cache(maxsize=2)(Naturalness.load)


@register_metric(
    "niqe", title="NIQE", digits=2, higher_is_better=False, needs_reference=False,
    conditions="Y of 8-bit RGB, the whole image, no reference", ready=_statistics,
)  # fmt: skip
def _niqe(sr: Tensor) -> float:
    return niqe(sr, _statistics())


def _luma(image: Tensor) -> Tensor:
    check_image(image)
    return planes(image[None], Protocol())[0, 0]  # (h, w), 16 to 235


def _blocks(luma: Tensor) -> tuple[Tensor, Tensor]:
    """Return the features ``(n, 36)`` of the blocks at two scales, and how sharp each is ``(n,)``."""
    rows, columns = luma.shape[0] // _BLOCK, luma.shape[1] // _BLOCK
    x = luma[: rows * _BLOCK, : columns * _BLOCK]
    if not x.numel():
        raise BadInput(f"NIQE looks at blocks of {_BLOCK} x {_BLOCK} pixels; {tuple(luma.shape)} is smaller.")
    found, sharpness = [], torch.zeros(0)
    for scale in (1, 2):
        normalised, deviation = _normalised(x)
        side = _BLOCK // scale
        blocks = normalised.unfold(0, side, side).unfold(1, side, side).flatten(0, 1)  # (n, side, side)
        found.append(torch.stack([_features(block) for block in blocks]))
        if scale == 1:
            sharpness = deviation.unfold(0, side, side).unfold(1, side, side).flatten(0, 1).mean((1, 2))
            x = imresize(x / 255, 0.5) * 255
    return torch.cat(found, dim=1), sharpness


def _normalised(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``(x - mean) / (deviation + 1)`` and the deviation, under a Gaussian of 7 x 7 pixels, width 7/6."""
    window = gaussian_window(7, 7 / 6)
    mean, square = (correlate_separable(pad(p, (3, 3, 3, 3), border="replicate"), window) for p in (x, x * x))
    deviation = (square - mean * mean).abs().sqrt()
    gap = x - mean
    gap[gap.abs() < 1e-9] = 0  # flat places: the sign of a rounding error is no feature
    return gap / (deviation + 1), deviation


def _features(block: Tensor) -> Tensor:
    shape, left, right = _asymmetric(block)
    found = [shape, (left + right) / 2]
    for shift in _SHIFTS:
        shape, left, right = _asymmetric(block * block.roll(shift, (0, 1)))
        mean = (right - left) * math.exp(math.lgamma(2 / shape) - math.lgamma(1 / shape))
        found += [shape, mean, left, right]
    return torch.tensor(found, dtype=torch.float64)


def _asymmetric(values: Tensor) -> tuple[float, float, float]:
    """Fit a generalised Gaussian with two widths by its moments; returns shape, left and right width."""
    flat: NDArray[np.float64] = values.flatten().numpy()
    left, right = (
        float(np.sqrt(np.mean(part**2))) if part.size else math.nan for part in (flat[flat < 0], flat[flat > 0])
    )
    ratio = left / right if right else math.nan
    moment = float(np.mean(np.abs(flat)) ** 2 / max(float(np.mean(flat**2)), 1e-300))
    wanted = moment * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    if math.isnan(wanted):
        return math.nan, math.nan, math.nan
    shape = float(_GRID[(_moments() - wanted).abs().argmin()])
    scale = math.exp((math.lgamma(1 / shape) - math.lgamma(3 / shape)) / 2)
    return shape, left * scale, right * scale


def _moments() -> Tensor:
    inverse = 1 / _GRID
    return torch.exp(2 * torch.lgamma(2 * inverse) - torch.lgamma(inverse) - torch.lgamma(3 * inverse))
