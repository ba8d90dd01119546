"""What is shown in a lesson: pictures, comparisons, code, networks from inside. Everything works offline and survives a
saved notebook."""

from srkit.widgets._attention import attention_map
from srkit.widgets._book import Book
from srkit.widgets._compare import Comparison, compare
from srkit.widgets._degrade_lab import degrade_lab, kernel_lab
from srkit.widgets._errormap import ErrorMap, error_map
from srkit.widgets._feature_maps import feature_maps
from srkit.widgets._gallery import Gallery, class_table, gallery
from srkit.widgets._monitor import Monitor
from srkit.widgets._network_labs import ensemble_lab, mix_lab
from srkit.widgets._receptive import receptive_field
from srkit.widgets._shapes import Shapes, shapes
from srkit.widgets._show import Shown, show
from srkit.widgets._signal_labs import tv_lab, upsample_lab
from srkit.widgets._source import Source, source

__all__ = [
    "Book",
    "Comparison",
    "ErrorMap",
    "Gallery",
    "Monitor",
    "Shapes",
    "Shown",
    "Source",
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
