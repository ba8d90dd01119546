"""``compare``: results beside each other, down to the pixel, with numbers for any region.

The output is ordinary HTML that holds the pictures without loss, the numbers as text and the viewer's script. It needs
no kernel and no network: it works in a saved notebook, in an export and in a mail. Where scripts are stripped, a table
of labelled pictures and numbers is left.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from srkit._reader import near
from srkit.errors import BadInput
from srkit.metrics import Protocol
from srkit.ops.colours import DIVERGING, SEQUENTIAL, data_uri
from srkit.widgets._comparison import Contents, gather, region_numbers
from srkit.widgets._static import fill, page_script, root, widget_module
from srkit.widgets._twin import come_alive, display_with_twin

__all__ = ["Comparison", "compare"]

VIEW_FIELDS = (
    "mode", "look", "left", "right", "split", "vertical", "zoom", "centre", "smooth", "limit", "blind", "region",
    "boxes", "line", "tool", "lens", "flicker", "histogram",
)  # fmt: skip
CHOICES = {
    "mode": ("slider", "flip", "side", "grid"),
    "look": ("picture", "signed", "absolute", "squared", "ssim", "spectrum"),
    "tool": ("move", "region", "line", "box"),
}
STILL_WIDTH = 480


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` returns: a notebook draws it, ``print`` gives the numbers."""

    contents: Contents  # pictures, names and numbers
    alt: str  # what the pictures show, in words
    view: Mapping[str, Any] = field(default_factory=dict)  # what the viewer looks at when it opens
    height: int = 480  # of the stage, in screen pixels

    def region(self, x: int, y: int, width: int, height: int) -> dict[str, tuple[float, float]]:
        """Return name -> (PSNR in dB, SSIM) of one rectangle: the numbers the viewer shows for it."""
        if self.contents.truth < 0:
            raise BadInput("A region is measured against the truth, and none was given: compare(..., truth=hr).")
        across, down = self.contents.size
        if min(x, y) < 0 or min(width, height) < 1 or x + width > across or y + height > down:
            raise BadInput(
                f"The region ({x}, {y}, {width}, {height}) is not inside the picture of {across} x {down} px."
            )
        return region_numbers(self.contents, (x, y, width, height))

    def __repr__(self) -> str:
        lines = [f"Comparison of {len(self.contents.names)} pictures. {self.alt}"]
        for name, frame, numbers in zip(self.contents.names, self.contents.frames, self.contents.whole, strict=True):
            lines.append(f"{name}: {frame.text}" + (f"; PSNR {numbers[0]}, SSIM {numbers[1]}" if numbers[0] else ""))
        return "\n".join([*lines, *([self.rule] if self.contents.truth >= 0 else [])])

    @property
    def rule(self) -> str:
        """The protocol behind the numbers, in words."""
        return f"{self.contents.protocol}; a region is measured the same way without cutting a border"

    def config(self) -> dict[str, Any]:
        """Return the settings of the browser half, without the pictures."""
        width, height = self.contents.size
        return {
            "names": self.contents.names,
            "truth": self.contents.truth,
            "width": width,
            "height": height,
            "channel": self.contents.channel,
            "roundY": self.contents.protocol.round_y,
            "protocol": self.rule,
            "whole": self.contents.whole,
            "maps": {"sequential": SEQUENTIAL, "diverging": DIVERGING},
            "alt": self.alt,
            "stage": self.height,
            "view": dict(self.view),
        }

    def page(self) -> str:
        """Return the part that needs no script: the labelled pictures with their numbers, once each."""
        found = zip(self.contents.names, self.contents.frames, self.contents.whole, strict=True)
        pictures = [(name, frame, whole, max(1.0, frame.width / STILL_WIDTH)) for name, frame, whole in found]
        rule = self.rule if self.contents.truth >= 0 else ""
        return fill("compare", pictures=pictures, alt=self.alt, rule=rule, uri=data_uri)

    def root(self, inside: str) -> str:
        """Return the element that contains the viewer, around ``inside``."""
        return root("compare", "viewer", self.config(), inside)

    def _repr_html_(self) -> str:
        """Return pictures, numbers, style and script in one piece."""
        return self.root(f"{self.page()}<script>{page_script()}</script>")


def compare(
    pictures: Mapping[str, Any] | None = None,
    /,
    *,
    truth: Any = None,
    scale: int | None = None,
    protocol: Protocol | None = None,
    alt: str | None = None,
    view: Mapping[str, Any] | None = None,
    height: int = 480,
    live: bool = False,
    **candidates: Any,
) -> Any:
    """Compare results of any number of methods with each other and with the truth.

    Press ``?`` inside the viewer for its keys. Pictures are drawn with repeated pixels, never smoothed unless asked.

    Args:
        pictures: name -> picture, for names that cannot be written as keywords (``{"EDSR+": sr}``).
        truth: the original; with it come PSNR, SSIM and error maps.
        scale: enlargement factor; sets the protocol of the papers (luma, ``scale`` pixels of border).
        protocol: how to measure, where it is to be another one; it must round to 8 bits.
        alt: what the pictures show, for those who cannot see them.
        view: where to look first, as the key ``C`` copies it, for example ``{"zoom": 8, "centre": [120, 80]}``;
            ``left`` and ``right`` may be names.
        height: of the stage, in screen pixels.
        live: return a widget whose ``view`` and ``roi`` Python can read and set (needs a running kernel and anywidget).
        **candidates: name=picture, each as :func:`srkit.widgets.show` takes it. A picture that is smaller by a whole
            factor (the LR input) is shown with repeated pixels and not measured.

    Returns:
        A :class:`Comparison`, or with ``live=True`` a widget.

    Raises:
        BadInput: no picture, a name used twice, sizes that do not fit, or a view that cannot be.
        BadFile: a path cannot be read.

    Example:
        >>> compare(bicubic=a, rcan=b, truth=hr, scale=4)                               # doctest: +SKIP
    """
    named = dict(pictures or {})
    twice = sorted((named.keys() & candidates.keys()) | ({"truth"} & named.keys()))
    if twice:
        raise BadInput(f"The name {twice[0]!r} is used twice. Each picture of a comparison needs its own name.")
    if isinstance(height, bool) or not isinstance(height, int) or not 120 <= height <= 4000:
        raise BadInput(f"height={height!r} is not a height of the stage: give 120 to 4000 screen pixels.")
    contents = gather({**named, **candidates}, truth=truth, scale=scale, protocol=protocol)
    words = alt or "the same scene in every picture"
    made = Comparison(contents, words, checked_view(view or {}, contents), height)
    return live_comparison(made) if live else made


def checked_view(view: Mapping[str, Any], contents: Contents) -> dict[str, Any]:
    """Return the view with names replaced by positions."""
    checked = dict(view)
    for name, value in view.items():
        if name not in VIEW_FIELDS:
            known = ", ".join(VIEW_FIELDS)
            raise BadInput(f"A view has no field {name!r}.{near(str(name), VIEW_FIELDS)} It has: {known}.")
        if name in CHOICES and value not in CHOICES[name]:
            raise BadInput(
                f"{name}={value!r} is not a choice of the viewer. Choose one of: {', '.join(CHOICES[name])}."
            )
        if name in ("left", "right"):
            checked[name] = _position(name, value, contents)
    return checked


def _position(side: str, value: Any, contents: Contents) -> int:
    if isinstance(value, str) and value in contents.names:
        return contents.names.index(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(contents.names):
        return value
    raise BadInput(f"{side}={value!r} is none of the pictures. They are: {', '.join(contents.names)}.")


def live_comparison(comparison: Comparison) -> Any:
    """Return ``comparison`` as an anywidget; its ``view`` follows the browser, and setting it moves the viewer.

    ``widget.roi`` is the region ``(x, y, width, height)`` or None, ``widget.numbers`` what is measured on it.
    """
    otherwise = " and reload the page, or leave live out: the viewer then works without a kernel."
    return come_alive(_widget_class, comparison, asked="compare(..., live=True) needs", otherwise=otherwise)


@functools.cache
def _widget_class() -> type:
    import anywidget
    import traitlets

    class LiveComparison(anywidget.AnyWidget):  # type: ignore[misc]
        """A comparison whose view is shared between Python and the browser."""

        _esm = widget_module()
        _page = traitlets.Unicode().tag(sync=True)
        _config = traitlets.Unicode().tag(sync=True)
        _twin = traitlets.Unicode().tag(sync=True)
        view = traitlets.Dict().tag(sync=True)

        def __init__(self, comparison: Comparison) -> None:
            config = json.dumps(comparison.config())
            super().__init__(_page=comparison.root(comparison.page()), _config=config, view=dict(comparison.view))
            self.comparison = comparison

        @property
        def roi(self) -> tuple[int, int, int, int] | None:
            """The marked region ``(x, y, width, height)``, or None."""
            region = self.view.get("region")
            if not region:
                return None
            x, y, width, height = (int(value) for value in region)
            return x, y, width, height

        @roi.setter
        def roi(self, region: tuple[int, int, int, int] | None) -> None:
            self.view = {**self.view, "region": list(region) if region is not None else None}

        @property
        def numbers(self) -> dict[str, tuple[float, float]] | None:
            """Name -> (PSNR, SSIM) of the marked region, or None where there is none."""
            return self.comparison.region(*self.roi) if self.roi else None

        def _ipython_display_(self) -> None:
            display_with_twin(self, self.comparison)

    return LiveComparison
