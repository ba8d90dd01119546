"""Where the weights shipped with the package lie."""

from __future__ import annotations

from pathlib import Path

from srkit.errors import BadFile

__all__ = ["shipped", "weights_home", "weights_path"]

_PACKAGE = Path(__file__).resolve().parents[1]


def weights_home() -> Path:
    """Return the folder of the shipped weights: inside an installed package, or ``data/weights`` of a clone."""
    installed = _PACKAGE / "_data" / "weights"
    return installed if installed.is_dir() else _PACKAGE.parent / "data" / "weights"


def shipped() -> list[str]:
    """Return the shipped weights as ``<name>_x<scale>`` or ``<name>_x<scale>_<variant>``, sorted."""
    return sorted(path.stem for path in weights_home().glob("*.safetensors"))


def weights_path(name: str, *, scale: int, pretrained: str | Path) -> Path:
    """Return the file that ``pretrained`` means for this network.

    Args:
        name: registered name.
        scale: enlargement factor.
        pretrained: ``"srkit"`` for the shipped weights, ``"srkit:gan"`` for a variant, anything else is a path.

    Raises:
        BadFile: nothing is shipped for this network and scale; the message lists what is.
    """
    shop, colon, variant = str(pretrained).partition(":")
    if shop != "srkit" or (colon and not variant.isidentifier()):
        return Path(pretrained)
    path = weights_home() / f"{name}_x{scale}{'_' * bool(variant)}{variant}.safetensors"
    if not path.is_file():
        raise BadFile(
            f"No weights are shipped for {name!r} x{scale}{f' ({variant})' if variant else ''} (looked for {path}). "
            f"Shipped: {', '.join(shipped()) or 'none'}. A path works too: pretrained='weights.safetensors'."
        )
    return path
