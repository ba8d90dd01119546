"""The interface of one-image methods: ``restore(lr, scale=…)`` gives a result, reports progress, and can be stopped.

A network is trained beforehand; a method works on the one image it is given (it trains on it, searches a kernel,
projects back). Both can be measured and shown side by side, because :func:`srkit.methods.as_network` wraps a method as
a network.
"""

from __future__ import annotations

import abc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import check_image
from srkit.training.loop import finish_step_first

__all__ = ["Method", "MethodCard", "Progress", "Result", "Watch", "as_grey_as"]

Progress = Callable[[int, int], object]

LOADED = 140e6
"""Bytes that a method takes for an image of any size: what PyTorch loads for its first optimiser."""
IMAGE = 12
"""Bytes for each pixel of an image of three colours."""


@dataclass(frozen=True, kw_only=True)
class MethodCard:
    """Facts about a method.

    Attributes:
        title: the name as papers print it.
        year: of the paper.
        citation: authors, title, place.
        url: where the paper is.
        idea: one sentence.
        estimates_kernel: whether it finds the blur kernel itself.
        tiny: settings with which it makes 50 steps on an image of 40x40 pixels in CPU seconds, for trying it out.
        measured: what the table of real-world systems (docs/REAL_WORLD.md) says of it, a sentence for each column;
            :func:`srkit.methods.card` fills it in.
    """

    title: str
    year: int
    citation: str
    url: str
    idea: str
    estimates_kernel: bool = False
    tiny: Mapping[str, Any] = field(default_factory=dict)
    measured: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a method found for one image.

    Attributes:
        image: ``(3, scale*h, scale*w)`` in [0, 1].
        reason: why it ended, in words; begins with ``"stopped"`` or ``"interrupted"`` where the caller ended it.
        kernel: the blur kernel used or found, ``(k, k)``; None where there is none.
        history: curves by name, each a list of (step, value).
        steps: how many steps were made.
        seconds: wall time.
    """

    image: Tensor
    reason: str
    kernel: Tensor | None = None
    history: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the method was not stopped early."""
        return not self.reason.startswith(("stopped", "interrupted"))

    def __repr__(self) -> str:
        h, w = self.image.shape[-2:]
        return f"<Result {h}x{w} (height x width) after {self.steps} steps, {self.seconds:.1f} s: {self.reason}>"


class Watch:
    """Counts steps, keeps curves, and tells a method when to stop.

    A method makes one for each image and calls it after each step::

        watch = Watch(progress, total=3000)
        with watch.listening():
            while watch.goes_on():
                loss = one_step()
                watch.stepped(loss=loss)

    Args:
        progress: called as ``progress(done, total)``; what it returns, if it is true, ends the method.
        total: number of steps expected at most.

    Attributes:
        step: steps made.
        stop: why to end; empty while the method goes on.
        history: curves by name.
    """

    def __init__(self, progress: Progress | None, *, total: int) -> None:
        self.progress = progress
        self.total = total
        self.step = 0
        self.stop = ""
        self.history: dict[str, list[tuple[int, float]]] = {}
        self._began = time.perf_counter()

    @contextmanager
    def listening(self) -> Iterator[Watch]:
        """Let the first Ctrl-C inside end the method after the current step."""
        with finish_step_first(self):
            yield self

    def take_up(self, *, step: int, history: dict[str, list[tuple[int, float]]], seconds: float) -> None:
        """Continue an interrupted call: its steps, curves and wall time count."""
        self.step = step
        self.history = {name: [(int(at), float(value)) for at, value in curve] for name, curve in history.items()}
        self._began -= seconds

    def goes_on(self) -> bool:
        """Tell whether another step may be made."""
        return not self.stop

    def stepped(self, **values: float) -> None:
        """Count a step, put values onto their curves and report."""
        self.step += 1
        self.record(**values)
        if self.progress is not None and self.progress(self.step, self.total) and not self.stop:
            self.stop = "stopped by the callback"

    def record(self, **values: float) -> None:
        """Put values onto their curves at the current step."""
        for name, value in values.items():
            self.history.setdefault(name, []).append((self.step, float(value)))

    @property
    def seconds(self) -> float:
        """Wall time since the beginning."""
        return time.perf_counter() - self._began

    def result(self, image: Tensor, reason: str, *, kernel: Tensor | None = None) -> Result:
        """Return the result; where the method was stopped on request, that is the reason given."""
        found, (low, high) = image.detach(), torch.aminmax(image.detach())
        return Result(
            image=found if low >= 0 and high <= 1 else found.clamp(0, 1),  # a large image is not copied in vain
            reason=self.stop or reason,
            kernel=kernel,
            history=self.history,
            steps=self.step,
            seconds=self.seconds,
        )


class Method(abc.ABC):
    """A method that works on one image. Subclasses write :meth:`run`; their settings are keyword arguments.

    Attributes:
        name: under which it is registered.
    """

    name: ClassVar[str] = ""

    def restore(self, lr: Tensor, *, scale: int, progress: Progress | None = None) -> Result:
        """Enlarge one image.

        Ctrl-C, or a ``progress`` that returns something true, ends it after the step in hand; the result is then the
        best so far, and ``result.reason`` says so. The caller's gradient mode and random state are left alone.

        Args:
            lr: ``(3, h, w)`` in [0, 1]; its device is where the work is done.
            scale: whole enlargement factor, 2 or more.
            progress: called as ``progress(done, total)`` after each step.

        Raises:
            BadInput: not one image, or a scale that is no whole number of at least 2.
        """
        check_image(lr, name="lr")
        if lr.ndim != 3:
            raise BadInput(f"A method restores one image (3, h, w); this is a batch of {len(lr)}: hand them in singly.")
        if isinstance(scale, bool) or not isinstance(scale, int) or scale < 2:
            raise BadInput(f"scale is a whole number of at least 2; {scale!r} was given.")
        with torch.inference_mode(False), torch.enable_grad():
            return self.run(lr.detach().clone(), scale, progress)

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return about how many bytes :meth:`restore` will take beside Python and PyTorch.

        By default four images of the result's size and what is loaded once; a method that takes more says so.

        Args:
            size: (h, w) of the image, in LR pixels.
            scale: as in :meth:`restore`.
        """
        return LOADED + 4 * IMAGE * size[0] * size[1] * scale**2

    @abc.abstractmethod
    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Do the work on a checked image ``(3, h, w)``, gradients enabled; :class:`Watch` records the steps."""


def as_grey_as(sr: Tensor, lr: Tensor) -> Tensor:
    """Return ``(3, H, W)``; grey where ``lr`` is grey."""
    grey = bool((lr[0] == lr[1]).all() and (lr[1] == lr[2]).all())
    return sr.mean(0, keepdim=True).expand(3, -1, -1) if grey else sr
