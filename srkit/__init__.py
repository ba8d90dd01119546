"""srkit: single-image super-resolution, every network of the course on one contract.

Images are float tensors ``(3, h, w)`` of RGB in [0, 1], batches ``(b, 3, h, w)``. ``net(lr)`` gives ``(b, 3, scale*h,
scale*w)``, unclamped. The names below are the public API; each is imported when it is first used, so that
``import srkit`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from srkit._version import __version__ as __version__

if TYPE_CHECKING:
    from srkit import (
        datasets,
        degrade,
        discriminators,
        errors,
        exercises,
        layers,
        losses,
        methods,
        metrics,
        models,
        ops,
        training,
        widgets,
    )
    from srkit import papers as papers
    from srkit.datasets import register_dataset
    from srkit.degrade import register_degradation
    from srkit.evaluation import evaluate
    from srkit.inference import upscale
    from srkit.inference.mix import mix
    from srkit.losses import register_loss
    from srkit.metrics import Protocol, register_metric
    from srkit.models import register_model
    from srkit.ops.files import read, write
    from srkit.training import train

_HOME = {
    "Protocol": "srkit.metrics",
    "evaluate": "srkit.evaluation",
    "mix": "srkit.inference",
    "read": "srkit.ops.files",
    "register_dataset": "srkit.datasets",
    "register_degradation": "srkit.degrade",
    "register_loss": "srkit.losses",
    "register_metric": "srkit.metrics",
    "register_model": "srkit.models",
    "train": "srkit.training",
    "upscale": "srkit.inference",
    "write": "srkit.ops.files",
}
_ROOMS = (
    "datasets",
    "degrade",
    "discriminators",
    "errors",
    "exercises",
    "layers",
    "losses",
    "methods",
    "metrics",
    "models",
    "ops",
    "papers",
    "training",
    "widgets",
)

__all__ = [
    "Protocol",
    "datasets",
    "degrade",
    "discriminators",
    "errors",
    "evaluate",
    "exercises",
    "layers",
    "losses",
    "methods",
    "metrics",
    "mix",
    "models",
    "ops",
    "read",
    "register_dataset",
    "register_degradation",
    "register_loss",
    "register_metric",
    "register_model",
    "train",
    "training",
    "upscale",
    "widgets",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"srkit.{name}")
    else:
        raise AttributeError(f"srkit has no public name {name!r}; it has: {', '.join(__all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
