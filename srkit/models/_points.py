"""The points of the exam: functions that raise if a network breaks the contract."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.models._build import arguments_of, without_weights
from srkit.models._create import create
from srkit.models._exported import exported
from srkit.models._registry import MODELS, Entry
from srkit.models.count import parameters
from srkit.ops.resize import imresize

__all__ = ["POINTS", "Candidate", "Unmet"]


class Unmet(Exception):
    """A point of the exam is not met; the message says what was seen."""


@dataclass(frozen=True)
class Candidate:
    """A registered network under examination, in its tiny configuration."""

    name: str
    scale: int

    @property
    def entry(self) -> Entry:
        """What the registry holds."""
        return MODELS.get(self.name)

    def net(self, *, scale: int | None = None, seed: int = 0) -> nn.Module:
        """Build the tiny configuration with weights that depend on ``seed`` alone; the global generator stays."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return create(self.name, scale=scale or self.scale, tiny=True)

    def lr(self, h: int = 9, w: int = 11, *, batch: int = 1, seed: int = 0) -> Tensor:
        """Return random images ``(batch, 3, h, w)`` in [0, 1]."""
        return torch.rand(batch, 3, h, w, generator=torch.Generator().manual_seed(seed))

    def extra(self, net: nn.Module, lr: Tensor) -> dict[str, Any]:
        """Return an example of the extra input, where the card names one."""
        extra = self.entry.card.extra_input
        return {extra: net.example_input(lr)} if extra else {}  # type: ignore[operator]

    def run(self, net: nn.Module, lr: Tensor) -> Tensor:
        """Call the network, with an example of its extra input where its card names one."""
        sr: Tensor = net(lr, **self.extra(net, lr))
        return sr


def _counts(candidate: Candidate) -> None:
    """The number of parameters equals the card's, at every scale."""
    for scale, promised in candidate.entry.card.parameters.items():
        found = parameters(without_weights(candidate.name, scale=scale))
        if found != promised:
            raise Unmet(f"at x{scale} the network has {found:,} parameters and its card says {promised:,}")


def _arguments(candidate: Candidate) -> None:
    """Constructor arguments are keywords with defaults; misspelt ones are refused."""
    for name, argument in arguments_of(candidate.entry.factory).items():
        if argument.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise Unmet(f"{name!r} can be given without its name; put a * before it")
        if argument.default is inspect.Parameter.empty and name not in candidate.entry.arguments:
            raise Unmet(f"{name!r} has no default, so the paper's value is nowhere")
    try:
        create(candidate.name, scale=candidate.scale, no_such_argument=1)
    except BadInput:
        return
    raise Unmet("an argument that does not exist was accepted")


def _sizes(candidate: Candidate) -> None:
    """Any image from 8x8 upwards is enlarged, at every scale of the card."""
    for scale in candidate.entry.card.scales:
        net = candidate.net(scale=scale).eval()
        for h, w in ((8, 8), (9, 13), (17, 8)):
            with torch.no_grad():
                found = tuple(candidate.run(net, candidate.lr(h, w)).shape)
            if found != (1, 3, scale * h, scale * w):
                raise Unmet(f"x{scale} of {h}x{w} gave {found} instead of {(1, 3, scale * h, scale * w)}")


def _gradients(candidate: Candidate) -> None:
    """Every parameter receives a gradient, and where the card does not excuse it, one that is not zero."""
    net = candidate.net()
    sr = candidate.run(net, candidate.lr(12, 12, batch=2))
    if not sr.requires_grad:
        return
    (sr * torch.randn(sr.shape, generator=torch.Generator().manual_seed(1))).sum().backward()  # type: ignore[no-untyped-call]
    for name, weight in net.named_parameters():
        if weight.requires_grad and weight.grad is None:
            raise Unmet(f"{name} takes no part in the result: it has no gradient")
        quiet = any(fnmatchcase(name, pattern) for pattern in candidate.entry.card.quiet_parameters)
        if weight.grad is not None and not quiet and not weight.grad.any():
            raise Unmet(f"the gradient of {name} is zero everywhere")


def _leaks(candidate: Candidate) -> None:
    """In evaluation mode the samples of a batch do not see each other."""
    net, lr = candidate.net().eval().double(), candidate.lr(batch=3).double().requires_grad_()
    sr = candidate.run(net, lr)
    (gradient,) = torch.autograd.grad(sr[0].sum(), lr)
    if gradient[1:].any():
        raise Unmet("the first result of a batch depends on the other images")
    alone = candidate.run(net, lr[:1].detach())
    if not torch.allclose(alone, sr[:1], atol=1e-9):
        raise Unmet(f"an image alone and in a batch differ by {float((alone - sr[:1]).abs().max()):.2g}")


def _repeats(candidate: Candidate) -> None:
    """Evaluation repeats bit for bit, leaves its input as it was, and draws no random number."""
    net, lr = candidate.net().eval(), candidate.lr()
    before, state = lr.clone(), torch.default_generator.get_state()
    with torch.no_grad():
        first, second = candidate.run(net, lr), candidate.run(net, lr)
    if not torch.equal(first, second):
        raise Unmet("two evaluations of one image differ")
    if not torch.equal(before, lr):
        raise Unmet("the input was changed in place")
    if not torch.equal(state, torch.default_generator.get_state()):
        raise Unmet("evaluation draws from the global random generator")


def _round_trip(candidate: Candidate) -> None:
    """The state dict carries everything; copies and pickles are equal to the network."""
    net, other, lr = candidate.net().eval(), candidate.net(seed=1).eval(), candidate.lr()
    other.load_state_dict(net.state_dict())
    twins = {"a state dict": other, "a copy": copy.deepcopy(net), "a pickle": pickle.loads(pickle.dumps(net))}
    with torch.no_grad():
        expected = candidate.run(net, lr)
        for way, twin in twins.items():
            if not torch.equal(candidate.run(twin, lr), expected):
                raise Unmet(f"through {way} the network became another one")


def _double(candidate: Candidate) -> None:
    """In float64 it computes in float64, and nearly what it computes in float32."""
    net, lr = candidate.net().eval(), candidate.lr()
    with torch.no_grad():
        single = candidate.run(net, lr)
        double = candidate.run(net.double(), lr.double())
    if double.dtype != torch.float64 or not torch.allclose(single.double(), double, atol=1e-4):
        raise Unmet(f"float64 gave {double.dtype}, {float((single - double).abs().max()):.2g} from float32")


def _unclamped(candidate: Candidate) -> None:
    """The output is not cut to [0, 1], unless the card says why the network can give nothing else."""
    net = candidate.net().eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(4)
        sr = candidate.run(net, 5 * candidate.lr() - 2)
    inside, bounded = bool(sr.min() >= 0 and sr.max() <= 1), candidate.entry.card.bounded
    if bounded and not inside:
        raise Unmet(f"the card says that nothing outside [0, 1] can come out ({bounded}), and it does")
    if inside and not bounded:
        raise Unmet("values outside [0, 1] never come out: take the clamp away, the metrics clip")


def _overfits(candidate: Candidate) -> None:
    """One patch can be learned by heart: a quarter less squared error than bicubic within 500 steps."""
    net, hr = candidate.net().train(), _stripes(candidate.scale, grey=candidate.entry.card.luma_only)
    lr = imresize(hr, 1 / candidate.scale)
    goal = 0.75 * float(F.mse_loss(imresize(lr, candidate.scale), hr))
    if not any(weight.requires_grad for weight in net.parameters()):
        return
    optimiser = torch.optim.Adam(net.parameters(), lr=5e-3, fused=True)
    for _ in range(500):
        loss = F.mse_loss(candidate.run(net, lr), hr)
        if float(loss.detach()) <= goal:
            return
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    raise Unmet(f"after 500 steps the error is {float(loss.detach()):.4f}; three quarters of bicubic's are {goal:.4f}")


def _refusals(candidate: Candidate) -> None:
    """Wrong inputs are refused with a reason."""
    net, good = candidate.net(), candidate.lr()
    wrong = {
        "one image without a batch": good[0],
        "a grey image": good[:, :1],
        "8-bit pixels": (good * 255).byte(),
        "an image of 7 pixels": good[..., :7, :],
        "another type of numbers": good.double() if any(True for _ in net.parameters()) else good.int(),
    }
    for what, lr in wrong.items():
        try:
            net(lr)
        except BadInput:
            continue
        raise Unmet(f"{what} {tuple(lr.shape)} {lr.dtype} was accepted")


def _exports(candidate: Candidate) -> None:
    """A program of ``torch.export`` gives the same at other sizes, unless the card says why there can be none.

    PyTorch's guards are off: they refuse sizes for what decides nothing about the result (:func:`exported`).
    """
    if candidate.entry.card.not_exported:
        return
    net, lr = candidate.net().eval(), candidate.lr(37, 50)
    program = exported(net, lr, **candidate.extra(net, lr)).module(check_guards=False)
    for h, w in ((24, 31), (40, 32), (29, 58)):
        with torch.no_grad():
            lr = candidate.lr(h, w)
            given = candidate.extra(net, lr)
            wanted, found = net(lr, **given), program(lr, **given)
        if wanted.shape != found.shape:
            raise Unmet(f"exported, {h}x{w} gave {tuple(found.shape)} instead of {tuple(wanted.shape)}")
        if not torch.allclose(wanted, found, rtol=0, atol=1e-5):
            raise Unmet(f"exported, {h}x{w} is off by {float((wanted - found).abs().max()):.2g}")


def _stripes(scale: int, *, grey: bool) -> Tensor:
    """Return a square on hard-edged stripes ``(1, 3, 8*scale, 8*scale)``: edges that bicubic can only blur."""
    y, x = torch.meshgrid(torch.arange(8 * scale), torch.arange(8 * scale), indexing="ij")
    square = ((x - 4 * scale).abs() < 3 * scale) & ((y - 4 * scale).abs() < 2 * scale)
    planes = [((x + k * y) // (3 * scale) % 2).bool() ^ square for k in ((1, 1, 1) if grey else (0, 1, 2))]
    return 0.2 + 0.6 * torch.stack(planes).float()[None]


POINTS: dict[str, Callable[[Candidate], None]] = {
    "parameter counts equal the card": _counts,
    "arguments have names": _arguments,
    "any size enlarges": _sizes,
    "every parameter gets a gradient": _gradients,
    "samples do not leak": _leaks,
    "evaluation repeats": _repeats,
    "state dict, copy and pickle": _round_trip,
    "float64": _double,
    "the output is unclamped": _unclamped,
    "one patch can be overfitted": _overfits,
    "wrong input is refused": _refusals,
    "exports at any size": _exports,
}
