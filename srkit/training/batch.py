"""What a step is trained on: small images, large images, and the condition, what the network is told beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from srkit.datasets.degraded import Condition
from srkit.errors import BadInput

__all__ = ["Batch", "Batches", "complete", "split"]

Batch = tuple[Tensor, Tensor, Condition] | tuple[Tensor, Tensor]
"""``(lr, hr, condition)``; ``(lr, hr)`` is short for an empty condition."""


class Batches(Protocol):
    """Where training pairs come from: :class:`srkit.datasets.Patches`, or anything with this method."""

    def batch(self, step: int, /) -> Batch:
        """Return ``lr (b, 3, h, w)`` and ``hr (b, 3, scale*h, scale*w)`` of a step; the same ones whenever asked.

        Third comes the condition, a dict of further keywords of the network or of its predictions (a kernel, a code, a
        scale), empty or left out for ordinary pairs. In it, tensors with ``b`` rows are cut and moved like the images.
        For a network with several predictions ``hr`` may be ``(b, n, 3, scale*h, scale*w)``, one target for each.
        """
        ...


def complete(batch: Batch) -> tuple[Tensor, Tensor, Condition]:
    """Return a batch with its condition, which may have been left out."""
    return batch if len(batch) == 3 else (*batch, {})


def split(
    batch: Batch, parts: int, *, device: torch.device, channels_last: bool = False, processes: int = 1
) -> Iterator[tuple[Tensor, Tensor, dict[str, Any]]]:
    """Yield LR, HR and condition of the batch in equal parts, on the device of the run.

    Raises:
        BadInput: the number of images is not a multiple of ``parts``.
    """
    lr, hr, condition = complete(batch)
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
        return mine.to(device, memory_format=layout)

    for number in range(parts):
        yield share(lr, number), share(hr, number), {name: share(value, number) for name, value in condition.items()}
