"""MemNet, memory blocks whose gates remember everything.

Y. Tai, J. Yang, X. Liu, C. Xu, "MemNet: A Persistent Memory Network for Image Restoration", ICCV 2017, 4539-4547 (IEEE:
4549-4557), https://arxiv.org/abs/1708.02209. The idea in one sentence: a block runs one residual unit recursively,
and its gate, a 1x1 convolution, chooses from all its recursions (short-term memory) and all earlier blocks (long-term
memory).

Deviations from the paper: none. As in the authors' Caffe definition (MemNet_M6R6_80C64) the convolutions of a block's
residual unit are shared by its recursions and batch normalisation is not; the convolution that reconstructs an image is
shared by all blocks, its normalisation is not; in a gate the long-term memory stands first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import Prediction, conv, on_luma, with_chroma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.color import rgb_to_y
from srkit.ops.resize import imresize

__all__ = ["CARD", "MemNet"]


class Activated(nn.Module):
    """Batch normalisation and ReLU, then a convolution that may be shared with other places.

    Args:
        channels: read; the normalisation is this place's own.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor, layer: nn.Module) -> Tensor:
        """Turn ``(b, channels, h, w)`` into what ``layer`` makes of it, ``(b, channels_out, h, w)``."""
        result: Tensor = layer(self.norm(features).relu())
        return result


class MemoryBlock(nn.Module):
    """A recursive unit and a gate unit.

    Args:
        channels: in and out.
        n_recursions: R, runs of the residual unit.
        n_memories: long-term memories that the gate hears: the first features and those of earlier blocks.
    """

    def __init__(self, channels: int, *, n_recursions: int, n_memories: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (conv(channels, channels) for _ in range(2))
        self.norms1, self.norms2 = (nn.ModuleList(Activated(channels) for _ in range(n_recursions)) for _ in range(2))
        heard = (n_recursions + n_memories) * channels
        self.gate_norm, self.gate = Activated(heard), conv(heard, channels, 1)

    def forward(self, memories: list[Tensor]) -> Tensor:
        """Make a new memory ``(b, channels, h, w)`` of all earlier ones, each of that shape, the newest last."""
        state, recent = memories[-1], []
        for first, second in zip(self.norms1, self.norms2, strict=True):
            state = state + second(first(state, self.conv1), self.conv2)
            recent.append(state)
        heard = torch.cat([*memories, *recent], dim=1)  # (b, (R + m)*channels, h, w)
        memory: Tensor = self.gate_norm(heard, self.gate)  # (b, channels, h, w)
        return memory


class MemNet(nn.Module):
    """MemNet M6R6: feature extraction, memory blocks, and an image from each of them, weighed; on luma.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: of the features.
        n_blocks: M, memory blocks.
        n_recursions: R, runs of the residual unit in each.
        alpha: what the final image weighs in the loss, the rest is the intermediate images'; 1 / (M + 1) where None.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, n_blocks: int = 6, n_recursions: int = 6, alpha: float | None = None
    ) -> None:
        super().__init__()
        self.scale = scale
        self.alpha = 1 / (n_blocks + 1) if alpha is None else alpha
        self.head_norm, self.head = Activated(1), conv(1, channels)
        self.blocks = nn.ModuleList(
            MemoryBlock(channels, n_recursions=n_recursions, n_memories=n + 1) for n in range(n_blocks)
        )
        self.tail_norms, self.tail = nn.ModuleList(Activated(channels) for _ in range(n_blocks)), conv(channels, 1)
        self.ensemble = nn.Parameter(torch.full((n_blocks,), 1 / n_blocks))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all of them have one

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self._weigh(self.reconstructions(luma))  # (b, 1, s*h, s*w)

    def reconstructions(self, luma: Tensor) -> list[Tensor]:
        """Return the image after every block, ``(b, 1, scale*h, scale*w)``, from Y ``(b, 1, h, w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        memories = [self.head_norm(bicubic, self.head)]  # (b, 64, s*h, s*w) each
        for block in self.blocks:
            memories.append(block(memories))
        pairs = zip(self.tail_norms, memories[1:], strict=True)
        return [bicubic + norm(memory, self.tail) for norm, memory in pairs]  # (b, 1, s*h, s*w) each

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the image after every block and then the final one, from ``(b, 3, h, w)``."""
        images = self.reconstructions(rgb_to_y(lr))
        names = [*(f"block {n}" for n in range(1, len(images) + 1)), "ensemble"]
        weights = [*[(1 - self.alpha) / len(images)] * len(images), self.alpha]
        return [
            Prediction(name, with_chroma(image, lr, scale=self.scale), self.scale, weight)
            for name, image, weight in zip(names, [*images, self._weigh(images)], weights, strict=True)
        ]

    def _weigh(self, images: list[Tensor]) -> Tensor:
        return torch.einsum("n,nbchw->bchw", self.ensemble, torch.stack(images))


CARD = Card(
    title="MemNet",
    year=2017,
    citation="Y. Tai, J. Yang, X. Liu, C. Xu, MemNet: A Persistent Memory Network for Image Restoration, ICCV 2017, "
    "4539-4547",
    url="https://arxiv.org/abs/1708.02209",
    framework="pre-upsampling",
    idea="Recursive blocks whose gates choose from all recursions and all earlier blocks; six images, weighed.",
    lesson="06",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 695_497),
    parameters_source="tyshiwo/MemNet, M6R6: 676 992 weights (the 677K of the paper), 1 217 biases, 17 282 of batch "
    "normalisation, 6 of the ensemble",
    tiny={"channels": 8, "n_blocks": 2, "n_recursions": 2},
    published=published("memnet"),
    checkpoints=".caffemodel files of the authors' definitions in tyshiwo/MemNet (no licence stated: ask the authors)",
    luma_only=True,
)


def _in_form(weights: Mapping[str, Tensor], folded: bool) -> dict[str, Tensor]:
    shares = [value for key, value in weights.items() if key.startswith("ensemble.")]  # one for each block, in a file
    kept = {key: value for key, value in weights.items() if not key.startswith("ensemble.")}
    return kept | ({"ensemble": torch.cat(shares)} if shares else {})


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "channels": weights["head.weight"].shape[0],
        "n_blocks": weights["ensemble"].shape[0],
        "n_recursions": sum(key.startswith("blocks.0.norms1.") and key.endswith("norm.weight") for key in weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    caffe={
        "(?:bn|scale)_conv1": "head_norm.norm",
        "conv1": "head",
        r"(?:bn|scale)_conv(\d+)_(\d+)_a": "blocks.{0}.norms1.{1}.norm",
        r"conv(\d+)_\d+_a": "blocks.{0}.conv1",
        r"(?:bn|scale)_conv(\d+)_(\d+)_b": "blocks.{0}.norms2.{1}.norm",
        r"conv(\d+)_\d+_b": "blocks.{0}.conv2",
        r"(?:bn|scale)_conv_transition_(\d+)": "blocks.{0}.gate_norm.norm",
        r"conv_transition_(\d+)": "blocks.{0}.gate",
        r"(?:bn|scale)_conv_end_(\d+)": "tail_norms.{0}.norm",
        r"conv_end_\d+": "tail",
        r"weight_output_end_(\d+)": "ensemble.{0}",
    },
    in_form=_in_form,
)

register_model("memnet", CARD, layout=LAYOUT)(MemNet)
