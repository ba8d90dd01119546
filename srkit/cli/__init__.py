"""The command line: a thin layer over the functions of the library.

One file per verb, imported when the verb is called, so that ``srkit --help`` does not wait for PyTorch.
"""

from srkit.cli._group import cli, main

__all__ = ["cli", "main"]
