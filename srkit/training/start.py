"""``train`` and ``resume``: set up a run from names and settings, and carry it out."""

from __future__ import annotations

import contextlib
import importlib.util
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit.degrade.chain import Chain
from srkit.metrics import Protocol
from srkit.ops.atomic import check_path
from srkit.training.adversarial import AdversarialTerm, add_discriminators
from srkit.training.callbacks import (
    Listener,
    LivePlot,
    Progress,
    Record,
    Save,
    Validate,
    as_callback,
    in_notebook,
    on_terminal,
)
from srkit.training.checkpoint import load_checkpoint, restore
from srkit.training.config import Config, make_config
from srkit.training.folder import RunFolder, existing_folder, new_folder
from srkit.training.history import History
from srkit.training.loop import Callback, run
from srkit.training.request import Parts, Request, check_same_pairs, prepare, request_again
from srkit.training.source import Images, Measure
from srkit.training.state import Run, State, make_state
from srkit.training.supervise import Batches, LossFunction
from srkit.training.weights import begin_from
from srkit.training.world import World, join_world

__all__ = ["resume", "train"]


def train(
    net: nn.Module | str,
    pairs: Images | Batches,
    *,
    steps: int,
    loss: str | LossFunction = "1*L1",
    seed: int = 0,
    batch: int = 16,
    patch: int = 96,
    learning_rate: float = 1e-4,
    valid: Images | Measure | None = None,
    adversarial: AdversarialTerm | str | None = None,
    out: str | Path | None = None,
    init: str | Path | Mapping[str, Tensor] | None = None,
    init_partial: bool = False,
    callbacks: Sequence[Listener] = (),
    scale: int | None = None,
    root: str | Path | None = None,
    protocol: Protocol | None = None,
    degrade: str | Chain | None = None,
    maker: str | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Run:
    """Train a network.

    Args:
        net: a network, or the name of one (then ``seed`` decides its first weights).
        pairs: a dataset name ("a2001", "t91+bsds200"), a folder, loaded pairs, or anything with ``batch(step)``.
        steps: number of updates.
        loss: a formula such as ``"1*L1+0.001*TV"``, or a module ``loss(sr, hr)``.
        seed: decides first weights, patches and dropout; the same seed on the same machine gives the same weights.
        batch: image pairs per update, over all processes.
        patch: side of the patch in HR pixels.
        learning_rate: at its highest.
        valid: pairs to validate on (a name, a folder, pairs), or a function from a network to an evaluation table.
        adversarial: train against a discriminator: ``"0.001*CE"``, or an :class:`~srkit.training.AdversarialTerm`.
        out: folder of the run: config.json, history.csv, skipped.csv, checkpoint.pt, best.safetensors,
            last.safetensors. An earlier run there is renamed, never deleted. None writes nothing.
        init: weights to begin with: a file, a run folder or a state dict.
        init_partial: with ``init``, leave tensors that do not fit as they are.
        callbacks: :class:`~srkit.training.Callback` objects or functions ``f(state, outcome)``.
        scale: enlargement factor, needed only where ``net`` is a name and ``pairs`` is not loaded yet.
        root: where the datasets lie, when they are given by name.
        protocol: how validation measures; None is the papers'.
        degrade: make LR anew at every step by a chain (``"blur(0.2..2) > down(2) > noise(0..20)"``) instead of taking
            that of the pairs; validation pairs are degraded too, once and for all.
        maker: how batches are made, for a network that takes a condition: a name of
            :data:`srkit.datasets.MAKERS` with options, such as ``"blur_kernels(noise=25)"``. None takes the network's
            card; ``"pairs"`` takes LR and HR as they are. Validation pairs are made likewise.
        progress: show a bar (in a notebook a growing curve, too; in a file or a pipe a line now and then); None does
            so on a terminal or in a notebook, but not in a thread.
        **settings: every other field of :class:`~srkit.training.Config`: schedule, ema, clip, precision, ….

    Returns:
        The run. ``run.net`` is the network given, now holding the averaged weights where ``ema`` is on, and with
        ``keep="best"`` those of the best validation. Ctrl-C ends the run after the step in hand and returns it, with
        ``run.interrupted`` saying so.

    Raises:
        BadInput: a setting, the loss or the data cannot be used.
        BadFile: the run folder cannot be written.
        UnknownName: there is no such network, dataset or loss.

    Example:
        >>> net = srkit.models.create("a2001sr", scale=2)                            # doctest: +SKIP
        >>> run = srkit.train(net, "a2001", steps=2_000, learning_rate=1e-3)         # doctest: +SKIP
    """
    adversarial = settings.pop("adversary", adversarial)  # its former name, for one more version
    config = make_config(
        {"steps": steps, "seed": seed, "batch": batch, "patch": patch, "learning_rate": learning_rate, **settings}
    )
    request = Request(
        net=net, pairs=pairs, loss=loss, valid=valid, scale=scale, root=root, protocol=protocol,
        adversarial=adversarial, degrade=degrade, maker=maker,
    )  # fmt: skip
    with join_world() as world:
        parts = prepare(request, config, world)
        if init is not None:
            begin_from(parts.net, init, partial=init_partial)
        return _carry_out(parts, config, world, partial(_own, out, world, new_folder), callbacks, progress)


def resume(
    path: str | Path,
    *,
    net: nn.Module | None = None,
    pairs: Images | Batches | None = None,
    loss: str | LossFunction | None = None,
    valid: Images | Measure | None = None,
    adversarial: AdversarialTerm | None = None,
    callbacks: Sequence[Listener] = (),
    root: str | Path | None = None,
    protocol: Protocol | None = None,
    progress: bool | None = None,
    **changes: Any,
) -> Run:
    """Go on with a run from its last checkpoint; on a CPU the weights end up as if it had never stopped.

    Args:
        path: the run folder, or the checkpoint in it.
        net: needed only where the network was not made by name; its weights are replaced.
        pairs: needed only where the pairs were not given by name; they must be the same ones.
        loss: needed only where the loss was a module.
        valid: as in :func:`train`; None takes what was given by name then.
        adversarial: needed only where its discriminator was a module.
        callbacks: as in :func:`train`.
        root: where the datasets lie; None takes what was given then.
        protocol: as in :func:`train`.
        progress: as in :func:`train`.
        **changes: settings to change from here on, for example ``steps=20_000`` to train longer.

    Raises:
        BadFile: there is no checkpoint, or it is damaged.
        BadInput: something that was not recorded by name is missing, or other pairs were given.
    """
    path = check_path(path)
    path = path / "checkpoint.pt" if path.is_dir() else path
    saved = load_checkpoint(path)
    config = make_config({**saved["config"], **changes})
    given = Request(net=net, pairs=pairs, loss=loss, valid=valid, root=root, protocol=protocol, adversarial=adversarial)
    request = request_again(saved["origin"], given)
    with join_world() as world:
        parts = prepare(request, config, world)
        check_same_pairs(saved["origin"], parts)
        owner = partial(_own, path.parent, world, existing_folder)
        return _carry_out(parts, config, world, owner, callbacks, progress, saved=path)


def _carry_out(
    parts: Parts,
    config: Config,
    world: World,
    owner: Callable[[], AbstractContextManager[RunFolder | None]],
    listeners: Sequence[Listener],
    progress: bool | None,
    saved: Path | None = None,
) -> Run:
    """Check everything that can be refused, and only then open the folder and train."""
    home = next((parameter.device for parameter in parts.net.parameters()), torch.device("cpu"))
    try:
        state = make_state(parts.net, parts.loss, config, world=world)
        if parts.adversarial is not None or hasattr(parts.net, "adversarial_terms"):
            add_discriminators(state, parts.adversarial)
        callbacks = [as_callback(listener) for listener in listeners]
        with owner() as folder:
            if saved is not None:
                restore(state, load_checkpoint(saved), folder=saved.parent)
            watching = _watching(parts, folder, callbacks, progress) if world.first else []
            run(state, config, parts.batches, watching)
    finally:
        parts.net.to(home)
    return _result(state, config, None if folder is None else folder.path)


def _watching(
    parts: Parts, folder: RunFolder | None, callbacks: Sequence[Callback], progress: bool | None
) -> list[Callback]:
    watching: list[Callback] = [Record()]
    if parts.measure is not None:
        watching.append(Validate(parts.measure))
    watching += callbacks
    if folder is not None:
        watching.append(Save(folder, parts.origin))
    watched = threading.current_thread() is threading.main_thread() and (in_notebook() or on_terminal())
    if progress or (progress is None and watched):
        watching.append(Progress())
        if in_notebook() and importlib.util.find_spec("matplotlib"):
            watching.append(LivePlot())
    return watching


def _result(state: State, config: Config, folder: Path | None) -> Run:
    """Put the weights that count into the network and gather the numbers."""
    if config.keep == "best" and state.best is not None:
        state.net.load_state_dict(state.best.weights)
    elif state.average is not None and state.step:
        state.net.load_state_dict(state.average.net.state_dict())
    return Run(
        net=state.net,
        history=state.history or History.of_terms([]),
        config=config,
        best=state.best,
        folder=folder,
        steps=state.step,
        skipped=state.guard.skipped,
        seconds=state.seconds,
        interrupted=state.stop,
    )


@contextlib.contextmanager
def _own(
    out: str | Path | None, world: World, opener: Callable[[Path], AbstractContextManager[RunFolder]]
) -> Iterator[RunFolder | None]:
    """Open the run folder in the first process only."""
    if out is None or not world.first:
        yield None
        return
    with opener(check_path(out, name="out")) as folder:
        yield folder
