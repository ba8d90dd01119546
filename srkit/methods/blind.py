"""Methods that first find the kernel and then enlarge with it: what they share."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.methods._method import LOADED, Method, Progress, Result, Watch
from srkit.methods.backprojection import BackProjection
from srkit.methods.zssr import Zssr

__all__ = ["BlindMethod", "Then", "finite"]

Then = Literal["zssr", "back_projection"]
_STEPS = 10
_SEARCHED = 190  # bytes for each LR pixel: where crops are drawn, in float64


def finite(watch: Watch, **values: float) -> bool:
    """Tell whether all values are finite numbers; if not, end the method and say which was not."""
    for name, value in values.items():
        if not math.isfinite(value):
            watch.stop = (
                f"stopped: the {name} became {value} at step {watch.step + 1}; the result is of the steps before it. "
                "A smaller learning rate or another seed may help."
            )
            return False
    return True


class BlindMethod(Method):
    """Finds the kernel, then enlarges with it. Subclasses write :meth:`estimate`.

    A run that is stopped while it looks for the kernel enlarges by back-projection with the kernel so far, which takes
    a moment.

    Args:
        settings: a record whose ``steps`` say how many steps the search for the kernel takes.
        preset: its name; of ``"LESSON"`` ZSSR's preset of that name enlarges.
        then: what enlarges: ``"zssr"`` trains, ``"back_projection"`` takes ten quick steps.
        seed: decides everything random.

    Raises:
        BadInput: an unknown ``then``.
    """

    scales: ClassVar[tuple[int, ...]] = (2, 4)

    def __init__(self, settings: Any, *, preset: str, then: Then, seed: int) -> None:
        if then not in ("zssr", "back_projection"):
            raise BadInput(f"then is 'zssr' or 'back_projection'; {then!r} was given.")
        self.settings, self.then, self.seed = settings, then, seed
        zssr = "LESSON" if preset.strip().upper() == "LESSON" else "X2_GIVEN_KERNEL_CONF"
        self.enlarger = Zssr(preset=zssr, seed=seed, ensemble=False, rotate=False, back_projections=(2,))

    def search(self, one_step: Callable[[], dict[str, float]], kernel: Callable[[], Tensor], watch: Watch) -> Tensor:
        """Make the steps of the search and return the last ``kernel()`` whose values were all numbers."""
        found = kernel()
        while watch.step < self.settings.steps and watch.goes_on():
            values, now = one_step(), kernel()
            values["kernel sum"] = float(now.sum())
            if not finite(watch, **values):
                break
            found = now
            watch.stepped(**values)
        return found

    @abc.abstractmethod
    def estimate(self, lr: Tensor, scale: int, watch: Watch) -> tuple[Tensor, str]:
        """Return the kernel ``(k, k)``, to be applied by correlation, and why the search ended."""

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return the bytes of the search or of the enlargement, whichever takes more."""
        found = torch.full((7 * scale, 7 * scale), (7 * scale) ** -2)  # about as large as kernels found
        later = BackProjection(kernel=found, steps=_STEPS) if self.then == "back_projection" else self.enlarger
        searching = LOADED + self.batch_bytes() + _SEARCHED * size[0] * size[1]
        return max(searching, later.foreseen_bytes(size, scale))

    def batch_bytes(self) -> float:
        """Return the bytes that one step of the search takes whatever the size of the image; few, unless said."""
        return 0

    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Find the kernel of ``(3, h, w)`` and enlarge with it."""
        if scale not in self.scales:
            raise BadInput(
                f"{self.name} finds kernels for x{' and x'.join(map(str, self.scales))}; x{scale} was asked for."
            )
        later = _STEPS if self.then == "back_projection" else self.enlarger.settings.max_steps
        watch = Watch(progress, total=self.settings.steps + later)
        with watch.listening():
            kernel, reason = self.estimate(lr, scale, watch)
        if watch.stop:
            image = BackProjection(kernel=kernel, steps=_STEPS).run(lr, scale, None).image
            return watch.result(image, reason, kernel=kernel)
        return self._enlarge(lr, scale, kernel, watch, reason)

    def _enlarge(self, lr: Tensor, scale: int, kernel: Tensor, watch: Watch, reason: str) -> Result:
        before, progress = watch.step, watch.progress
        onward = None if progress is None else lambda done, total: progress(before + done, before + total)
        enlarger = BackProjection(steps=_STEPS) if self.then == "back_projection" else self.enlarger
        enlarger.kernel = kernel
        result = enlarger.run(lr, scale, onward)
        for name, curve in result.history.items():
            watch.history[f"{self.then} {name}"] = [(before + step, value) for step, value in curve]
        watch.step += result.steps
        ended = result.reason if not result.complete else f"{reason}; then {result.reason.removeprefix('done: ')}"
        return watch.result(result.image, ended, kernel=kernel)
