"""The version of srkit, in a module without imports, so that every package can use it."""

__all__ = ["__version__"]

__version__ = "0.1.0"
