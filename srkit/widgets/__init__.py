"""Widgets of the lessons: pictures, comparisons, code, the inside of networks. Everything works offline and in a saved
notebook."""

from __future__ import annotations

import warnings
from typing import Any

from srkit.widgets._attention import attention_map
from srkit.widgets._compare import Comparison, compare
from srkit.widgets._degrade_lab import degrade_lab, kernel_lab
from srkit.widgets._errormap import error_map
from srkit.widgets._feature_maps import feature_maps
from srkit.widgets._gallery import class_table, gallery
from srkit.widgets._monitor import Monitor
from srkit.widgets._network_labs import ensemble_lab, mix_lab
from srkit.widgets._receptive import receptive_field
from srkit.widgets._shapes import shapes
from srkit.widgets._show import Shown, show
from srkit.widgets._signal_labs import tv_lab, upsample_lab
from srkit.widgets._sliders import SliderGallery
from srkit.widgets._source import source

__all__ = [
    "Comparison",
    "Monitor",
    "Shown",
    "SliderGallery",
    "attention_map",
    "class_table",
    "compare",
    "degrade_lab",
    "ensemble_lab",
    "error_map",
    "feature_maps",
    "gallery",
    "kernel_lab",
    "mix_lab",
    "receptive_field",
    "shapes",
    "show",
    "source",
    "tv_lab",
    "upsample_lab",
]


def __getattr__(name: str) -> Any:
    """Return what was called otherwise before version 0.2 (PEP 562)."""
    if name == "Book":
        warnings.warn("srkit.widgets.Book is called SliderGallery now.", DeprecationWarning, stacklevel=2)
        return SliderGallery
    raise AttributeError(f"srkit.widgets has no public name {name!r}; it has: {', '.join(__all__)}")
