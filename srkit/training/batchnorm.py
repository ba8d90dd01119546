"""Moved to :mod:`srkit.papers.batchnorm`; older copies of lesson 10 import it from here."""

from srkit._former import former

__all__ = ["__getattr__"]

__getattr__ = former(__name__, {"papers.batchnorm": "Contest ResidualNet compare_normalisation range_kept saved_bytes"})
