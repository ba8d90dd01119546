"""Data: pairs of small and large images, found, fetched, checked, and cut into training patches.

``load`` is the one door: ``load("set5", scale=4)``, ``load("t91+bsds200", scale=2)``, ``load("my/folder", scale=2)``.
"""

from srkit.datasets import catalogue as _catalogue
from srkit.datasets._load import load
from srkit.datasets._registry import DATASETS, DatasetCard, DatasetEntry, register_dataset
from srkit.datasets.pair import Pair, Pairs, Source
from srkit.datasets.patches import Patches
from srkit.datasets.places import data_home, downloads, shipped
from srkit.datasets.samples import samples
from srkit.datasets.trees import from_folders

CATALOGUE = tuple(sorted(_catalogue.FOLDERS))

__all__ = [
    "CATALOGUE",
    "DATASETS",
    "DatasetCard",
    "DatasetEntry",
    "Pair",
    "Pairs",
    "Patches",
    "Source",
    "data_home",
    "downloads",
    "from_folders",
    "load",
    "register_dataset",
    "samples",
    "shipped",
]
