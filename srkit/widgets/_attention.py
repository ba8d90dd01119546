"""``attention_map``: what a network's attention weighs: channels, or the pixels that one pixel looks at.

The shares between pixels are read off a gradient: attention gives ``sum(share * value)``, so the slope of what a pixel
gets with respect to the value another one gives is that share, whatever the attention looks like inside.
"""

from __future__ import annotations

from math import ceil, isqrt
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import partition
from srkit.layers.windows import Windowed
from srkit.widgets._draw import bars, framed, map_scale, one_picture, picture_of_map
from srkit.widgets._sliders import Axis, Click, Page, Picture, make_gallery
from srkit.widgets._walk import as_batch, borrowed, calls_of

__all__ = ["attention_map", "attention_modules", "channel_weights", "pixel_shares"]

Query = tuple[int, int]


def attention_modules(net: nn.Module) -> dict[str, str]:
    """Return name -> kind of the attention modules of a network: ``"channels"``, ``"pixels"`` or ``"window"``."""
    found = {}
    for name, module in net.named_modules():
        parts = {child for child, _ in module.named_children()}
        if isinstance(module, Windowed):
            found[name] = "window"
        elif {"squeeze", "excite"} <= parts:
            found[name] = "channels"
        elif {"query", "key", "value"} <= parts:
            found[name] = "pixels"
    return found


def channel_weights(net: nn.Module, lr: Tensor, name: str, **inputs: Any) -> Tensor:
    """Return the weight that the channel attention called ``name`` gives each channel for one image, ``(channels,)``.

    It is what comes out over what went in, at the pixel of each channel where most went in.
    """
    before, after = (maps[0].flatten(1) for maps in calls_of(net.get_submodule(name), net, lr, inputs)[-1])
    place = before.abs().argmax(dim=1, keepdim=True)
    weights: Tensor = (after.gather(1, place) / before.gather(1, place))[:, 0]
    return weights


def pixel_shares(net: nn.Module, lr: Tensor, name: str, query: Query, **inputs: Any) -> Tensor:
    """Return what each pixel gives to the pixel ``query``, ``(h, w)``, in the attention called ``name``.

    Of an attention that is used several times it is the first use. For windows it is the mean over the heads.

    Args:
        name: one of :func:`attention_modules`.
        query: row and column in the LR image.
    """
    module = net.get_submodule(name)
    read = _windowed if isinstance(module, Windowed) else _everywhere
    shares = read(net, name, as_batch(lr), query, inputs)
    return shares[: lr.shape[-2], : lr.shape[-1]]


def _everywhere(net: nn.Module, name: str, lr: Tensor, query: Query, inputs: dict[str, Any]) -> Tensor:
    module = net.get_submodule(name)
    ends = {child for child, _ in module.named_children()}
    goal = module.get_submodule("end") if "end" in ends else module
    values, seen = _caught(net, lr, module.get_submodule("value"), goal, inputs)
    shares = lr.new_zeros(lr.shape[-2:])
    top = left = 0
    for value, (given, output) in zip(values, seen, strict=True):  # one piece, or several in reading order
        h, w = value.shape[-2:]
        row, column = query[0] - top, query[1] - left
        if 0 <= row < h and 0 <= column < w:
            mixed = given if "end" in ends else output  # (1, c, step*h, step*w)
            step = mixed.shape[-1] // w
            (slope,) = torch.autograd.grad(mixed[0, :, step * row, step * column].sum(), value)
            part = slope[0].mean(dim=0)[: len(shares) - top, : shares.shape[1] - left]
            shares[top : top + h, left : left + w] = part
            break
        left = left + w if left + w < shares.shape[1] else 0
        top += h if left == 0 else 0
    return shares


def _windowed(net: nn.Module, name: str, lr: Tensor, query: Query, inputs: dict[str, Any]) -> Tensor:
    module = net.get_submodule(name)
    (qkv, *_), ((mixed, _), *_) = _caught(net, lr, module.get_submodule("qkv"), module.get_submodule("proj"), inputs)
    window = isqrt(qkv.shape[-2])
    h, w = (ceil(side / window) * window for side in lr.shape[-2:])
    shift = window // 2 if getattr(net.get_submodule(name.rpartition(".")[0]), "shift", False) else 0
    numbers = torch.arange(h * w).view(1, h, w, 1).roll((-shift, -shift), dims=(1, 2))
    places = partition(numbers, window)[0, :, :, 0]  # (n, area): which pixel stands where
    n, inside = (places == query[0] * w + query[1]).nonzero()[0].tolist()
    (slope,) = torch.autograd.grad(mixed[0, n, inside].sum(), qkv)
    channels = slope.shape[-1] // 3
    shares = slope.new_zeros(h * w)
    shares[places[n].to(slope.device)] = slope.reshape(1, *places.shape, -1)[0, n, :, 2 * channels :].mean(dim=-1)
    return shares.view(h, w)


def _caught(
    net: nn.Module, lr: Tensor, source: nn.Module, goal: nn.Module, inputs: dict[str, Any]
) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    """Run the network; return the outputs of ``source`` and the inputs and outputs of ``goal``, call by call."""
    from_source: list[Tensor] = []
    at_goal: list[tuple[Tensor, Tensor]] = []

    def keep(_module: nn.Module, _given: Any, output: Tensor) -> Tensor:
        from_source.append(output if output.requires_grad else output.requires_grad_())
        return from_source[-1]

    handles = [
        source.register_forward_hook(keep),
        goal.register_forward_hook(lambda _module, given, output: at_goal.append((given[0], output))),
    ]
    try:
        with borrowed(net):
            net(lr.clone().requires_grad_(), **inputs)
    finally:
        for handle in handles:
            handle.remove()
    return from_source, at_goal


def attention_map(
    net: nn.Module, lr: Tensor, layer: str | None = None, *, at: Query | None = None, live: bool = False, **inputs: Any
) -> Any:
    """Show what the attention of a network weighs for one image.

    Channel attention is drawn as bars, one layer after the other. Attention between pixels is drawn as a map of what
    each pixel gives to the pixel ``at``; a click there chooses another one if the notebook is live.

    Args:
        net: a network with channel attention (RCAN), attention between pixels (RNAN, SAN, CSNLN) or windows (SwinIR).
        lr: ``(3, h, w)`` or ``(1, 3, h, w)`` in [0, 1].
        layer: name of one attention module; all of the first one's kind by default.
        at: row and column in ``lr``, the middle by default.
        live: choose pixel and layer with a running kernel (needs anywidget).
        **inputs: the extra keyword of networks that need one.

    Raises:
        BadInput: the network has no attention, or none of that name.
    """
    found = attention_modules(net)
    if not found:
        raise BadInput(f"{type(net).__name__} has no attention that is known here: of channels, pixels or windows.")
    if layer is not None and layer not in found:
        raise BadInput(f"{layer!r} is no attention of this network. They are: {', '.join(list(found)[:12])}.")
    kind = found[layer or next(iter(found))]
    names = [layer] if layer else [name for name, other in found.items() if other == kind]
    if kind == "channels":
        return _bars_gallery(net, lr, names, live=live, inputs=inputs)
    return _maps_gallery(net, lr, names, at, live=live, inputs=inputs)


def _bars_gallery(net: nn.Module, lr: Tensor, names: list[str], *, live: bool, inputs: dict[str, Any]) -> Any:
    def make(position: tuple[int, ...]) -> Page:
        name = names[position[0]]
        weights = channel_weights(net, lr, name, **inputs).cpu()
        picture = bars(weights, width=max(3, min(12, 600 // len(weights))))
        alt = f"Bars of the {len(weights)} channel weights of {name}, between 0 and 1; the dotted line is one half"
        text = f"{len(weights)} channels from left to right, 0 to 1"
        return Page((Picture("weights", picture, alt, text=text),), _spread(weights))

    return make_gallery(f"Channel attention of {type(net).__name__}", [Axis("layer", tuple(names))], make, live=live)


def _maps_gallery(
    net: nn.Module, lr: Tensor, names: list[str], at: Query | None, *, live: bool, inputs: dict[str, Any]
) -> Any:
    image = as_batch(lr)[0]
    h, w = image.shape[-2:]
    row, column = at or (h // 2, w // 2)
    if not (0 <= row < h and 0 <= column < w):
        raise BadInput(f"at={at!r} is outside the image of {h} rows and {w} columns.")
    zoom = max(1, min(10, 320 // max(h, w)))

    def make(position: tuple[int, ...]) -> Page:
        name, place = names[position[0]], (position[1], position[2]) if live else (row, column)
        return _map_page(image, pixel_shares(net, lr, name, place, **inputs).detach().cpu(), place, zoom)

    axes = [Axis("layer", tuple(names))]
    if live:
        axes += [Axis("row", tuple(map(str, range(h))), row), Axis("column", tuple(map(str, range(w))), column)]
    click = Click(("image", "who gives"), (h, w), (1, 2)) if live else None
    title = f"What pixel ({row}, {column}) looks at in {type(net).__name__}" if not live else "What a pixel looks at"
    return make_gallery(title, axes, make, click=click, live=live)


def _map_page(image: Tensor, shares: Tensor, place: Query, zoom: int) -> Page:
    box = (place[0] - 1, place[1] - 1, place[0] + 1, place[1] + 1)
    best = divmod(int(shares.argmax()), shares.shape[1])
    positive = shares.clamp_min(0)
    effective = float(positive.sum().square() / positive.square().sum()) if bool(positive.any()) else 0.0
    text = (
        f"all shares add up to {_number(shares.sum())}; the largest, {_number(shares.max())}, comes from pixel "
        f"{best}; as if {effective:.0f} of {shares.numel()} pixels gave alike"
    )
    return Page(
        (
            Picture("image", framed(one_picture(image.cpu(), "lr"), box), f"The image, pixel {place} marked", zoom),
            Picture(
                "who gives",
                framed(picture_of_map(positive), box),
                f"Shares given to pixel {place}, bright is much",
                zoom,
                map_scale(positive),
            ),
        ),
        text,
    )


def _number(value: Tensor) -> str:
    return f"{float(value):.3f}" if float(value) >= 0.01 else f"{float(value):.2g}"


def _spread(weights: Tensor) -> str:
    return (
        f"weights from {float(weights.min()):.3f} to {float(weights.max()):.3f}, mean {float(weights.mean()):.3f}; "
        f"largest: channel {int(weights.argmax())}, smallest: channel {int(weights.argmin())}"
    )
