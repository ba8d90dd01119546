"""What is shown in a lesson: pictures, comparisons, code, networks from inside. Everything works offline and survives a
saved notebook."""

from srkit.widgets._attention import attention_map
from srkit.widgets._book import Book
from srkit.widgets._compare import Comparison, compare
from srkit.widgets._errormap import ErrorMap, error_map
from srkit.widgets._feature_maps import feature_maps
from srkit.widgets._receptive import receptive_field
from srkit.widgets._shapes import Shapes, shapes
from srkit.widgets._show import Shown, show
from srkit.widgets._source import Source, source

__all__ = [
    "Book",
    "Comparison",
    "ErrorMap",
    "Shapes",
    "Shown",
    "Source",
    "attention_map",
    "compare",
    "error_map",
    "feature_maps",
    "receptive_field",
    "shapes",
    "show",
    "source",
]
