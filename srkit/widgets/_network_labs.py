"""``mix_lab`` and ``ensemble_lab``: interpolation between two networks, and the self-ensemble of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from srkit.inference import mix
from srkit.inference.ensemble import VIEWS, dihedral, undo_dihedral
from srkit.metrics import Protocol, psnr, ssim
from srkit.widgets._draw import signed_picture
from srkit.widgets._sliders import Page, Picture, axis_of, make_gallery, picture_of
from srkit.widgets._walk import as_batch, borrowed

__all__ = ["ensemble_lab", "mix_lab", "view_answers"]

ALPHAS = tuple(step / 10 for step in range(11))
VIEW_NAMES = (
    "as it is", "flipped left-right", "flipped top-bottom", "turned by 180", "transposed", "transposed, flipped lr",
    "transposed, flipped tb", "transposed, turned by 180",
)  # fmt: skip


def mix_lab(
    first: nn.Module,
    second: nn.Module,
    lr: Tensor,
    hr: Tensor | None = None,
    *,
    names: tuple[str, str] = ("first", "second"),
    alphas: Sequence[float] = ALPHAS,
    zoom: int = 2,
    live: bool = False,
) -> Any:
    """Slide from one network to another by interpolating their weights (:func:`srkit.mix`).

    Args:
        first: what ``alpha=0`` is.
        second: what ``alpha=1`` is, fine-tuned from the first.
        lr: ``(3, h, w)`` in [0, 1].
        hr: the truth, for PSNR and SSIM as the papers measure them.
        names: what the two are called.
        alphas: the steps of the slider.
        zoom: screen pixels per pixel.
        live: run a network only when the slider comes to it (needs a running kernel and anywidget).

    Raises:
        BadInput: the networks are not alike.
    """
    image = as_batch(lr)
    start = _answer(first, image)

    def make(position: tuple[int, ...]) -> Page:
        alpha = alphas[position[0]]
        sr = _answer(mix(first, second, alpha), image)
        difference = (sr - start).mean(dim=0)
        change = Picture(
            f"change from {names[0]}", signed_picture(difference, top=0.1), "Blue darker, orange brighter", zoom,
            "scale from -0.1 (blue) to +0.1 (orange)",
        )  # fmt: skip
        pictures = [
            picture_of("LR", image[0], "The input", zoom=zoom),
            picture_of("mixed", sr.clamp(0, 1), f"alpha {alpha:g}", zoom=zoom),
        ]
        pictures += [change] if hr is None else [change, picture_of("truth", hr, "The truth", zoom=zoom)]
        text = f"{1 - alpha:.0%} {names[0]}, {alpha:.0%} {names[1]}" + _measured(sr, hr, lr)
        return Page(tuple(pictures), text, f"net = srkit.mix({names[0]}, {names[1]}, {alpha:g})")

    title = f"Between {names[0]} (alpha 0) and {names[1]} (alpha 1)"
    return make_gallery(title, [axis_of("alpha", alphas)], make, live=live)


def view_answers(net: nn.Module, lr: Tensor) -> Tensor:
    """Return the answers to the eight views of ``(3, h, w)``, turned back, ``(8, 3, scale*h, scale*w)``."""
    image = as_batch(lr)
    answers = [undo_dihedral(_answer(net, dihedral(image, view).contiguous()), view) for view in range(VIEWS)]
    return torch.stack(answers)


def ensemble_lab(net: nn.Module, lr: Tensor, hr: Tensor | None = None, *, zoom: int = 2) -> Any:
    """Show the eight views of the self-ensemble, what the network makes of each, and how the mean grows.

    Args:
        net: a network.
        lr: ``(3, h, w)`` in [0, 1].
        hr: the truth, for PSNR and SSIM as the papers measure them.
        zoom: screen pixels per pixel.
    """
    answers = view_answers(net, lr)
    image, whole = as_batch(lr), answers.mean(dim=0)
    top = float((answers - whole).abs().max()) or 1.0

    def make(position: tuple[int, ...]) -> Page:
        view = position[0]
        answer, so_far = answers[view].clamp(0, 1), answers[: view + 1].mean(dim=0).clamp(0, 1)
        away = (answers[view] - whole).mean(dim=0)
        pictures = (
            picture_of("view", dihedral(image, view)[0], f"The input {VIEW_NAMES[view]}", zoom=zoom),
            picture_of("answer, turned back", answer, f"The network's answer to view {view}", zoom=zoom),
            Picture("answer minus mean of eight", signed_picture(away, top=top), "Blue below, orange above", zoom,
                  f"scale from -{top:.3g} to +{top:.3g}"),
            picture_of("mean so far", so_far, f"Mean of the answers to views 0 to {view}", zoom=zoom),
        )  # fmt: skip
        spread = float((answers[view] - whole).square().mean().sqrt()) * 255
        text = f"{VIEW_NAMES[view]}; differs from the mean of eight by {spread:.2f} levels (root mean square)"
        if hr is not None:
            text += f"\nthis answer{_measured(answer, hr, lr)}\nmean of {view + 1}{_measured(so_far, hr, lr)}"
        return Page(pictures, text, "sr = srkit.upscale(lr, net, ensemble=True)" if view == VIEWS - 1 else "")

    return make_gallery(f"Eight views of one image by {type(net).__name__}", [axis_of("view", range(VIEWS))], make)


def _answer(net: nn.Module, lr: Tensor) -> Tensor:
    with borrowed(net), torch.no_grad():
        sr: Tensor = net(lr)
    return sr[0]


def _measured(sr: Tensor, hr: Tensor | None, lr: Tensor) -> str:
    if hr is None:
        return ""
    protocol = Protocol.papers(round(sr.shape[-1] / lr.shape[-1]))
    first, second = (float(metric(sr.clamp(0, 1), hr, protocol=protocol)) for metric in (psnr, ssim))
    return f": PSNR {first:.2f} dB, SSIM {second:.4f} ({protocol})"
