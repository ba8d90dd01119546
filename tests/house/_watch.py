"""Run by test_imports in a process of its own: import the modules named as arguments and report what that changed."""

from __future__ import annotations

import importlib
import json
import locale
import os
import random
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch


def state() -> dict[str, Any]:
    """Return everything global that an import could change by accident."""
    return {
        "torch random state": torch.get_rng_state().sum().item(),
        "numpy random state": str(np.random.get_state()),
        "python random state": hash(random.getstate()),
        "warning filters": str(warnings.filters),
        "working folder": str(Path.cwd()),
        "environment": dict(os.environ),
        "signal handlers": [str(signal.getsignal(s)) for s in sorted(signal.valid_signals())],
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "default dtype": str(torch.get_default_dtype()),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "cudnn benchmark": torch.backends.cudnn.benchmark,
        "print options": str(np.get_printoptions()),
        "locale": locale.setlocale(locale.LC_ALL),
        "exception hook": str(sys.excepthook),
        "search path": list(sys.path),
        "files": sorted(path.name for path in Path().iterdir()),
    }


def main(modules: list[str]) -> None:
    """Print, as JSON, which parts of the state changed and which top-level packages are loaded."""
    before = state()
    for name in modules:
        importlib.import_module(name)
    after = state()
    changed = [key for key in before if before[key] != after[key]]
    sys.stdout.write(json.dumps({"changed": changed, "loaded": sorted({n.split(".")[0] for n in sys.modules})}))


if __name__ == "__main__":
    main(sys.argv[1:])
