"""IPT, one pre-trained transformer for several tasks.

H. Chen, Y. Wang, T. Guo, C. Xu, Y. Deng, Z. Liu, S. Ma, C. Xu, C. Xu, W. Gao, "Pre-Trained Image Processing
Transformer", CVPR 2021, 12299-12310, https://arxiv.org/abs/2012.00364. The idea in one sentence: a transformer of 256
words of 3x3 feature pixels, trained on six tasks at once with ImageNet, is shared by heads and tails of single tasks.

Deviations: none in the network, which takes images of 48x48 only. Larger ones are cut into such tiles that overlap by
12, of each of which the outer 6 pixels are not used where there is a neighbour. The released test code holds this as a
comment, and takes the mean of tiles at every twelfth pixel instead, which is nine times the work. Smaller images are
extended by repeating their border.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, Upsampler, conv
from srkit.models._registry import Card, Layout, register_model, score_table
from srkit.ops._export import is_exporting, lacking
from srkit.ops.pixels import pad

__all__ = ["CARD", "IPT"]


class ResidualBlock(nn.Sequential):
    """Section 3.1, heads: 5x5 convolution, ReLU, 5x5 convolution, and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__(conv(channels, channels, 5), nn.ReLU(), conv(channels, channels, 5))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = super().forward(features)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return features + residual


class Perceptron(nn.Module):
    """Two linear layers with ReLU, four times as wide in between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, words: Tensor) -> Tensor:
        """Map ``(b, n, width)``; the shape stays."""
        mapped: Tensor = self.narrow(self.widen(words).relu())
        return mapped


class Attention(nn.Module):
    """Multi-head attention without biases (Vaswani et al. 2017)."""

    def __init__(self, width: int, *, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        nn.init.xavier_uniform_(self.qkv.weight)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Return for each word of ``query`` a mean of those of ``value`` whose ``key`` fits; all ``(b, n, width)``."""
        pairs = zip((query, key, value), self.qkv.weight.chunk(3), strict=True)  # with (width, width) each
        maps = (F.linear(words, weight) for words, weight in pairs)
        query, key, value = [
            part.view(*part.shape[:2], self.n_heads, -1).transpose(1, 2) for part in maps
        ]  # (b, heads, n, .)
        seen = F.scaled_dot_product_attention(query, key, value)  # (b, heads, n, width/heads)
        mixed: Tensor = self.out(seen.transpose(1, 2).flatten(2))  # (b, n, width)
        return mixed


class Encoder(nn.Module):
    """Equation 3: attention among the words and a perceptron, each after a LayerNorm and with a skip."""

    def __init__(self, width: int, *, n_heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, n_heads=n_heads)
        self.perceptron = Perceptron(width)

    def forward(self, words: Tensor) -> Tensor:
        """Refine ``(b, n, width)``; the shape stays."""
        normed = self.norm1(words)
        words = words + self.attention(normed, normed, normed)
        refined: Tensor = words + self.perceptron(self.norm2(words))
        return refined


class Decoder(nn.Module):
    """Equation 4: as the encoder, with the task added to what is compared, and a look at the encoder's words."""

    def __init__(self, width: int, *, n_heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.across = Attention(width, n_heads=n_heads), Attention(width, n_heads=n_heads)
        self.perceptron = Perceptron(width)

    def forward(self, words: Tensor, encoded: Tensor, task: Tensor) -> Tensor:
        """Refine ``(b, n, width)`` by ``encoded``, of the same shape, for ``task`` ``(n, width)``."""
        normed = self.norm1(words)
        words = words + self.attention(normed + task, normed + task, normed)
        words = words + self.across(self.norm2(words) + task, encoded, encoded)
        refined: Tensor = words + self.perceptron(self.norm3(words))
        return refined


def spans(length: int, side: int) -> tuple[Tensor, Tensor]:
    """Cut an axis of ``length >= side`` pixels into n tiles of ``side``, which overlap.

    Returns:
        The pixels of all tiles, ``(n*side,)``, and which of these each pixel of the axis is taken from, ``(length,)``.
    """
    edge, last = side // 8, length - side
    step = side - 2 * edge
    starts = (torch.arange((last + step - 1) // step + 1) * step).clamp(max=last)  # (n,)
    pixels = (starts[:, None] + torch.arange(side)).flatten()
    places = torch.arange(length)
    tiles = (places[:, None] >= starts[1:] + edge).sum(1)  # (length,)
    return pixels, places - starts[tiles] + side * tiles


def enlarged(places: Tensor, scale: int) -> Tensor:
    """Return the places ``(scale*n,)`` in the large image of the pixels at ``(n,)`` places."""
    return (scale * places[:, None] + torch.arange(scale)).flatten()


class IPT(nn.Module):
    """Figure 2: head of the task, transformer with the task's embedding, tail of the task.

    Args:
        scale: enlargement factor.
        channels: feature channels; a word is 3x3 pixels of them.
        depth: layers of the encoder, and of the decoder.
        n_heads: attention heads.
        side: of the images the transformer takes, a multiple of 3.
        tasks: scales of the tasks that have a head and a tail, 1 where nothing is enlarged; ``(scale,)`` if None.
        rgb_range: the value of white inside the network; the released weights have 255.

    Raises:
        BadInput: ``scale`` is not among the tasks.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        depth: int = 12,
        n_heads: int = 12,
        side: int = 48,
        tasks: tuple[int, ...] | None = None,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__()
        tasks = tasks or (scale,)
        if scale not in tasks:
            raise BadInput(f"This IPT has tails for {', '.join(f'x{s}' for s in tasks)}, and x{scale} was asked for.")
        self.scale, self.side, self.chosen = scale, side, tasks.index(scale)
        width, words = 9 * channels, (side // 3) ** 2
        self.range = PixelRange(rgb_range=rgb_range)
        self.heads = nn.ModuleList(
            nn.Sequential(conv(3, channels), ResidualBlock(channels), ResidualBlock(channels)) for _ in tasks
        )
        self.read, self.write = nn.Linear(width, width), Perceptron(width)
        self.places, self.task = nn.Embedding(words, width), nn.Embedding(len(tasks), words * width)
        self.encoder = nn.ModuleList(Encoder(width, n_heads=n_heads) for _ in range(depth))
        self.decoder = nn.ModuleList(Decoder(width, n_heads=n_heads) for _ in range(depth))
        self.tails = nn.ModuleList(nn.Sequential(Upsampler(channels, s), conv(channels, 3)) for s in tasks)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``, tile by tile."""
        h, w = lr.shape[-2:]
        side, s = self.side, self.scale
        below, beside = (lacking(n, side) for n in (h, w))
        whole = pad(lr, (0, below, 0, beside), border="replicate")  # (b, 3, H, W)
        (rows, y), (columns, x) = (spans(n, side) for n in whole.shape[-2:])
        tiles = whole[..., rows.to(lr.device), :][..., columns.to(lr.device)]  # (b, 3, n*side, m*side)
        tiles = torch.unflatten(torch.unflatten(tiles, -1, (-1, side)), -3, (-1, side))  # (b, 3, n, side, m, side)
        tiles = tiles.permute(2, 4, 0, 1, 3, 5)  # (n, m, b, 3, side, side)
        n, m, b = tiles.shape[:3]
        large = self.enlarge_tiles(tiles.flatten(0, 2), b)  # (n*m*b, 3, s*side, s*side)
        large = torch.unflatten(large, 0, (n, m, b)).permute(2, 3, 0, 4, 1, 5)  # (b, 3, n, s*side, m, s*side)
        large = large.flatten(2, 3).flatten(-2)  # (b, 3, n*s*side, m*s*side)
        y, x = (enlarged(places, s).to(lr.device) for places in (y, x))
        sr: Tensor = large[..., y, :][..., x][..., : s * h, : s * w]  # (b, 3, s*h, s*w)
        return sr

    def enlarge_tiles(self, tiles: Tensor, at_once: int) -> Tensor:
        """Enlarge ``(n, 3, side, side)``, ``at_once`` of them together."""
        if is_exporting():  # a loop would make their number a part of the program
            return self.enlarge_tile(tiles)
        return torch.cat([self.enlarge_tile(some) for some in tiles.split(at_once)])  # type: ignore[no-untyped-call]

    def enlarge_tile(self, tile: Tensor) -> Tensor:
        """Enlarge ``(b, 3, side, side)``, the size the transformer takes."""
        features = self.heads[self.chosen](self.range.inwards(tile))  # (b, channels, side, side)
        patches = F.unfold(features, 3, stride=3).mT  # (b, words, 9*channels)
        words = patches + self.read(patches) + self.places.weight
        for layer in self.encoder:
            words = layer(words)
        encoded, task = words, self.task.weight[self.chosen].view_as(self.places.weight)
        for layer in self.decoder:
            words = layer(words, encoded, task)
        words = words + self.write(words)
        features = features + F.fold(words.mT, self.side, 3, stride=3)
        return self.range.outwards(self.tails[self.chosen](features))  # (b, 3, s*side, s*side)


ROWS: dict[int, dict[str, tuple[float, float | None]]] = {
    2: {"set5": (38.37, None), "set14": (34.43, None), "b100": (32.48, None), "urban100": (33.76, None)},
    4: {"set5": (32.64, None), "set14": (29.01, None), "b100": (27.82, None), "urban100": (27.26, None)},
}

CARD = Card(
    title="IPT",
    year=2021,
    citation="H. Chen, Y. Wang, T. Guo, C. Xu, Y. Deng, Z. Liu, S. Ma, C. Xu, C. Xu, W. Gao, Pre-Trained Image "
    "Processing Transformer, CVPR 2021, 12299-12310",
    url="https://arxiv.org/abs/2012.00364",
    framework="post-upsampling",
    idea="One transformer over patches of features, pre-trained on six tasks, between heads and tails of single tasks.",
    lesson="07",
    scales=(2, 3, 4),
    parameters={2: 115_460_419, 3: 115_645_059, 4: 115_608_131},
    parameters_source="huawei-noah/Pretrained-IPT with one task, without its 24 frozen mean-shift numbers",
    tiny={"channels": 4, "depth": 1, "n_heads": 2, "side": 12},
    published=score_table("README of huawei-noah/Pretrained-IPT", ROWS),
    deviations=(
        "the frozen mean shift is a buffer, not 24 parameters",
        "tiles overlap by 12 pixels and are cut hard; the released test code averages tiles at every twelfth pixel",
    ),
    checkpoints="https://github.com/huawei-noah/Pretrained-IPT (Apache-2.0), .pt, loaded as they are by "
    "srkit.models.load; a file with several tasks needs its scale",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels, words = weights["heads.0.0.weight"].shape[0], weights["places.weight"].shape[0]
    n_tasks = weights["task.weight"].shape[0]
    tasks = tuple(_scale(weights, k) for k in range(n_tasks))
    sizes = {
        "channels": channels,
        "depth": sum(key.startswith("encoder.") and key.endswith("norm1.weight") for key in weights),
        "side": 3 * round(words**0.5),
        "rgb_range": PixelRange.rgb_range_of(weights),
    }
    return {**sizes, "tasks": tasks} if n_tasks > 1 else {**sizes, "scale": tasks[0]}


def _scale(weights: Mapping[str, Tensor], task: int) -> int:
    """Return the scale of a task's tail; 1 for denoising and deraining, whose upsampler is empty."""
    prefix = f"tails.{task}.0"
    return Upsampler.scale_of(weights, prefix) if f"{prefix}.0.weight" in weights else 1


_LAYER = r"body\.(encoder|decoder)\.layers\.(\d+)\."

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"head\.(\d+)\.0\.(.+)", r"heads.\1.0.\2"),
        (r"head\.(\d+)\.([12])\.body\.(.+)", r"heads.\1.\2.\3"),
        (r"body\.linear_encoding\.(.+)", r"read.\1"),
        (r"body\.mlp_head\.0\.(.+)", r"write.widen.\1"),
        (r"body\.mlp_head\.3\.(.+)", r"write.narrow.\1"),
        (r"body\.query_embed\.weight", "task.weight"),
        (r"body\.position_encoding\.pe\.weight", "places.weight"),
        (_LAYER + r"self_attn\.in_proj_weight", r"\1.\2.attention.qkv.weight"),
        (_LAYER + r"self_attn\.out_proj\.weight", r"\1.\2.attention.out.weight"),
        (_LAYER + r"multihead_attn\.in_proj_weight", r"\1.\2.across.qkv.weight"),
        (_LAYER + r"multihead_attn\.out_proj\.weight", r"\1.\2.across.out.weight"),
        (_LAYER + r"linear1\.(.+)", r"\1.\2.perceptron.widen.\3"),
        (_LAYER + r"linear2\.(.+)", r"\1.\2.perceptron.narrow.\3"),
        (_LAYER + r"(norm.+)", r"\1.\2.\3"),
        (r"tail\.(.+)", r"tails.\1"),
    ),
    ignored=(*PixelRange.PUBLISHED, r"body\.position_encoding\.position_ids"),
)

register_model("ipt", CARD, layout=LAYOUT)(IPT)
