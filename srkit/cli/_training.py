"""The options of ``srkit train`` that are settings of a run (:class:`srkit.training.Config`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from srkit.cli._numbers import SEED, Count, Real
from srkit.errors import BadInput

__all__ = ["EPOCH", "OPTIONS", "betas", "scales", "training_options"]

EPOCH = 1000
"""Steps of an epoch, as EDSR-PyTorch counts them (its --test_every)."""

_COUNT = Count()
_NUMBER = Real()
_METAVARS = {"--metrics": "NAMES"}


def _option(name: str, kind: Any, default: Any, meaning: str) -> click.Option:
    """Make one option; ``name`` may hold the spelling and, after a space, the name of the setting."""
    flag, usual = kind is bool, "TEXT" if kind is click.STRING else "N"
    return click.Option(
        name.split(),
        type=None if flag else kind,
        is_flag=flag,
        default=default,
        show_default=default is not None and not flag,
        metavar=None if isinstance(kind, click.Choice) or flag else _METAVARS.get(name, usual),
        help=meaning,
    )


OPTIONS: dict[str, click.Option] = {
    option.name or "": option
    for option in (
        _option("--steps", _COUNT, None, "How many updates of the weights."),
        _option("--seed", SEED, 0, "Decides everything random: first weights, patches, dropout."),
        _option("--batch", _COUNT, 16, "Image pairs per step, over all processes."),
        _option("--patch-size patch", _COUNT, 96, "Side of a training patch in HR pixels."),
        _option("--no-augment", bool, False, "Neither flip nor rotate the patches."),
        _option("--learning-rate", _NUMBER, 1e-4, "The learning rate at its highest."),
        _option("--schedule", click.STRING, "constant", "constant, cosine, halve@STEPS or multistep@STEPS,STEPS."),
        _option("--gamma", _NUMBER, 0.5, "What halve and multistep multiply the learning rate by."),
        _option("--floor", _NUMBER, 0.0, "Where cosine ends, as a fraction of the learning rate."),
        _option("--warmup", Count(0), 0, "Steps of linear rise at the beginning."),
        _option("--optimiser", click.Choice(["adam", "adamw", "sgd", "rmsprop"]), "adam", "The optimiser."),
        _option("--betas", click.STRING, "0.9,0.999", "Adam's decay rates of the mean and of the square."),
        _option("--epsilon", _NUMBER, 1e-8, "Added to the denominator by Adam and RMSprop."),
        _option("--momentum", _NUMBER, 0.9, "Momentum of SGD and RMSprop."),
        _option("--weight-decay", _NUMBER, 0.0, "L2 penalty on the weights."),
        _option("--ema", _NUMBER, 0.0, "Average the weights over time with this decay, for example 0.999."),
        _option("--clip", _NUMBER, None, "Largest norm of the whole gradient."),
        _option("--accumulate", _COUNT, 1, "Compute a batch in so many parts, to save memory."),
        _option(
            "--precision",
            click.Choice(["float32", "auto", "bfloat16", "float16"]),
            "float32",
            "auto is mixed precision on a GPU and float32 on a CPU.",
        ),
        _option("--guard", _NUMBER, 10.0, "Skip a step whose loss is so many times the recent largest; 0 never skips."),
        _option("--scales", click.STRING, "", "Draw one of these scales per batch: 2,3,4, or 1.5,2,2.5 for Meta-SR."),
        _option("--growth", click.STRING, "", "Levels of a growing network and when they open: 2@0,4@0.12-0.25."),
        _option("--no-supervision", bool, False, "Train a network with several predictions by its last one alone."),
        _option("--channels-last", bool, False, "A memory layout that is faster for some networks."),
        _option("--metrics", click.STRING, "psnr,ssim", "What a validation measures; the first decides the best."),
        _option("--keep", click.Choice(["last", "best"]), "last", "Which weights the run ends with."),
        _option("--valid-every", _COUNT, 1000, "Steps between validations."),
        _option("--save-every", _COUNT, 1000, "Steps between checkpoints."),
        _option("--log-every", _COUNT, 1, "Steps between rows of history.csv."),
    )
}

_OTHERS = (
    _option("--loss", click.STRING, "1*L1", "A formula, for example 1*L1+0.001*TV."),
    _option("--adversarial", click.STRING, None, "Train against a discriminator: a weight and a game, as in 0.001*CE."),
    _option("--discriminator", click.STRING, "srgan", "With --adversarial: srgan, esrgan, patch, unet or a plugin's."),
    _option("--gan-k", _COUNT, 1, "With --adversarial: steps of the discriminator per step of the network."),
    _option("--epochs", _COUNT, None, "Instead of --steps: so many times 1000 steps, EDSR-PyTorch's epoch."),
    _option("--patience", _COUNT, None, "Stop when validation has not improved for so many steps."),
    _option("--save-models", bool, False, "Keep the weights of every checkpoint as model_STEP.safetensors."),
    _option("--tensorboard", bool, False, "Write TensorBoard files too (needs the package tensorboard)."),
)


def training_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add all of them to a command; the names of the settings go into ``context.meta``."""
    import functools

    @functools.wraps(function)
    def command(*arguments: Any, **options: Any) -> Any:
        click.get_current_context().meta["srkit.training"] = tuple(OPTIONS)
        return function(*arguments, **options)

    parameters = [*OPTIONS.values(), *_OTHERS]
    command.__click_params__ = [*getattr(function, "__click_params__", []), *reversed(parameters)]  # type: ignore[attr-defined]
    return command


def scales(text: str) -> tuple[float, ...]:
    """Turn ``"2,3,4"`` into numbers; nothing is no scale."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise BadInput(f"--scales {text!r} was given; write numbers: --scales 2,3,4.") from None


def betas(text: str) -> tuple[float, float]:
    """Turn ``"0.9,0.999"`` into two numbers."""
    try:
        first, second = (float(part) for part in text.strip("() ").split(","))
    except ValueError:
        raise BadInput(f"--betas {text!r} was given; write two numbers: --betas 0.9,0.999.") from None
    return first, second
