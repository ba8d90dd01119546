"""Cards, and the registry of networks.

A card is the label on a network: which paper it comes from, how many parameters it has at each scale, what was
published and what we measured (each number with its data set, scale and protocol), and where it deviates from the
paper. The exam (``tests/models/test_contract.py``), the atlas and the tables all read cards; nothing about a network
is written twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from torch import Tensor, nn

from srkit._registry import Registry
from srkit.errors import BadInput

__all__ = ["MODELS", "Card", "Entry", "Layout", "Score", "register_model", "score_table"]

Framework = Literal["interpolation", "pre-upsampling", "post-upsampling", "progressive", "iterative up-and-down"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One published or measured result, with its source.

    Attributes:
        dataset: catalogue name, for example ``"set5"``.
        scale: enlargement factor.
        psnr: decibels; mean over the images.
        ssim: structural similarity in [-1, 1], or None where the source gives none.
        source: table and paper for a published number; the command, data and machine kind for a measured one.
        protocol: channel, border and rounding, in words.
    """

    dataset: str
    scale: int
    psnr: float
    ssim: float | None = None
    source: str
    protocol: str = "Y of 8-bit RGB, border = scale"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known about one network, as data.

    Attributes:
        title: the name as the paper prints it.
        year: year of the publication cited.
        citation: authors, title, venue, pages.
        url: an address where the paper can be read.
        framework: where the enlargement happens.
        idea: the contribution in one sentence.
        lesson: number of the lesson that teaches it.
        scales: the scales it is defined for.
        parameters: scale -> exact number of trainable parameters in the paper's configuration.
        parameters_source: where those counts come from.
        tiny: constructor arguments of a configuration that runs in CPU seconds.
        published: results printed in the paper.
        measured: results we obtained ourselves.
        deviations: each difference from the paper, with its reason.
        checkpoints: official weights: where they are, their licence, how they load.
        luma_only: the network sees Y alone; chroma is enlarged by bicubic (the exam then overfits a grey patch).
        extra_input: the one extra keyword of ``forward``, where the network needs more than the image.
        trained_on: how its batches are made, where it is trained on more than pairs: a name of
            :data:`srkit.datasets.MAKERS` with options; ``"pairs"`` says that pairs do, in spite of ``extra_input``.
        bounded: why no value outside [0, 1] can come out, where that is so by the nature of the network.
        not_exported: why ``torch.export`` can make no program of it, where that is so by the nature of the network.
        quiet_parameters: shell patterns of parameters whose first gradient may be exactly zero, with the reason.
    """

    title: str
    year: int
    citation: str
    url: str
    framework: Framework
    idea: str
    lesson: str
    scales: tuple[int, ...]
    parameters: Mapping[int, int]
    parameters_source: str
    tiny: Mapping[str, Any] = field(default_factory=dict)
    published: tuple[Score, ...] = ()
    measured: tuple[Score, ...] = ()
    deviations: tuple[str, ...] = ()
    checkpoints: str = "none public"
    luma_only: bool = False
    extra_input: str | None = None
    trained_on: str | None = None
    bounded: str | None = None
    not_exported: str | None = None
    quiet_parameters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("parameters", "tiny", "quiet_parameters"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


def score_table(
    source: str, rows: Mapping[int, Mapping[str, tuple[float, float | None]]], **kind: str
) -> tuple[Score, ...]:
    """Return the scores of one printed table.

    Args:
        source: table and paper.
        rows: scale -> data set -> (PSNR in decibels, SSIM or None).
        **kind: ``protocol``, where it is not the usual one.
    """
    return tuple(
        Score(dataset=dataset, scale=scale, psnr=psnr, ssim=ssim, source=source, **kind)
        for scale, row in rows.items()
        for dataset, (psnr, ssim) in row.items()
    )


@dataclass(frozen=True)
class Layout:
    """How published weights of a network are recognised, and how its sizes are read from their shapes.

    Attributes:
        sizes: takes our parameter names with their tensors, returns constructor arguments (and ``"scale"`` where the
            shapes tell it); raises KeyError where a tensor it needs is not there.
        renames: (regular expression of a published name, our name) pairs; a name that fits none is kept.
        ignored: regular expressions of published entries that are left out (a frozen mean shift, paths for other
            scales); ``sizes`` still sees them.
        caffe: our module for each regular expression of a Caffe layer's name; ``{0}`` is its first number, counted from
            0. Used before ``renames`` where all names of a file are such layers'.
        renames_at: takes a scale, returns further renames: the paths for this scale, in a file that holds several.
        in_order: takes the tensors of a file without names, constants among them, in order of execution, returns
            constructor arguments (and ``"scale"`` where the shapes tell it); raises LookupError where they are another
            network's. Without it, such files of this network are not recognised.
        in_form: takes our names with their tensors, and whether convolutions that are trained as several layers shall
            be folded into one (what a network's argument ``folded`` says); returns the entries of that form.
    """

    sizes: Callable[[Mapping[str, Tensor]], dict[str, Any]]
    renames: tuple[tuple[str, str], ...] = ()
    caffe: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    renames_at: Callable[[int], tuple[tuple[str, str], ...]] | None = None
    in_order: Callable[[Sequence[Tensor]], dict[str, Any]] | None = None
    in_form: Callable[[Mapping[str, Tensor], bool], dict[str, Tensor]] | None = None


@dataclass(frozen=True)
class Entry:
    """A registered network: its constructor, card, the arguments of this variant, and the layout of its weights."""

    factory: Callable[..., nn.Module]
    card: Card
    arguments: Mapping[str, Any] = field(default_factory=dict)
    layout: Layout | None = None


MODELS: Registry[Entry] = Registry("network")


def register_model(
    name: str, card: Card, *, layout: Layout | None = None, **arguments: Any
) -> Callable[[type[nn.Module]], type[nn.Module]]:
    """Register a network under ``name``; returns a class decorator.

    Args:
        name: lower case letters, digits and underscores.
        card: its label.
        layout: how published weights are recognised; without it, weights load by ``load(path, name=..., scale=...)``.
        **arguments: constructor arguments that make this variant (``edsr`` and ``edsr_baseline`` share one class).

    Raises:
        BadInput: ``card`` is not a :class:`Card`, the name cannot be a name, or the constructor breaks the contract
            (``scale`` must be a keyword; nothing may be swallowed by ``**kwargs``).
        DuplicateName: the name is taken.

    Example:
        >>> @register_model("my_net", CARD)          # doctest: +SKIP
        ... class MyNet(nn.Module): ...
    """
    if not isinstance(card, Card):
        raise BadInput(
            f"register_model({name!r}, …) needs a Card as its second argument and got {type(card).__name__}. "
            "Write card = srkit.models.Card(title=…, year=…, …); srkit.models.card('srcnn') shows a complete one."
        )

    def file(network: type[nn.Module]) -> type[nn.Module]:
        _check_constructor(name, network)
        MODELS.register(name)(Entry(network, card, MappingProxyType(dict(arguments)), layout))
        return network

    return file


def _check_constructor(name: str, network: Callable[..., nn.Module]) -> None:
    parameters = inspect.signature(network).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        raise BadInput(f"The network {name!r} swallows misspelt arguments in **kwargs; name each argument instead.")
    scale = parameters.get("scale")
    if scale is None or scale.kind is scale.POSITIONAL_ONLY:
        raise BadInput(
            f"The network {name!r} has no argument 'scale'. Write def __init__(self, *, scale) and self.scale = scale."
        )
