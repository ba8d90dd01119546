"""``--kernel``, ``--blur``, ``--noise``: the condition of a network, or settings of a method."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._numbers import Real
from srkit.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Condition", "condition_options"]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The options' values: at most one of ``kernel`` and ``blur``; ``given`` is a kernel that is not in a file."""

    kernel: str | None = None
    blur: float | None = None
    noise: float | None = None
    basis: str | None = None
    given: Tensor | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, name.name) is not None for name in fields(self))

    def matrix(self) -> Tensor | None:
        """Return the blur as a kernel ``(k, k)``, or None."""
        from srkit.degrade import gaussian_widths, read_kernel
        from srkit.degrade.kernels import side_for
        from srkit.ops.kernels import delta

        if self.kernel is not None and self.blur is not None:
            raise BadInput("--kernel and --blur both say the blur; leave one of the two out.")
        if self.kernel is not None:
            return read_kernel(self.kernel)
        if self.blur is None:
            return self.given
        return gaussian_widths(side_for(self.blur), self.blur) if self.blur else delta(3)

    def to_network(self, net: nn.Module, *, foreign: bool = False, strict: bool = True) -> nn.Module:
        """Return the network conditioned on these values, as an ordinary network; unchanged where none is given.

        Args:
            foreign: its weights are not srkit's, so that their codes may belong to another basis.
            strict: refuse a network that has no condition, instead of leaving it as it is.
        """
        from srkit import models
        from srkit.degrade.kernel_files import read_matrix
        from srkit.evaluation.mismatch import Conditioned, needs_degradation

        name = getattr(net, "name", "")
        needs = name in models.names() and needs_degradation(models.card(name))
        if not needs and not (self and strict):
            return net
        if needs and self.matrix() is None and self.noise is None:
            raise BadInput(f"{name} needs the blur of the pictures: --kernel FILE, or --blur W (0 is no blur).")
        if needs and foreign and self.basis is None and models.card(name).extra_input == "degradation":
            raise BadInput(
                f"These weights of {name} are not srkit's, so their codes belong to a basis of their authors: give it "
                "by --basis FILE; that of SRMD's authors is kernels/srmd_pca_matlab.mat in cszn/KAIR."
            )
        basis = None if self.basis is None else read_matrix(self.basis, "P")
        return Conditioned.by(net, kernel=self.matrix(), noise=self.noise, basis=basis)

    def to_method(self, name: str, *, strict: bool = True) -> dict[str, Any]:
        """Return this as settings of a method.

        Args:
            strict: refuse settings that it does not have, instead of leaving it out.
        """
        from srkit.methods._registry import METHODS

        if self.basis is not None and strict:
            raise BadInput(f"--basis belongs to networks conditioned on codes; the method {name} takes none.")
        found = {"kernel": self.matrix(), "noise": None if self.noise is None else self.noise / 255}
        found = {
            setting: value
            for setting, value in found.items()
            if value is not None and (strict or setting in _takes(name))
        }
        for setting in found:
            can = [other for other in METHODS.names() if setting in _takes(other)]
            if name not in can:
                said = "noise" if setting == "noise" else "blur"
                raise BadInput(
                    f"The method {METHODS.key(name)} cannot use the {said}. Methods that can: {', '.join(can)}."
                )
        return found


def _takes(method: str) -> list[str]:
    from srkit.methods._registry import METHODS

    return list(inspect.signature(METHODS.get(method).factory).parameters)


def condition_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it receives them as ``condition``."""

    @functools.wraps(function)
    def command(
        *arguments: Any, kernel: str | None, blur: float | None, noise: float | None, basis: str | None, **options: Any
    ) -> Any:
        return function(*arguments, condition=Condition(kernel=kernel, blur=blur, noise=noise, basis=basis), **options)

    added = (
        click.option("--kernel", metavar="FILE", help="Tell the blur of the pictures: .mat, .npy or .png."),
        click.option(
            "--blur",
            type=Real(0, 20),
            metavar="W",
            help="Tell the blur as the width of a Gaussian, in HR pixels.",
        ),
        click.option("--noise", type=Real(0, 255), metavar="N", help="Tell the noise, on the scale of 0 to 255."),
        click.option("--basis", metavar="FILE", help="PCA basis (.mat, P) of a network's codes; else srkit's own."),
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(added), command)
