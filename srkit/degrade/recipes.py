"""The degradations that have names in the literature, as formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from srkit.degrade._parse import parse
from srkit.degrade.chain import Chain
from srkit.errors import BadInput, UnknownName

__all__ = ["RECIPES", "recipe"]

RECIPES: Mapping[str, Callable[[int], str]] = {
    "bicubic": lambda s: f"down({s}, kind=bicubic8)",
    "bd": lambda s: f"blur(1.6, size=7) > down({s}, kind=direct, first={(s - 1) // 2}) > quantise",
    "dn": lambda s: f"down({s}) > noise(30) > quantise",
    "srmd": lambda s: f"srmd_blur > down({s}) > quantise > noise(0..75)",
    "srmdnf": lambda s: f"srmd_blur > down({s}) > quantise",
    "aligned": lambda s: f"blur(1.5, size=21, border=symmetric, aligned={s}) > down({s}, kind=direct) > quantise",
    "unaligned": lambda s: f"blur(1.5, size=21, border=reflect) > down({s}, kind=direct) > quantise",
    "jpeg": lambda s: f"down({s}) > jpeg(40)",
    "bsrgan": lambda s: f"bsrgan({s})",
    "bsrgan_plus": lambda s: f"bsrgan_plus({s})",
    "real_esrgan": lambda s: f"real_esrgan({s})",
    "photo": lambda s: f"photo({s})",
}


def recipe(name: str, *, scale: int) -> Chain:
    """Return a degradation of the literature.

    ``bicubic`` is the benchmarks' reduction; ``bd`` (blur, then down-sampling: Gaussian 7 x 7 of width 1.6, one pixel
    of each block kept) and ``dn`` (bicubic, then noise of level 30) are RDN's and RCAN's second and third task,
    published at x3; ``srmd`` and ``srmdnf`` are SRMD's training with and without noise; ``aligned`` and ``unaligned``
    are the two families of direct reduction; ``bsrgan``, ``bsrgan_plus`` and ``real_esrgan`` the rich models;
    ``photo`` is this project's mixture of clean, mild and rich.

    Args:
        name: one of :data:`RECIPES`.
        scale: whole factor.

    Raises:
        UnknownName: no recipe of that name.
        BadInput: a scale that is no whole number of at least 1.
    """
    key = name.strip().lower().replace("-", "_")
    if key not in RECIPES:
        raise UnknownName(f"There is no recipe {name!r}. Known: {', '.join(RECIPES)}.")
    if isinstance(scale, bool) or not isinstance(scale, int) or scale < 1:
        raise BadInput(f"A recipe is made for a whole scale, 1 or more; {scale!r} was given.")
    return parse(RECIPES[key](scale))
