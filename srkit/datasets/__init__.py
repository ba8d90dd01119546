"""Data: pairs of small and large images, found, fetched, checked, and cut into training patches.

``load`` reads all of them: ``load("set5", scale=4)``, ``load("t91+bsds200", scale=2)``, ``load("my/folder", scale=2)``.
"""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.datasets import synthetic  # registers a data set
from srkit.datasets._load import load
from srkit.datasets._registry import DATASETS, DatasetCard, register_dataset
from srkit.datasets.catalogue import CATALOGUE, card, samples
from srkit.datasets.degraded import Made, degraded
from srkit.datasets.doctor import doctor
from srkit.datasets.fetch import fetch, install_archive
from srkit.datasets.hdr import HDRScenes
from srkit.datasets.lowres import make_lr
from srkit.datasets.makers import register_maker
from srkit.datasets.pair import Pair, Pairs, Source
from srkit.datasets.patches import Patches
from srkit.datasets.trees import from_folders
from srkit.datasets.weights import fetch_weights

__all__ = [
    "CATALOGUE",
    "DATASETS",
    "DatasetCard",
    "HDRScenes",
    "Made",
    "Pair",
    "Pairs",
    "Patches",
    "Source",
    "card",
    "degraded",
    "doctor",
    "fetch",
    "fetch_weights",
    "from_folders",
    "install_archive",
    "load",
    "make_lr",
    "register_dataset",
    "register_maker",
    "samples",
]

_FORMER = {
    "datasets.degraded": "Chained at_scale",
    "datasets.makers": "MAKERS make_maker",
    "datasets.synthetic": "charts",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
