"""The batches of a step, and the targets of its predictions.

A batch is small images, large images, and the condition, further keywords of the network. A network that offers
``predictions(lr)`` (:class:`srkit.layers.Prediction`: the levels of a pyramid, the turns of a recursion) is supervised
in several places, and the loop minimises the weighted sum of their losses. LapSRN (Lai et al., CVPR 2017, section 3.2),
DRCN (Kim et al., CVPR 2016, equation 7) and MemNet (Tai et al., ICCV 2017, equation 9) are trained like that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from srkit.datasets.degraded import Condition
from srkit.errors import BadInput
from srkit.layers import Prediction
from srkit.ops.resize import imresize

__all__ = [
    "Batch",
    "Batches",
    "LossFunction",
    "Predicting",
    "complete",
    "has_predictions",
    "split",
    "supervised_terms",
    "terms_of",
]

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
    """Yield LR, HR and condition of the batch in equal parts, on the device of the run."""
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


LossFunction = Callable[[Tensor, Tensor], Tensor]


def has_predictions(net: nn.Module) -> bool:
    """Return whether a network offers several predictions."""
    return callable(getattr(net, "predictions", None))


class Predicting(nn.Module):
    """A network as the training loop calls it when it is supervised in several places.

    DistributedDataParallel follows ``forward`` alone, so that here ``forward`` gives the predictions.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, lr: Tensor, **condition: Any) -> list[Prediction]:
        """Return the predictions ``(b, 3, scale*h, scale*w)`` of LR images ``(b, 3, h, w)``, in their order."""
        found: list[Prediction] = self.net.predictions(lr, **condition)  # type: ignore[operator]
        return found


def terms_of(loss: LossFunction, sr: Tensor, hr: Tensor) -> dict[str, Tensor]:
    """Return the weighted terms of a loss by name; a plain function or module is one term called ``"value"``."""
    terms = getattr(loss, "terms", None)
    if callable(terms):
        return cast(dict[str, Tensor], terms(sr, hr))
    return {"value": loss(sr, hr)}


def supervised_terms(loss: LossFunction, predictions: Sequence[Prediction], hr: Tensor) -> dict[str, Tensor]:
    """Return the weighted terms of all predictions, named ``"<prediction> <term>"``.

    Args:
        predictions: in the order in which they were made; the last one has the size of HR.
        hr: ``(b, 3, h, w)``: where a prediction is smaller, MATLAB's bicubic reduces it, as LapSRN's training does. Or
            ``(b, n, 3, h, w)``: one target for each of the n predictions, from easy to hard.
    """
    if not predictions:
        raise BadInput("The network's predictions(lr) returned an empty list: there is nothing to compare.")
    whole = hr if hr.dim() == 5 else hr[:, None].expand(-1, len(predictions), -1, -1, -1)  # (b, n, 3, h, w)
    if whole.shape[1] != len(predictions):
        raise BadInput(f"The network made {len(predictions)} predictions and there are {whole.shape[1]} targets.")
    largest = predictions[-1].scale
    reduced: dict[int, Tensor] = {}
    terms: dict[str, Tensor] = {}
    for number, prediction in enumerate(predictions):
        target = whole[:, number]  # (b, 3, h, w)
        if prediction.scale != largest:
            if hr.dim() == 5 or prediction.scale not in reduced:
                reduced[prediction.scale] = imresize(target, prediction.scale / largest)
            target = reduced[prediction.scale]
        _check(prediction, target)
        for name, term in {**terms_of(loss, prediction.image, target), **prediction.beside}.items():
            terms[f"{prediction.name} {name}"] = prediction.weight * term
    return terms


def _check(prediction: Prediction, target: Tensor) -> None:
    if prediction.image.shape != target.shape:
        raise BadInput(
            f"The prediction {prediction.name!r} is {tuple(prediction.image.shape)} where its target is "
            f"{tuple(target.shape)}: its scale is not {prediction.scale}, or the pairs have another scale."
        )
