"""IKC: predict the code of the blur kernel, enlarge with it, look at the result, and correct the code.

J. Gu, H. Lu, W. Zuo, C. Dong, "Blind Super-Resolution With Iterative Kernel Correction", CVPR 2019,
https://arxiv.org/abs/1904.03377. The idea in one sentence: a wrong kernel leaves a characteristic trace in the enlarged
image (too narrow a one blur, too wide a one ringing), so a network that sees the trace can correct the kernel.

Deviations: the result is not cut off at 0 and 1, so that losses outside have a gradient; the branch that the authors'
SFTMD builds and never uses is left out; codes may differ from pixel to pixel in SFTMD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import Prediction, conv
from srkit.layers.codes import example_codes, stretched_codes
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "IKC", "NON_BLIND", "SFTMD", "Corrector", "Predictor"]

_SLOPE, _HIDDEN = 0.2, 32


class Modulation(nn.Module):
    """SFT, section 3.3: codes and features say by what the features are scaled and shifted."""

    def __init__(self, channels: int, n_codes: int) -> None:
        super().__init__()
        self.scaling, self.shifting = (
            nn.Sequential(conv(channels + n_codes, _HIDDEN), nn.LeakyReLU(_SLOPE), conv(_HIDDEN, channels))
            for _ in range(2)
        )

    def forward(self, features: Tensor, codes: Tensor) -> Tensor:
        """Modulate ``(b, channels, h, w)`` by ``(b, n_codes, h, w)``; the shape stays."""
        both = torch.cat([features, codes], dim=1)  # (b, channels + n_codes, h, w)
        shifted: Tensor = features * self.scaling(both).sigmoid() + self.shifting(both)
        return shifted


class ModulatedBlock(nn.Module):
    """Two modulated, rectified convolutions and the skip around them."""

    def __init__(self, channels: int, n_codes: int) -> None:
        super().__init__()
        self.modulate1, self.modulate2 = Modulation(channels, n_codes), Modulation(channels, n_codes)
        self.conv1, self.conv2 = conv(channels, channels), conv(channels, channels)

    def forward(self, features: Tensor, codes: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)`` by ``(b, n_codes, h, w)``; the shape stays."""
        inner = self.conv1(self.modulate1(features, codes).relu())
        refined: Tensor = features + self.conv2(self.modulate2(inner, codes).relu())
        return refined


class SFTMD(nn.Module):
    """Figure 4: three convolutions, modulated blocks, and pixel shuffles; conditioned on the kernel's code.

    Args:
        scale: enlargement factor, 2, 3 or 4.
        n_codes: numbers that describe the kernel.
        channels: feature channels.
        n_blocks: modulated blocks.
        tail_size: odd side of the last kernel.
    """

    def __init__(
        self, *, scale: int, n_codes: int = 10, channels: int = 64, n_blocks: int = 16, tail_size: int = 9
    ) -> None:
        super().__init__()
        self.scale, self.n_codes = scale, n_codes
        self.head = nn.Sequential(
            conv(3, channels), nn.LeakyReLU(_SLOPE), conv(channels, channels), nn.LeakyReLU(_SLOPE),
            conv(channels, channels),
        )  # fmt: skip
        self.blocks = nn.ModuleList(ModulatedBlock(channels, n_codes) for _ in range(n_blocks))
        self.modulate = Modulation(channels, n_codes)
        self.middle = conv(channels, channels)
        layers: list[nn.Module] = []
        for r in (2, 2) if scale == 4 else (scale,):
            layers += [conv(channels, channels * r**2), nn.PixelShuffle(r), nn.LeakyReLU(_SLOPE)]
        self.up = nn.Sequential(*layers)
        self.tail = conv(channels, 3, tail_size)

    def forward(self, lr: Tensor, *, degradation: Tensor | None = None) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``, given the code of the kernel.

        Args:
            lr: RGB in [0, 1].
            degradation: the codes of each image ``(b, n_codes)``, or of each pixel ``(b, n_codes, h, w)``.
        """
        codes = self.stretch(degradation, lr)  # (b, n_codes, h, w)
        first = self.head(lr)  # (b, 64, h, w)
        features = first
        for block in self.blocks:
            features = block(features, codes)  # (b, 64, h, w)
        features = self.middle(self.modulate(features + first, codes))  # (b, 64, h, w)
        sr: Tensor = self.tail(self.up(features))  # (b, 3, s*h, s*w)
        return sr

    def stretch(self, degradation: Tensor | None, lr: Tensor) -> Tensor:
        """Return the codes as maps ``(b, n_codes, h, w)``, or say what is wrong with them."""
        maps = stretched_codes(degradation, lr, self.n_codes)  # (b, n_codes, h, w)
        if maps is None:
            (b, _, h, w), n = lr.shape, self.n_codes
            found = "nothing" if degradation is None else tuple(degradation.shape)
            raise BadInput(
                f"SFTMD needs the kernel: net(lr, degradation=codes), codes ({b}, {n}) or "
                f"({b}, {n}, {h}, {w}). Given: {found}. The network 'ikc' finds the code itself."
            )
        return maps

    def example_input(self, lr: Tensor) -> Tensor:
        """Return some codes ``(b, n_codes)`` for a batch like ``lr``: not those of any kernel, but all different."""
        return example_codes(lr, self.n_codes)


class Predictor(nn.Module):
    """Figure 5, left: six convolutions 5x5 with one stride of 2, and the mean over the image."""

    def __init__(self, *, channels: int = 64, n_codes: int = 10) -> None:
        super().__init__()
        widths = [3, *[channels] * 5, n_codes]
        self.layers = nn.Sequential(*_rectified(widths, strides=(1, 1, 1, 2, 1, 1)))

    def forward(self, lr: Tensor) -> Tensor:
        """Return the first guess of the codes of ``(b, 3, h, w)``, ``(b, n_codes)``."""
        maps: Tensor = self.layers(lr)  # (b, n_codes, h/2, w/2)
        return maps.mean((2, 3))  # (b, n_codes)


class Corrector(nn.Module):
    """Figure 5, right: what the enlarged image looks like and the code it was made with give a better code."""

    def __init__(self, *, channels: int = 64, n_codes: int = 10) -> None:
        super().__init__()
        self.look = nn.Sequential(*_rectified([3, *[channels] * 7], strides=(1, 2, 1, 2, 1, 1, 1)))
        self.read = nn.Sequential(
            nn.Linear(n_codes, channels), nn.LeakyReLU(_SLOPE), nn.Linear(channels, channels), nn.LeakyReLU(_SLOPE)
        )
        self.judge = nn.Sequential(
            conv(2 * channels, 2 * channels, 1), nn.LeakyReLU(_SLOPE), conv(2 * channels, channels, 1),
            nn.LeakyReLU(_SLOPE), conv(channels, n_codes, 1),
        )  # fmt: skip

    def forward(self, sr: Tensor, codes: Tensor) -> Tensor:
        """Correct ``(b, n_codes)``, with which ``(b, 3, h, w)`` was made; the shape stays."""
        seen = self.look(sr)  # (b, 64, h/4, w/4)
        told = self.read(codes)[..., None, None].expand_as(seen)  # (b, 64, h/4, w/4)
        change = self.judge(torch.cat([seen, told], dim=1))  # (b, n_codes, h/4, w/4)
        corrected: Tensor = codes + change.mean((2, 3))  # (b, n_codes)
        return corrected


class IKC(nn.Module):
    """Algorithm 1: predictor, and in turns SFTMD and corrector.

    Args:
        scale: enlargement factor, 2, 3 or 4.
        n_codes: numbers that describe the kernel.
        channels: feature channels of all three networks.
        n_blocks: modulated blocks of SFTMD.
        iterations: corrections.
        kernel_size: odd side of the kernels the codes stand for.
        tail_size: odd side of SFTMD's last kernel.
    """

    basis: Tensor

    def __init__(
        self,
        *,
        scale: int,
        n_codes: int = 10,
        channels: int = 64,
        n_blocks: int = 16,
        iterations: int = 7,
        kernel_size: int = 21,
        tail_size: int = 9,
    ) -> None:
        super().__init__()
        self.scale, self.n_codes, self.iterations, self.kernel_size = scale, n_codes, iterations, kernel_size
        self.sftmd = SFTMD(scale=scale, n_codes=n_codes, channels=channels, n_blocks=n_blocks, tail_size=tail_size)
        self.predictor = Predictor(channels=channels, n_codes=n_codes)
        self.corrector = Corrector(channels=channels, n_codes=n_codes)
        self.register_buffer("basis", torch.zeros(n_codes, kernel_size**2))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``, whatever blurred it."""
        *_, (_, sr) = self.turns(lr, self.iterations)
        return sr  # (b, 3, s*h, s*w)

    def turns(self, lr: Tensor, iterations: int, *, apart: bool = False) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield codes ``(b, n_codes)`` and the image ``(b, 3, s*h, s*w)`` made with them: algorithm 1, turn by turn.

        Args:
            lr: ``(b, 3, h, w)``.
            iterations: corrections; one turn more is yielded.
            apart: no gradient leaves a turn or enters SFTMD, as in training: each estimate has its own loss.
        """
        codes = self.predictor(lr)  # (b, n_codes)
        for turn in range(iterations + 1):
            given = codes.detach() if apart else codes
            with torch.set_grad_enabled(torch.is_grad_enabled() and not apart):
                sr = self.sftmd(lr, degradation=given)  # (b, 3, s*h, s*w)
            yield codes, sr
            if turn < iterations:
                codes = self.corrector(sr.detach(), given)  # (b, n_codes)

    def predictions(self, lr: Tensor, *, degradation: Tensor | None = None) -> list[Prediction]:
        """Return SFTMD's image for the true codes, with the squared errors of all estimates of the codes beside it.

        Args:
            lr: ``(b, 3, h, w)``.
            degradation: the true codes ``(b, n_codes)``; without them there is only the image of the last turn.
        """
        if degradation is None:
            return [Prediction("image", self(lr), self.scale, 1.0)]
        terms = {
            f"correction {turn}" if turn else "predicted": (codes - degradation).square().mean()
            for turn, (codes, _) in enumerate(self.turns(lr, self.iterations, apart=True))
        }
        sr = self.sftmd(lr, degradation=degradation)  # (b, 3, s*h, s*w)
        return [Prediction("codes", sr, self.scale, 1.0, beside=terms)]

    def kernel_of(self, codes: Tensor) -> Tensor:
        """Return the kernels ``(b, k, k)`` that codes ``(b, n_codes)`` stand for: none negative, adding up to 1."""
        if not bool(self.basis.any()):
            raise BadInput("This IKC has no basis of kernels: train it with srkit.papers.train_ikc, or load weights.")
        columns = F.relu(codes.to(self.basis) @ self.basis)  # (b, k*k), column by column
        kernels: Tensor = columns.reshape(-1, self.kernel_size, self.kernel_size).mT  # (b, k, k)
        return kernels / kernels.sum((-2, -1), keepdim=True).clamp_min(1e-8)


def _rectified(widths: list[int], *, strides: tuple[int, ...]) -> list[nn.Module]:
    """Return convolutions 5x5 of these widths and strides, each with its leaky ReLU."""
    layers: list[nn.Module] = []
    for place, stride in enumerate(strides):
        layers += [nn.Conv2d(widths[place], widths[place + 1], 5, stride, 2), nn.LeakyReLU(_SLOPE)]
    return layers


SOURCE = "sftmd_arch.py of yuanjunchai/IKC, less the blocks of SFTMD's branch that it never uses"

CARD = Card(
    title="IKC",
    year=2019,
    citation="J. Gu, H. Lu, W. Zuo, C. Dong, Blind Super-Resolution With Iterative Kernel Correction, CVPR 2019, "
    "1604-1613",
    url="https://arxiv.org/abs/1904.03377",
    framework="post-upsampling",
    idea="Predict the code of the blur kernel, enlarge with it, and correct the code by what the result looks like.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 5_167_639, 3: 5_352_279, 4: 5_315_351},
    parameters_source=SOURCE,
    tiny={"channels": 8, "n_blocks": 1, "iterations": 2, "kernel_size": 9, "tail_size": 3},
    trained_on="gaussian_codes(family=round)",
    deviations=(
        "the result is not cut off at 0 and 1",
        "srkit.train lets SFTMD learn beside predictor and corrector; srkit.papers.train_ikc trains it before them",
    ),
    checkpoints="Predictor and Corrector x4 in yuanjunchai/IKC (Apache-2.0), in files of their own; SFTMD's is absent",
)

NON_BLIND = replace(
    CARD,
    title="SFTMD",
    trained_on="gaussian_codes(family=round, size=21)",
    idea="The code of the blur kernel scales and shifts the features of every block of a residual network.",
    parameters={2: 4_086_979, 3: 4_271_619, 4: 4_234_691},
    tiny={"channels": 8, "n_blocks": 2, "tail_size": 3},
    deviations=(CARD.deviations[0], "codes may differ from pixel to pixel"),
    checkpoints="state dicts of yuanjunchai/IKC load as they are; none is public",
    extra_input="degradation",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    blocks = {key.split(".")[1] for key in weights if key.startswith("blocks.")}
    channels = weights["head.0.weight"].shape[0]
    steps = {key: value for key, value in weights.items() if key.startswith("up.") and key.endswith("weight")}
    grown = isqrt(steps["up.0.weight"].shape[0] // channels)
    tail = weights["tail.weight"].shape[-1]
    codes = weights["modulate.scaling.0.weight"].shape[1] - channels
    return {
        "scale": grown ** len(steps),
        "channels": channels,
        "n_blocks": len(blocks),
        "n_codes": codes,
        "tail_size": tail,
    }


def _renames() -> tuple[tuple[str, str], ...]:
    """Return how the authors call the layers of up to 16 blocks: "mul" scales, "add" shifts."""
    blocks = [(rf"SFT-residual{i + 1}\.", f"blocks.{i}.") for i in range(16)]
    places = [("sft", "modulate")]
    places += [(rf"{theirs}sft{j}", f"{ours}modulate{j}") for theirs, ours in blocks for j in (1, 2)]
    modulations = (
        (rf"{theirs}\.{kind}_conv{n}\.(.+)", rf"{ours}.{word}.{2 * (n - 1)}.\1")
        for theirs, ours in places
        for kind, word in (("mul", "scaling"), ("add", "shifting"))
        for n in (1, 2)
    )
    return (*modulations, *((rf"{theirs}(conv[12]\..+)", rf"{ours}\1") for theirs, ours in blocks))


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *_renames(),
        (r"conv1\.(.+)", r"head.0.\1"),
        (r"conv2\.(.+)", r"head.2.\1"),
        (r"conv3\.(.+)", r"head.4.\1"),
        (r"upscale\.(.+)", r"up.\1"),
        (r"conv_mid\.(.+)", r"middle.\1"),
        (r"conv_output\.(.+)", r"tail.\1"),
    ),
    ignored=(r"sft_branch\..+",),
)

register_model("ikc", CARD)(IKC)
register_model("sftmd", NON_BLIND, layout=LAYOUT)(SFTMD)
