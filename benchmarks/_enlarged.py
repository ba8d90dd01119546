"""One photograph enlarged from file to file in a process of its own, whole or some strips of it."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import srkit
from srkit import models
from srkit.cli._condition import Condition
from srkit.datasets.places import cache_home
from srkit.inference import measure_reach
from srkit.inference.bounded import affordable_tile
from srkit.inference.bundle import read_bundle
from srkit.inference.convert import digest_of
from srkit.inference.engines import on_engine
from srkit.inference.mode import scale_of
from srkit.ops.files import probe


class InNcnn(nn.Module):
    """A network as a program of ncnn's computes it: on one thread, in 32 bits or with the options ncnn comes with."""

    def __init__(self, param: Path, weights: Path, scale: int, *, exact: bool = True) -> None:
        super().__init__()
        import ncnn

        self.scale, self.net = scale, ncnn.Net()
        self.net.opt.num_threads = 1
        if exact:
            self.net.opt.use_fp16_packed = self.net.opt.use_fp16_storage = self.net.opt.use_fp16_arithmetic = False
            self.net.opt.use_bf16_storage = False
        self.net.load_param(str(param))
        self.net.load_model(str(weights))

    def forward(self, lr: Tensor) -> Tensor:
        """Map ``(1, 3, h, w)`` to ``(1, 3, scale*h, scale*w)``."""
        import ncnn

        given, extractor = lr[0].numpy(), self.net.create_extractor()
        extractor.input(self.net.input_names()[0], ncnn.Mat(given))
        return torch.from_numpy(np.array(extractor.extract(self.net.output_names()[0])[1]))[None]


def in_ncnn(net: nn.Module, *, exact: bool = True) -> InNcnn:
    """Return a network in ncnn alone, from the files that srkit converts it to.

    Raises:
        BadInput: ncnn cannot compute it.
    """
    place = cache_home() / "engines" / f"{digest_of(net, 'ncnn')}.zip"
    if not place.exists():
        on_engine(net, engine="ncnn")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in read_bundle(place).files.items():
            (Path(folder) / name).write_bytes(content)
        return InNcnn(Path(folder) / "net.param", Path(folder) / "net.bin", scale_of(net), exact=exact)


class Sampled(nn.Module):
    """A network that computes the first tiles of each strip alone; the other tiles are their pixels, repeated."""

    def __init__(self, net: nn.Module, *, computed: int, columns: int) -> None:
        super().__init__()
        self.net, self.scale, self.computed, self.columns, self.seen = net, scale_of(net), computed, columns, 0

    def forward(self, lr: Tensor) -> Tensor:
        """Map ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        self.seen += 1
        if (self.seen - 1) % self.columns < self.computed:
            sr: Tensor = self.net(lr)
            return sr
        return lr.repeat_interleave(self.scale, -1).repeat_interleave(self.scale, -2)


class Enough(Exception):
    """As many strips are made as were wanted."""


class Strips:
    """Notes, while a picture is enlarged, the peak after each strip, and ends after ``wanted`` of them; 0 is never."""

    def __init__(self, wanted: int, columns: int) -> None:
        self.wanted, self.columns, self.began, self.seconds, self.share = wanted, columns, time.process_time(), 0.0, 0.0
        self.peaks: dict[Any, float] = {}

    def __call__(self, done: int, total: int) -> None:
        """Count one more tile; a strip has ``columns`` of them."""
        if done % self.columns:
            return
        self.peaks[done // self.columns], self.share = held("VmHWM"), done / total
        self.seconds = time.process_time() - self.began
        if done // self.columns == self.wanted < total // self.columns:
            raise Enough


def held(what: str) -> float:
    """Return the MiB that this process holds (``VmRSS``) or held at most (``VmHWM``), as Linux counts them.

    ``ru_maxrss`` would begin with what its parent held.
    """
    return int(re.findall(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def opened(network: str, scale: int, variant: str) -> nn.Module:
    """Return the network of a file of weights or of a name; of two files with + between them the mean.

    A network that has to be told the degradation is told a round Gaussian blur one pixel wide.
    """
    if not network.endswith(".safetensors"):
        return models.create(network, scale=scale, pretrained=variant or None)
    nets = [models.load(path) for path in network.split("+")]
    net = srkit.mix(*nets, 0.5) if len(nets) == 2 else nets[0]
    return Condition(blur=1.0).to_network(net, strict=False)


def main(
    network: str, scale: int, pretrained: str, by: str, tile: int, strips: int, computed: int, **paths: str
) -> None:
    """Enlarge the file ``source`` into ``target`` and print, as JSON, MiB and CPU seconds a megapixel."""
    torch.set_num_threads(1)
    before = held("VmRSS")
    net = opened(network, scale, pretrained)
    reach = measure_reach(net)
    net = in_ncnn(net) if by == "ncnn" else on_engine(net, engine=by)
    height, width, _ = probe(paths["source"]) or (0, 0, False)
    photograph = torch.empty(1).expand(1, 3, height, width)
    side = tile or affordable_tile(net, photograph, scale=scale_of(net), halo=reach) or max(height, width)
    columns = -(-width // side)
    net = Sampled(net, computed=computed or columns, columns=columns)
    watch = Strips(strips, columns)
    with contextlib.suppress(Enough):
        srkit.upscale(paths["source"], net, out=paths["target"], tile=side, halo=reach, progress=watch)
        watch.seconds, watch.peaks["whole"] = time.process_time() - watch.began, held("VmHWM")
    seconds = watch.seconds / (watch.share * height * width / 1e6)
    print(json.dumps({"before": before, "peaks": watch.peaks, "seconds": seconds}))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
