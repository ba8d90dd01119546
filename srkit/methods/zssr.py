"""ZSSR: a small network that is trained, for one image, on nothing but that image.

A. Shocher, N. Cohen, M. Irani, "'Zero-Shot' Super-Resolution using Deep Internal Learning", CVPR 2018,
https://arxiv.org/abs/1712.06087. The image is reduced by the assumed kernel; a network learns to undo that, and
is then applied to the image itself.

Deviations from the authors' program: fathers are not padded with black (:mod:`srkit.methods.zssr_fathers`); borders of
the reduction are MATLAB's. The settings are the authors' (:mod:`srkit.methods.zssr_presets`).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.degrade import align, draw, read_kernel
from srkit.errors import BadInput
from srkit.inference.ensemble import dihedral, undo_dihedral
from srkit.methods import zssr_presets
from srkit.methods._method import Method, MethodCard, Progress, Result, Watch, as_grey_as
from srkit.methods._registry import register_method
from srkit.methods.backprojection import back_project
from srkit.methods.pieces import in_pieces
from srkit.methods.reduction import Reduction
from srkit.methods.zssr_cost import memory_of
from srkit.methods.zssr_fathers import Pool, draw_father
from srkit.methods.zssr_net import TESTED, ZSSRNet, apply_to, in_batches, margin_of, median
from srkit.methods.zssr_presets import Settings
from srkit.methods.zssr_state import StateFile, digest_of

__all__ = ["Trainee", "ZSSRNet", "Zssr", "should_cut"]

CARD = MethodCard(
    title="ZSSR",
    year=2018,
    citation="A. Shocher, N. Cohen, M. Irani, \"'Zero-Shot' Super-Resolution using Deep Internal Learning\", CVPR 2018",
    url="https://arxiv.org/abs/1712.06087",
    idea="A small network learns, from the image itself made smaller, to make it larger.",
    tiny={"crop": 16, "width": 4, "depth": 3, "max_steps": 50},
)
_POINTS = 5
_SAVED_EVERY = 25  # steps


def should_cut(history: Sequence[tuple[int, float]], *, ratio: float, dof: int = 4) -> bool:
    """Tell whether the learning rate shall fall: the errors fall too little for the noise in them.

    A line is fitted to (step, error). It is time where ``-ratio * slope < deviation of the slope``; the deviation is
    that of least squares with the squared residuals divided by ``n - dof``.

    Args:
        history: at least ``dof + 1`` points.
        ratio: the authors' 1.5.
    """
    n = len(history)
    if n <= dof:
        return False
    x = torch.tensor([step for step, _ in history], dtype=torch.float64)
    y = torch.tensor([error for _, error in history], dtype=torch.float64)
    x, y = x - x.mean(), y - y.mean()
    slope = (x * y).sum() / (x * x).sum()
    residual = (y - slope * x).square().sum()
    deviation = (residual / (n - dof) / (x * x).sum()).sqrt()
    return bool(-ratio * slope < deviation)


@register_method("zssr", CARD)
class Zssr(Method):
    """Zero-shot super-resolution.

    Args:
        preset: name of a configuration, see :data:`srkit.methods.PRESETS`; ``"X2_ONE_JUMP_IDEAL_CONF"`` or in short
            ``"x2_one_jump_ideal"``.
        kernel: the blur ``(k, k)`` the image was reduced with, or a ``.mat`` file of it; None is bicubic reduction.
        noise: standard deviation of the image's noise in [0, 1]; None is the preset's.
        seed: decides first weights and fathers.
        truth: the true HR image, if it is known: its MSE is then a curve too. It is never trained on.
        state: a file for the state of the training, written every 25 steps. A call with the same image and settings
            goes on from there, and its result is to the bit that of a call that was never interrupted.
        **changes: any field of :class:`~srkit.methods.zssr_presets.Settings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist or a kernel that is none.
    """

    def __init__(
        self,
        *,
        preset: str = "X2_ONE_JUMP_IDEAL_CONF",
        kernel: Tensor | str | Path | None = None,
        noise: float | None = None,
        seed: int = 0,
        truth: Tensor | None = None,
        state: str | Path | None = None,
        **changes: Any,
    ) -> None:
        self.settings = zssr_presets.preset(preset, **changes, **({} if noise is None else {"noise": noise}))
        self.kernel = read_kernel(kernel) if isinstance(kernel, str | Path) else kernel
        self.seed, self.truth = seed, truth
        self.state = None if state is None else Path(state)

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return what :func:`srkit.methods.zssr_cost.memory_of` says."""
        return memory_of(self.settings.for_scale(scale), size)

    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Train on ``(3, h, w)``, factor after factor, and enlarge it."""
        settings = self.settings.for_scale(scale)
        kernel = None if self.kernel is None else align(self.kernel, scale)
        if kernel is not None and len(settings.factors) > 1:
            raise BadInput("A kernel goes with one jump; the gradual presets reduce by bicubic in between.")
        watch = Watch(progress, total=settings.max_steps * len(settings.factors))
        file = StateFile(self.state, digest_of(lr, settings, self.seed, kernel))
        trainee = Trainee(lr, settings, self.seed, watch, self.truth, file)
        sr, reasons = lr, []
        with watch.listening():
            for number, factors in enumerate(settings.factors):
                reduction = Reduction(factors, kernel)
                reasons.append(trainee.train(reduction))
                sr = trainee.enlarge(reduction, settings.back_projections[number])
                if watch.stop:
                    break
                trainee.pool = trainee.pool.with_result(sr, factors)
        return watch.result(_whole(sr, lr, scale), "; ".join(dict.fromkeys(reasons)), kernel=self.kernel)


class Trainee:
    """The network of one image, with its optimiser and data.

    Attributes:
        pool: images that fathers are cut from.
        finished: weights, as in a state dict, and reason of each factor whose training has ended.
    """

    def __init__(
        self,
        lr: Tensor,
        settings: Settings,
        seed: int,
        watch: Watch,
        truth: Tensor | None = None,
        file: StateFile | None = None,
    ) -> None:
        self.lr, self.settings, self.watch, self.truth = lr, settings, watch, truth
        self.file = file or StateFile(None, "")
        self.saved = self.file.load()
        self.finished: list[dict[str, Any]] = []
        self.top, self.left = _telling(lr)
        self.rng = torch.Generator().manual_seed(seed)
        self.pool = Pool((lr,), ((1.0, 1.0),))
        self.net = self._new_network()
        self.errors: list[tuple[int, float]] = []
        if self.saved is not None:
            watch.take_up(**self.saved["watch"])

    def _new_network(self) -> ZSSRNet:
        s = self.settings
        net = ZSSRNet(width=s.width, depth=s.depth, init=s.init, rng=self.rng)
        return net.to(self.lr.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def train(self, reduction: Reduction) -> str:
        """Train until the learning rate has fallen to its end; returns why training ended."""
        number = len(self.finished)
        if self.saved is not None and number < len(self.saved["finished"]):  # ended before the interruption
            self.finished.append(self.saved["finished"][number])
            self.net.load_state_dict(self.finished[-1]["net"])
        else:
            reason = self._train(reduction)
            if self.watch.stop:
                return reason
            net = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
            self.finished.append({"net": net, "reason": reason})
            self._save()
        return str(self.finished[-1]["reason"])

    def _train(self, reduction: Reduction) -> str:
        s, watch = self.settings, self.watch
        if s.fresh_network:
            self.net = self._new_network()
        optimiser = torch.optim.Adam(self.net.parameters(), lr=s.learning_rate)
        rate, last_cut, self.errors = s.learning_rate, 0, []
        begin, rate, last_cut = self._take_up(optimiser) or (0, rate, last_cut)
        for step in range(begin, s.max_steps):
            if not watch.goes_on():
                self._save(step, rate, last_cut, optimiser)
                return watch.stop
            watch.stepped(loss=self._one_step(optimiser, reduction), learning_rate=rate)
            if step % s.test_every == 0:
                self._measure(step, reduction)
            if (step + 1) % s.policy_every == 0 and step - last_cut > s.min_steps and self._levelled():
                rate, last_cut = rate / 10, step
                for group in optimiser.param_groups:
                    group["lr"] = rate if s.decays else s.learning_rate
                if rate < s.min_learning_rate:
                    return "done: the learning rate has fallen to its end"
            if (step + 1) % _SAVED_EVERY == 0:
                self._save(step + 1, rate, last_cut, optimiser)
        return f"done: {s.max_steps} steps"

    def _save(self, step: int = 0, rate: float = 0.0, last_cut: int = 0, optimiser: Any = None) -> None:
        """Keep the state before ``step`` of the factor in hand; without an optimiser that factor is not begun."""
        watch, begun = self.watch, None
        if optimiser is not None:
            begun = {"net": self.net.state_dict(), "optimiser": optimiser.state_dict(), "errors": self.errors}
            begun |= {"place": (step, rate, last_cut), "rng": self.rng.get_state()}
        told = {"step": watch.step, "history": watch.history, "seconds": watch.seconds}
        rng = self.rng.get_state()
        self.file.save({"finished": self.finished, "begun": begun, "watch": told, "rng": rng})

    def _take_up(self, optimiser: torch.optim.Optimizer) -> tuple[int, float, int] | None:
        """Go back to the state that was saved, if there is one; returns step, learning rate and last cut."""
        saved, self.saved = self.saved, None
        if saved is None:
            return None
        self.rng.set_state(saved["rng"])
        begun = saved["begun"]
        if begun is None:
            return None
        self.net.load_state_dict(begun["net"])
        optimiser.load_state_dict(begun["optimiser"])
        self.errors = [(int(step), float(error)) for step, error in begun["errors"]]
        step, rate, last_cut = begun["place"]
        return step, rate, last_cut

    def _one_step(self, optimiser: torch.optim.Optimizer, reduction: Reduction) -> float:
        father = draw_father(self.pool, self.settings, self.rng)  # (3, h, w)
        son = self._son(father, reduction)
        enlarged = reduction.enlarge(son, _size(father))[None]  # (1, 3, h, w)
        made = self.net(enlarged.contiguous(memory_format=torch.channels_last))
        compare = F.l1_loss if self.settings.loss == "l1" else F.mse_loss
        loss = compare(made, father[None])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        return float(loss.detach())

    def _son(self, father: Tensor, reduction: Reduction) -> Tensor:
        son = reduction.reduce(father)
        if self.settings.noise:
            son = son + draw.normal(self.rng, son.shape, son) * self.settings.noise
        return son.clamp(0, 1)

    def _measure(self, step: int, reduction: Reduction) -> None:
        """Rebuild the image, or of a large one a part, from its own reduction; the error decides the learning rate."""
        lr = self.lr[:, self.top : self.top + TESTED, self.left : self.left + TESTED]
        again = apply_to(self.net, reduction.enlarge(self._son(lr, reduction), _size(lr))).clamp(0, 1)
        error = float((again - lr).square().mean())
        self.errors.append((step, error))
        self.watch.record(reconstruction_mse=error)
        if self.truth is not None and self.truth.shape[-2:] == reduction.size_of(self.lr):
            sr = apply_to(self.net, reduction.enlarge(lr)).clamp(0, 1)
            top, left = (round(x * f) for x, f in zip((self.top, self.left), reduction.factors, strict=True))
            truth = self.truth[:, top : top + sr.shape[-2], left : left + sr.shape[-1]]
            self.watch.record(true_mse=float((sr - truth).square().mean()))

    def _levelled(self) -> bool:
        s = self.settings
        points = max(_POINTS, s.slope_range // s.test_every)
        return should_cut(self.errors[-points:], ratio=s.slope_ratio, dof=s.slope_dof)

    @torch.no_grad()
    def enlarge(self, reduction: Reduction, back_projections: int) -> Tensor:
        """Apply the network to the image: the median over views, corrected by back-projection before and after it.

        A large image goes piece by piece. A method that was stopped takes one view, so that the answer comes soon.
        """
        margin = margin_of(self.settings.depth, reduction, back_projections)
        piece = functools.partial(self._piece, reduction, back_projections)
        return in_pieces(piece, self.lr, reduction, margin=margin)

    def _piece(self, reduction: Reduction, back_projections: int, lr: Tensor) -> Tensor:
        views = self._views(reduction)
        enlarged = [reduction.enlarge(lr) if v == 0 else _turned(lr, reduction, v) for v in views]
        upright = []
        for view, sr in zip(views, in_batches(self.net, enlarged), strict=True):
            turned_back = undo_dihedral(sr, view).clamp(0, 1)
            upright.append(back_project(turned_back, lr, reduction, steps=back_projections))
        return back_project(median(upright), lr, reduction, steps=back_projections)

    def _views(self, reduction: Reduction) -> range:
        if not self.settings.ensemble or self.watch.stop:
            return range(1)
        return range(8 if reduction.factors[0] == reduction.factors[1] else 4)


def _turned(lr: Tensor, reduction: Reduction, view: int) -> Tensor:
    factors = reduction.factors[::-1] if view & 4 else reduction.factors
    return Reduction(factors).enlarge(dihedral(lr, view))


def _telling(lr: Tensor) -> tuple[int, int]:
    """Return top and left of the part of a picture that is rebuilt to measure the error: the one with most detail."""
    if max(lr.shape[-2:]) <= TESTED:
        return 0, 0
    grey = lr.mean(0)
    edges = F.pad((grey[1:, :-1] - grey[:-1, :-1]).abs() + (grey[:-1, 1:] - grey[:-1, :-1]).abs(), (0, 1, 0, 1))
    window = [min(TESTED, side) for side in grey.shape]
    detail = F.avg_pool2d(edges[None, None], window, stride=[max(1, side // 2) for side in window])[0, 0]
    row, column = divmod(int(detail.argmax()), detail.shape[1])
    return row * max(1, window[0] // 2), column * max(1, window[1] // 2)


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]


def _whole(sr: Tensor, lr: Tensor, scale: int) -> Tensor:
    """Return ``(3, scale*h, scale*w)``: a gradual run that was stopped on its way is enlarged the rest by bicubic.

    What came in grey goes out grey.
    """
    wanted = (scale * lr.shape[-2], scale * lr.shape[-1])
    if _size(sr) != wanted:
        sr = Reduction((1.0, 1.0)).enlarge(sr, wanted)
    return as_grey_as(sr, lr)
