"""``srkit train``: begin a run, go on with one, or fine-tune."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples
from srkit.cli._network import Machine, machine_options, parse_settings
from srkit.cli._numbers import Count
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.cli._training import EPOCH, betas, scales, training_options
from srkit.errors import BadInput

if TYPE_CHECKING:
    from srkit.training import AdversarialTerm
    from srkit.training.state import Run

__all__ = ["command"]

_OF_A_NEW_RUN = (
    "model", "scale", "init", "init_partial", "out", "settings", "tiny", "degrade", "maker", "loss", "adversarial",
    "discriminator", "gan_k",
)  # fmt: skip


@click.command(
    "train",
    epilog=examples(
        "srkit train --model a2001sr --scale 2 --dataset a2001 --valid set5 --steps 20000",
        "srkit train --resume runs/a2001sr_x2 --steps 40000",
        'srkit train --plugin my.py --model my_net --scale 2 --dataset my_set --steps 500 --loss "1*L1+0.001*TV"',
        'srkit train --model srgan --scale 4 --dataset div2k --epochs 200 --loss "1*VGG54" --adversarial "0.001*CE"',
        "torchrun --nproc-per-node 2 -m srkit train --model edsr_baseline --scale 2 --dataset div2k --epochs 300",
    ),
)
@click.option("--model", metavar="NAME", help="The network to train (srkit models list), or your own from a plugin.")
@click.option("--scale", type=Count(), metavar="N", help="Enlargement factor.")
@click.option("--tiny", is_flag=True, help="The small configuration of the network's card.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, e.g. n_blocks=32. Repeatable.")
@click.option("--dataset", metavar="NAME|FOLDER", help="What to train on; a+b joins datasets.")
@click.option("--degrade", metavar="TEXT", help='Make LR by a chain, e.g. "blur(0.2..2) > down(2) > noise(0..20)".')
@click.option("--maker", metavar="TEXT", help='How batches are made, where not as the card says: "kernel_pool(pool)".')
@click.option("--valid", metavar="NAME|FOLDER", help="What to validate on, for example set5.")
@click.option("--root", metavar="FOLDER", help="Where the named datasets lie.")
@click.option("--init", metavar="FILE|FOLDER", help="Begin with these weights (fine-tuning): a file or a run folder.")
@click.option("--init-partial", is_flag=True, help="With --init: leave weights of another shape as they are.")
@click.option("--resume", metavar="FOLDER", help="Go on with this run, exactly where it was; other options change it.")
@click.option("--out", metavar="FOLDER", help="Where to put the run; an earlier one there is renamed, never deleted.")
@training_options
@click.option("--save-results", is_flag=True, help="At the end, write the validation images and their page into --out.")
@machine_options
@plugin_option
def command(resume: str | None, plugins: tuple[str, ...], machine: Machine, save_results: bool, **options: Any) -> int:
    """Train a network. Ctrl-C ends the run after the step in hand and keeps it."""
    if save_results and options["valid"] is None and (resume is None or not _has_validation(Path(resume))):
        raise BadInput("--save-results writes the images of --valid, and --valid was not given.")
    machine.set_threads()
    load_plugins(plugins)
    run = _resume(resume, machine, options) if resume else _begin(machine, options)
    if run.folder is None:  # not the first of several processes
        return 0
    click.echo(str(run))
    if save_results and not run.interrupted:
        _write_results(run, options)
    return 130 if run.interrupted.startswith("interrupted") else 0


def _has_validation(run: Path) -> bool:
    """Tell whether a run names what it was validated on; True where there is no run, which is reported later."""
    config = (run if run.is_dir() else run.parent) / "config.json"
    return not config.is_file() or json.loads(config.read_text("utf-8"))["valid"]["name"] is not None


def _begin(machine: Machine, options: dict[str, Any]) -> Run:
    for name, example in (
        ("model", "a2001sr"),
        ("scale", "2"),
        ("dataset", "samples_train (ten photographs that come along)"),
    ):
        if options[name] is None:
            raise BadInput(f"What to train is not complete: add --{name}, for example --{name} {example}.")
    from srkit import models, training
    from srkit.training.world import chance

    config = {**_config(options), "device": machine.device}
    with chance(config.get("seed", 0)):
        net = models.create(
            options["model"], scale=options["scale"], tiny=options["tiny"], **parse_settings(options["settings"])
        )
    out = Path(options["out"] or f"runs/{options['model']}_x{options['scale']}")
    return training.train(
        net,
        options["dataset"],
        loss=options["loss"],
        valid=options["valid"],
        adversarial=_adversarial(options),
        root=options["root"],
        degrade=options["degrade"],
        maker=options["maker"],
        out=out,
        init=options["init"],
        init_partial=options["init_partial"],
        callbacks=_listeners(options, out),
        scale=options["scale"],
        progress=True,
        **config,
    )


def _adversarial(options: dict[str, Any]) -> AdversarialTerm | None:
    if options["adversarial"] is None:
        return None
    from srkit.training.adversarial import parse_adversarial

    return parse_adversarial(options["adversarial"], discriminator=options["discriminator"], updates=options["gan_k"])


def _resume(folder: str, machine: Machine, options: dict[str, Any]) -> Run:
    context = click.get_current_context()
    flags = {option.name: option.opts[0] for option in context.command.params if option.name in _OF_A_NEW_RUN}
    given = [flag for name, flag in flags.items() if _was_given(context, str(name))]
    if given:
        raise BadInput(f"--resume goes on with the run as it is; leave out {', '.join(given)}.")
    from srkit import training

    changes = _config(options, complete=False)
    if machine.device != "auto":
        changes["device"] = machine.device
    return training.resume(
        folder,
        pairs=options["dataset"],
        valid=options["valid"],
        root=options["root"],
        callbacks=_listeners(options, Path(folder)),
        progress=True,
        **changes,
    )


def _config(options: dict[str, Any], *, complete: bool = True) -> dict[str, Any]:
    """Gather the settings of the run; with ``complete``, how long to train must be among them."""
    context = click.get_current_context()
    names = context.meta["srkit.training"]
    given = {name: options[name] for name in names if _was_given(context, name)}
    if "betas" in given:
        given["betas"] = betas(given["betas"])
    if "scales" in given:
        given["scales"] = scales(given["scales"])
    for switch, name in (("no_augment", "augment"), ("no_supervision", "supervision")):
        if switch in given:
            given[name] = not given.pop(switch)
    if given.get("guard") == 0:
        given["guard"] = None
    if options["epochs"] is not None:
        if "steps" in given:
            raise BadInput("--steps and --epochs say the same thing twice; give one of them.")
        given["steps"] = options["epochs"] * EPOCH
    if complete and "steps" not in given:
        raise BadInput("How long to train was not said: add --steps, for example --steps 20000 (or --epochs).")
    return given


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


def _listeners(options: dict[str, Any], out: Path) -> list[Any]:
    """Return the further callbacks: keeping every model, stopping early, TensorBoard."""
    from srkit.training import EarlyStopping, TensorBoard

    found: list[Any] = []
    if options["save_models"]:
        found.append(_keep_models(out))
    if options["patience"] is not None:
        found.append(EarlyStopping(patience=options["patience"]))
    if options["tensorboard"]:
        found.append(TensorBoard(out / "tensorboard"))
    return found


def _keep_models(out: Path) -> Any:
    from srkit import models

    def keep(state: Any, outcome: Any) -> None:
        if state.step % state.config.save_every == 0:
            models.save(state.result, out / f"model_{state.step}.safetensors", overwrite=True)

    return keep


def _write_results(run: Run, options: dict[str, Any]) -> None:
    """Measure once more as the run's validation does, on images degraded or made likewise, and keep the images."""
    from srkit.training.source import Way, measure_on

    folder = Path(str(run.folder))
    then = json.loads((folder / "config.json").read_text("utf-8"))
    valid, root = options["valid"] or then["valid"]["name"], options["root"] or then["root"]
    way = Way(named=valid, scale=then["scale"], root=root, degrade=then["degrade"], maker=then.get("maker"))
    measure = measure_on(valid, way, run.net, run.config, None, save=folder)
    assert measure is not None
    table = measure(run.net)
    click.echo(f"\n{table}")
    if table.folder is not None:
        click.echo(f"Page: {table.folder / 'index.html'}")
