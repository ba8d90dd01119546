"""``feature_maps``: the channels of one layer for one image."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.widgets._draw import sheet, signed_picture
from srkit.widgets._sliders import Axis, Click, Page, Picture, make_gallery, picture_of
from srkit.widgets._walk import as_batch, calls_of, named_layer

__all__ = ["channels_of", "feature_maps"]


def channels_of(net: nn.Module, lr: Tensor, layer: str, **inputs: Any) -> Tensor:
    """Return what the layer called ``layer`` gives out for one image, ``(channels, h, w)``, at its last call."""
    calls = calls_of(named_layer(net, layer), net, lr, inputs)
    if not calls:
        raise BadInput(f"{layer!r} is never called as a whole; look at the layers inside it or around it.")
    features = calls[-1][1]
    if not isinstance(features, Tensor) or features.ndim != 4:
        what = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise BadInput(f"{layer!r} gives {what}; maps (1, channels, h, w) were expected. Try a convolution before it.")
    maps = features[0]  # (channels, h, w)
    channels_last = layer_is_channels_last(maps, lr)
    return maps.permute(2, 0, 1) if channels_last else maps


def layer_is_channels_last(maps: Tensor, lr: Tensor) -> bool:
    """Tell whether ``(a, b, c)`` is an image with its channels last, as windowed attention keeps them."""
    h, w = lr.shape[-2:]
    return maps.shape[0] >= h and maps.shape[1] >= w and maps.shape[0] * w == maps.shape[1] * h and maps.shape[2] != w


def feature_maps(net: nn.Module, lr: Tensor, layer: str, *, zoom: int = 4, **inputs: Any) -> Any:
    """Look at the channels of one layer: a sheet of all of them, and one after the other with a slider.

    All channels share one colour scale: blue below zero, orange above, near white at zero. It ends where 99.5 % of all
    values lie, and says so. A click on the sheet turns to that channel.

    Args:
        net: a network; it runs once, in eval mode.
        lr: ``(3, h, w)`` or ``(1, 3, h, w)`` in [0, 1].
        layer: its name, as :func:`srkit.widgets.shapes` and ``net.named_modules()`` spell it.
        zoom: screen pixels per pixel for the single channel.
        **inputs: the extra keyword of networks that need one.

    Raises:
        BadInput: there is no such layer, or it gives no maps.

    Example:
        >>> feature_maps(net, lr, "body.0")                                               # doctest: +SKIP
    """
    maps = channels_of(net, lr, layer, **inputs).float().cpu()
    top = float(torch.quantile(maps.abs().flatten()[:: max(1, maps.numel() // 1_000_000)], 0.995)) or 1.0
    columns = ceil(sqrt(len(maps)))
    overview = Picture(
        "all channels",
        sheet(maps, top=top, columns=columns),
        f"Sheet of the {len(maps)} channels of {layer}, {columns} per row",
        text=f"scale from -{top:.3g} (blue) to +{top:.3g} (orange); click a channel",
    )

    def make(position: tuple[int, ...]) -> Page:
        one = maps[position[0]]
        spread = f"mean {float(one.mean()):+.3g}, standard deviation {float(one.std(correction=0)):.3g}"
        silent = "; silent: the same value everywhere" if bool((one == one[0, 0]).all()) else ""
        picture = Picture(
            "channel", signed_picture(one, top=top), f"Channel {position[0]} of {layer}, blue to orange", zoom=zoom,
            text=f"{one.shape[1]} x {one.shape[0]} px; scale as beside it",
        )  # fmt: skip
        return Page((picture_of("image", as_batch(lr)[0], "The image", zoom=2), picture, overview), spread + silent)

    axis = Axis("channel", tuple(map(str, range(len(maps)))))
    title = f"{type(net).__name__}, layer {layer}: {len(maps)} channels"
    click = Click(("all channels",), (ceil(len(maps) / columns), columns), (0,))
    return make_gallery(title, [axis], make, click=click)
