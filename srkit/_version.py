"""The version of srkit, in a file that needs no other, so that every room may write it down."""

__all__ = ["__version__"]

__version__ = "0.1.0"
