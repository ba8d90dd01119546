"""One photograph enlarged from file to file in a process of its own: MiB before, MiB at the peak and CPU seconds."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import srkit
from srkit.inference import measure_reach
from srkit.models._official import official


class InNcnn(nn.Module):
    """A network that ncnn computes, of the same file, on one thread and in 32 bits."""

    def __init__(self, name: str, scale: int, variant: str) -> None:
        super().__init__()
        import ncnn

        files = [each.path for each in official() if (each.network, each.scale, each.variant) == (name, scale, variant)]
        self.scale, self.net = scale, ncnn.Net()
        self.net.opt.num_threads = 1
        self.net.opt.use_fp16_packed = self.net.opt.use_fp16_storage = self.net.opt.use_fp16_arithmetic = False
        self.net.opt.use_bf16_storage = False
        self.net.load_param(str(Path(files[0]).with_suffix(".param")))
        self.net.load_model(str(files[0]))

    def forward(self, lr: Tensor) -> Tensor:
        """Map ``(1, 3, h, w)`` to ``(1, 3, scale*h, scale*w)``."""
        import ncnn

        given, extractor = lr[0].numpy(), self.net.create_extractor()
        extractor.input("data", ncnn.Mat(given))
        return torch.from_numpy(np.array(extractor.extract("output")[1]))[None]


def peak() -> float:
    """Return the most MiB that this process has held; ``ru_maxrss`` would begin with what its parent held."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def main(name: str, scale: str, variant: str, where: str, tile: str, source: str, target: str) -> None:
    """Enlarge ``source`` into ``target`` after a small image, which loads what is loaded once."""
    torch.set_num_threads(1)
    net = srkit.models.create(name, scale=int(scale), pretrained=variant or None)
    options: dict[str, Any] = {"tile": int(tile) or "auto", "halo": measure_reach(net)}
    net = InNcnn(name, int(scale), variant) if where == "ncnn" else net
    srkit.upscale(torch.rand(3, 64, 64), net, tile=32, halo=options["halo"])
    start, began = peak(), time.process_time()
    srkit.upscale(source, net, out=target, overwrite=True, **options)
    print(f"{start:.0f} {peak():.0f} {time.process_time() - began:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
