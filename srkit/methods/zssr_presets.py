"""ZSSR's settings, and the configurations of the public programs under their own names.

``FAST`` and ``LESSON`` are ours: smaller crops, fewer steps and larger first weights, ``FAST`` also a milder warp, for
forty and for twenty seconds of one core on a picture of 128 x 128 pixels. ``PORT`` is what the public PyTorch port of
the lecture's exercise computes once it runs at all: another loss, twice the width, a learning rate that never falls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from srkit.errors import BadInput
from srkit.methods._choose import choose

__all__ = ["PRESETS", "Settings", "preset"]

Factors = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How ZSSR works; the defaults are the authors' (``configs.py`` of the official program).

    Attributes:
        factors: enlargements (vertical, horizontal), one after the other; the last one is the scale.
        back_projections: after each of them.
        max_steps: steps for each factor at most.
        min_steps: steps between two cuts of the learning rate at least.
        learning_rate: at the beginning.
        min_learning_rate: the end: below it training stops.
        slope_ratio: the learning rate is cut where ``-slope_ratio * slope`` of the line through the last reconstruction
            errors is smaller than the slope's standard deviation.
        slope_range: steps that the line covers.
        slope_dof: what is taken off the number of points for the deviation: 4 as NumPy did when the program was tuned,
            2 as it does since version 1.16 (cuts come later).
        policy_every: steps between two looks at the line.
        test_every: steps between two measurements of the reconstruction error.
        decays: whether a cut reaches the optimiser at all; in the port it does not.
        width: channels.
        depth: convolutions.
        init: ``"official"`` draws weights with variance 0.1 over the fan-in, ``"he"`` 2 over the fan-out.
        loss: ``"l1"`` or ``"mse"``.
        crop: side of the fathers; smaller images are seen whole.
        noise: standard deviation added to sons, values in [0, 1].
        ensemble: median over the flips and rotations at the end.
        keep_probability: a plain crop.
        exact_probability: a flip or a quarter turn; the rest is warped.
        min_scale: of the warp.
        scale_difference: between the axes of the warp, standard deviation.
        shear: of the warp, standard deviation.
        rotate: whether to turn and mirror; off for kernels without that symmetry.
        fresh_network: begin each factor with new weights.
    """

    factors: tuple[Factors, ...] = ((2.0, 2.0),)
    back_projections: tuple[int, ...] = (10,)
    max_steps: int = 3000
    min_steps: int = 256
    learning_rate: float = 1e-3
    min_learning_rate: float = 9e-6
    slope_ratio: float = 1.5
    slope_range: int = 256
    slope_dof: int = 4
    policy_every: int = 60
    test_every: int = 50
    decays: bool = True
    width: int = 64
    depth: int = 8
    init: str = "official"
    loss: str = "l1"
    crop: int = 128
    noise: float = 0.0
    ensemble: bool = True
    keep_probability: float = 0.05
    exact_probability: float = 0.45
    min_scale: float = 0.5
    scale_difference: float = 0.25
    shear: float = 0.1
    rotate: bool = True
    fresh_network: bool = False

    def __post_init__(self) -> None:
        if len(self.factors) != len(self.back_projections):
            raise BadInput(
                f"For each of {len(self.factors)} factors there is one number of back-projections; "
                f"{len(self.back_projections)} were given."
            )
        whole = (self.max_steps, self.test_every, self.policy_every, self.width, self.crop)
        if min(whole) < 1 or self.depth < 2 or self.noise < 0 or not 0 < self.min_scale <= 1:
            raise BadInput(
                "ZSSR needs positive steps, width and crop, depth from 2, noise from 0, min_scale in (0, 1]."
            )
        if self.loss not in ("l1", "mse") or self.init not in ("official", "he"):
            raise BadInput(f"loss is 'l1' or 'mse', init 'official' or 'he'; {self.loss!r}, {self.init!r} were given.")

    def for_scale(self, scale: int) -> Settings:
        """Return the same settings for another scale than the 2 that the presets are written for."""
        if all(factor == scale for factor in self.factors[-1]):
            return self
        if len(self.factors) > 1:
            raise BadInput(
                f"This preset goes gradually to x{self.factors[-1][0]:g}; for x{scale} use a preset of one jump, or "
                "hand in factors=… and back_projections=…."
            )
        return replace(self, factors=((float(scale), float(scale)),))


_ONE_JUMP = Settings()
_GIVEN_KERNEL = Settings(ensemble=False, rotate=False, back_projections=(2,))

PRESETS: Mapping[str, Settings] = {
    "X2_ONE_JUMP_IDEAL_CONF": _ONE_JUMP,
    "X2_IDEAL_WITH_PLOT_CONF": replace(_ONE_JUMP, test_every=20),
    "X2_GRADUAL_IDEAL_CONF": Settings(
        factors=((1.0, 1.5), (1.5, 1.0), (1.5, 1.5), (1.5, 2.0), (2.0, 1.5), (2.0, 2.0)),
        back_projections=(6, 6, 8, 10, 10, 12),
    ),
    "X2_GIVEN_KERNEL_CONF": _GIVEN_KERNEL,
    "X2_REAL_CONF": replace(
        _GIVEN_KERNEL, back_projections=(0,), noise=0.0125, scale_difference=0.0, shear=0.0, min_scale=0.75
    ),
    "PORT": Settings(width=128, loss="mse", init="he", decays=False, slope_dof=2),
    "FAST": Settings(
        max_steps=1200,
        min_steps=240,
        slope_range=240,
        policy_every=20,
        test_every=20,
        crop=56,
        min_scale=0.85,
        init="he",
    ),
    "LESSON": Settings(
        max_steps=400,
        min_steps=60,
        slope_range=100,
        policy_every=20,
        test_every=20,
        crop=64,
        back_projections=(6,),
        init="he",
    ),
}


def preset(name: str, **changes: Any) -> Settings:
    """Return a preset by name, with some settings changed.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist, or values that do not go together.
    """
    key = name.strip().upper().replace("-", "_")
    key = f"{key}_CONF" if f"{key}_CONF" in PRESETS else key
    return choose(PRESETS, key if key in PRESETS else name, changes, method="ZSSR")
