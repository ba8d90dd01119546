"""Use a trained network: a tensor or a file in, the same kind out, at any size and within the memory there is."""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.inference.enlarge import upscale
from srkit.inference.ensemble import self_ensemble
from srkit.inference.mix import mix
from srkit.inference.pictures import upscale_folder
from srkit.inference.reach import measure_reach
from srkit.inference.tiling import tiled

__all__ = ["measure_reach", "mix", "self_ensemble", "tiled", "upscale", "upscale_folder"]

_FORMER = {
    "inference.ensemble": "dihedral undo_dihedral",
    "inference.mode": "evaluating scale_of",
    "inference.pictures": "Outcome",
    "inference.reach": "Reach",
    "inference.tiling": "HALO Span cut",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
