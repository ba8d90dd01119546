"""What a step is trained on: small images, large images, and whatever else the network must be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["Batch", "Batches", "split"]

Batch = tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Mapping[str, Any]]


class Batches(Protocol):
    """Where training pairs come from: :class:`srkit.datasets.Patches`, or anything with this method."""

    def batch(self, step: int, /) -> Batch:
        """Return ``lr (b, 3, h, w)`` and ``hr (b, 3, scale*h, scale*w)`` of a step; the same ones whenever asked.

        A third element is a dict of further keywords of the network: its extra input (a kernel, a scale, a stage). In
        it, tensors with ``b`` rows are cut and moved like the images. For a network with several predictions ``hr`` may
        be ``(b, n, 3, scale*h, scale*w)``, one target for each.
        """
        ...


def split(
    batch: Batch, parts: int, *, device: torch.device, channels_last: bool = False, processes: int = 1
) -> Iterator[tuple[Tensor, Tensor, dict[str, Any]]]:
    """Yield LR, HR and extra input of the batch in equal parts, on the device of the run.

    Raises:
        BadInput: the number of images is not a multiple of ``parts``.
    """
    lr, hr, extra = batch if len(batch) == 3 else (*batch, {})
    if len(lr) % parts:
        raise BadInput(
            f"A batch of {len(lr)} images cannot be accumulated in {parts} equal parts: choose batch as a multiple of "
            f"accumulate × processes = {parts * processes}."
        )

    def share(value: Any, number: int) -> Any:
        if not isinstance(value, Tensor):
            return value
        mine = value.chunk(parts)[number] if value.dim() and len(value) == len(lr) else value
        layout = torch.channels_last if channels_last and mine.dim() == 4 else torch.contiguous_format
        return mine.to(device, non_blocking=True, memory_format=layout)

    for number in range(parts):
        yield share(lr, number), share(hr, number), {name: share(value, number) for name, value in extra.items()}
