"""Widgets of the lessons: pictures, comparisons, code, networks from inside; all work offline, also when saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.widgets._attention import attention_map
from srkit.widgets._compare import compare
from srkit.widgets._degrade_lab import degrade_lab, kernel_lab
from srkit.widgets._diagram import diagram
from srkit.widgets._feature_maps import feature_maps
from srkit.widgets._gallery import class_table, gallery
from srkit.widgets._monitor import Monitor
from srkit.widgets._network_labs import ensemble_lab, mix_lab
from srkit.widgets._receptive import receptive_field
from srkit.widgets._shapes import shapes
from srkit.widgets._show import error_map, show
from srkit.widgets._signal_labs import tv_lab, upsample_lab
from srkit.widgets._source import source
from srkit.widgets._votes import votes

__all__ = [
    "Monitor",
    "attention_map",
    "class_table",
    "compare",
    "degrade_lab",
    "diagram",
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
    "votes",
]

_FORMER = {
    "widgets._compare": "Comparison",
    "widgets._show": "Shown",
    "widgets._sliders": "Book=SliderGallery SliderGallery",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
