"""IKC as a method: the kernel of one image is estimated iteratively, and each iteration can be observed.

J. Gu, H. Lu, W. Zuo, C. Dong, "Blind Super-Resolution With Iterative Kernel Correction", CVPR 2019, algorithm 1. The
network ``ikc`` does the same in one call; here the turns can be watched and stopped, and the kernel is returned.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit import models
from srkit.errors import BadInput
from srkit.inference.bounded import bytes_per_pixel
from srkit.methods._method import IMAGE, LOADED, Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import register_method
from srkit.ops.device import exact

__all__ = ["IterativeCorrection"]

CARD = MethodCard(
    title="IKC",
    year=2019,
    citation="J. Gu, H. Lu, W. Zuo, C. Dong, Blind Super-Resolution With Iterative Kernel Correction, CVPR 2019, "
    "1604-1613",
    url="https://arxiv.org/abs/1904.03377",
    idea="Predict the code of the blur kernel, enlarge with it, and correct the code by what the result looks like.",
    estimates_kernel=True,
    tiny={"iterations": 50},
)


@register_method("ikc", CARD)
class IterativeCorrection(Method):
    """Predicts a kernel, enlarges, corrects the kernel, and again.

    Args:
        net: a trained network ``ikc`` (:func:`srkit.papers.train_ikc`), or the file of its weights.
        iterations: corrections; None is the network's number.

    Raises:
        BadInput: the network corrects no kernels, or fewer than no correction.
        BadFile: the weights cannot be read.
    """

    def __init__(self, *, net: nn.Module | str | Path | None = None, iterations: int | None = None) -> None:
        loaded: Any = models.load(net) if isinstance(net, str | Path) else net
        if not hasattr(loaded, "corrector"):
            given = "none" if net is None else type(loaded).__name__
            raise BadInput(
                "IKC needs a trained network: net=FILE is the file of its weights, "
                f"which `srkit train --model ikc` writes, or in Python train_ikc(...).net; {given} was given."
            )
        if iterations is not None and iterations < 0:
            raise BadInput(f"iterations is a whole number of at least 0; {iterations} was given.")
        self.net = loaded
        self.iterations = int(loaded.iterations if iterations is None else iterations)

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return the bytes of the whole picture in the network."""
        return LOADED + size[0] * size[1] * (2 * IMAGE + 1.2 * bytes_per_pixel(self.net))

    @torch.no_grad()
    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Find the kernel of ``(3, h, w)`` and enlarge with it."""
        net = self.net.to(lr.device).eval()
        if scale != net.scale:
            raise BadInput(f"This IKC was trained for x{net.scale}; x{scale} was asked for.")
        batch, watch = lr[None].to(net.basis.dtype), Watch(progress, total=self.iterations)
        turns = net.turns(batch, self.iterations)
        codes, sr = next(turns)  # (1, n_codes), (1, 3, s*h, s*w)
        with watch.listening():
            while watch.step < self.iterations and watch.goes_on():
                before, (codes, sr) = codes, next(turns)
                watch.stepped(**{"change of the code": float((codes - before).norm())})
        kernel = exact(net.kernel_of(codes)[0])  # (k, k)
        return watch.result(sr[0].to(lr.dtype), f"done: {self.iterations} corrections of the kernel", kernel=kernel)
