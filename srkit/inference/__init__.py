"""Use a trained network: a tensor or a file in, the same kind out, at any size and within the memory there is."""

from srkit.inference.enlarge import upscale
from srkit.inference.ensemble import dihedral, self_ensemble, undo_dihedral
from srkit.inference.mix import mix
from srkit.inference.mode import evaluating, scale_of
from srkit.inference.pictures import Outcome, upscale_file, upscale_folder
from srkit.inference.reach import Reach, measure_reach
from srkit.inference.tiling import HALO, Span, cut, tiled

__all__ = [
    "HALO",
    "Outcome",
    "Reach",
    "Span",
    "cut",
    "dihedral",
    "evaluating",
    "measure_reach",
    "mix",
    "scale_of",
    "self_ensemble",
    "tiled",
    "undo_dihedral",
    "upscale",
    "upscale_file",
    "upscale_folder",
]
