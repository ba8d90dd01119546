"""Exercise 07.3: the square root of a matrix from products alone."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_07
from srkit.exercises._model import Case, define, evenly, noise
from srkit.models.san import square_root

__all__ = ["EXERCISE"]


def _library(matrices: Tensor, steps: int) -> Tensor:
    return square_root(matrices, steps=steps)


def _by_eigenvalues(matrices: Tensor, steps: int) -> Tensor:
    """Make the same steps with numbers: they act on each eigenvalue alone, and leave the eigenvectors."""
    values, vectors = torch.linalg.eigh(matrices)
    total = values.sum(-1, keepdim=True)
    root, inverse = values / total, torch.ones_like(values)
    for _ in range(steps):
        correction = (3 - inverse * root) / 2
        root, inverse = root * correction, inverse * correction
    found: Tensor = (vectors * (root * total.sqrt())[:, None, :]) @ vectors.mT
    return found


def _trace(matrices: Tensor) -> Tensor:
    return torch.einsum("bii->b", matrices)[:, None, None]


def _iterate(root: Tensor, steps: int) -> Tensor:
    inverse = torch.eye(root.shape[-1]).to(root).expand_as(root)
    for _ in range(steps):
        correction = (3 * torch.eye(root.shape[-1]).to(root) - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root


def _one_after_the_other(matrices: Tensor, steps: int) -> Tensor:
    trace, eye = _trace(matrices), torch.eye(matrices.shape[-1]).to(matrices)
    root, inverse = matrices / trace, eye.expand_as(matrices)
    for _ in range(steps):
        root = root @ (3 * eye - inverse @ root) / 2
        inverse = (3 * eye - inverse @ root) @ inverse / 2
    return root * trace.sqrt()


def _matrices(seed: int, b: int, c: int, level: float) -> Tensor:
    pixels = (64 * noise(b, c, 3 * c, seed=seed)).floor() / 64 - 0.5  # products and sums without rounding
    matrices = pixels @ pixels.mT + 0.5 * torch.eye(c)
    sizes = level * evenly(1, 3, b)
    return matrices / _trace(matrices) * sizes[:, None, None]


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="steps", inputs={"matrices": _matrices(seed, 1, 4, 1.7), "steps": 1}),
        Case(criterion="steps", inputs={"matrices": _matrices(seed + 1, 1, 5, 2.3), "steps": 3}),
        Case(criterion="root", inputs={"matrices": _matrices(seed + 2, 1, 3, 2.0), "steps": 14}),
        Case(criterion="batch", inputs={"matrices": _matrices(seed + 3, 3, 4, 1.5), "steps": 3}),
    ]


EXERCISE = define(
    lesson_07.newton_schulz,
    cases=_cases,
    references=(_library,),
    wrong={
        "scale_forgotten": lambda matrices, steps: _iterate(matrices / _trace(matrices), steps),
        "whole_trace": lambda matrices, steps: _iterate(matrices / _trace(matrices), steps) * _trace(matrices),
        "not_scaled": _iterate,
        "one_after_the_other": _one_after_the_other,
        "one_step_more": lambda matrices, steps: _by_eigenvalues(matrices, steps + 1),
        "entries": lambda matrices, steps: matrices.clamp_min(0).sqrt(),
    },
)
