"""What is shown in a lesson: pictures, comparisons, code. Everything works offline and survives a saved notebook."""

from srkit.widgets._compare import Comparison, compare
from srkit.widgets._errormap import ErrorMap, error_map
from srkit.widgets._show import Shown, show
from srkit.widgets._source import Source, source

__all__ = ["Comparison", "ErrorMap", "Shown", "Source", "compare", "error_map", "show", "source"]
