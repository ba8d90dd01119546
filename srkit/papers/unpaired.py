"""Learning from unpaired images: translate images of one kind so that a discriminator takes them for the other.

Real small images have no large counterpart. DSGAN (Fritsche et al., ICCV Workshops 2019) and the high-to-low network of
Bulat et al. (ECCV 2018) learn from unpaired images to make *real-looking* small ones of good large ones; what they make
and what it was made of are pairs (:func:`made_pairs`) for :func:`srkit.train`. The run is an ordinary one: the same
loop, discriminators, guard, checkpoints and validation as in :mod:`srkit.training.adversarial`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit import discriminators, losses
from srkit.datasets import Pairs, Patches, Source, load
from srkit.datasets.degraded import at_scale
from srkit.datasets.header import read_header
from srkit.errors import BadInput
from srkit.layers import Prediction
from srkit.ops import pixels
from srkit.ops.resize import imresize
from srkit.papers.translators import Degrader, HighToLow
from srkit.training.adversarial import AdversarialTerm, Discriminator
from srkit.training.checkpoint import load_checkpoint
from srkit.training.config import make_config
from srkit.training.start import resume, train
from srkit.training.state import Run
from srkit.training.supervise import Batches, LossFunction, terms_of
from srkit.training.world import chance, mix

__all__ = [
    "Images",
    "InPredictions",
    "Reordered",
    "Translation",
    "UnpairedPatches",
    "begin_or_resume",
    "check_unpaired",
    "images_of",
    "made_pairs",
    "train_dsgan",
    "train_high_to_low",
    "with_discriminator",
]

Images = Pairs | str | Path
Batch = tuple[Tensor, Tensor, dict[str, Tensor]]


class UnpairedPatches:
    """Batches of three kinds of patches: from real small images, from large ones, and the latter reduced by bicubic.

    Args:
        real: small images as they are found: a folder, a name, or pairs whose HR is taken.
        large: good large images, likewise; they need not show what ``real`` shows.
        patch: side of the large patch; the small ones have ``patch / scale``.

    Attributes:
        scale: as given.
    """

    def __init__(
        self, real: Images, large: Images, *, scale: int, patch: int = 128, batch: int = 16, seed: int = 0
    ) -> None:
        self.scale = scale
        self._real = Patches(images_of(real), patch=patch // scale, batch=batch, seed=seed)
        self._large = Patches(images_of(large), patch=patch // scale * scale, batch=batch, seed=seed + 1)

    def __len__(self) -> int:
        """Return the number of large images."""
        return len(self._large)

    def batch(self, step: int) -> Batch:
        """Return real small patches ``(b, 3, h, w)``, large ones ``(b, 3, scale*h, scale*w)``, and the clean small."""
        large = self._large.batch(step)[1]
        clean = pixels.quantise(imresize(large, 1 / self.scale))  # (b, 3, h, w)
        return self._real.batch(step)[1], large, {"clean": clean}


class Reordered:
    """The same patches as a training wants them: ``order(real, large, clean)`` gives source, goal and condition."""

    def __init__(self, batches: UnpairedPatches, order: Callable[[Tensor, Tensor, Tensor], Batch]) -> None:
        self.batches, self.order = batches, order

    def batch(self, step: int) -> Batch:
        """Return source and goal, ``(b, 3, h, w)`` each, and the condition."""
        real, large, condition = self.batches.batch(step)
        return self.order(real, large, condition["clean"])


def check_unpaired(
    real: Images, large: Images, *, patch: int, scale: int, alone: str = "give good ones of other scenes"
) -> None:
    """Check that two sets can be used for training: both readable, not the same, and with images as large as a patch.

    Args:
        alone: what to do where there is only one set.
    """
    if _origin(real) == _origin(large):
        raise BadInput(
            f"The real images and the large ones are the same, {_named(real)}: there is nothing to learn from a "
            f"difference that does not exist. If there is only one set, {alone}."
        )
    for role, given, side in (("real", real, patch // scale), ("large", large, patch)):
        largest = max(_side(source.hr) for source in images_of(given).sources)
        if largest < side:
            by = scale if role == "real" else 1
            raise BadInput(
                f"All {role} images ({_named(given)}) are smaller than a patch: the largest square in them has side "
                f"{largest}, and patch={patch} at x{scale} takes {side}. Give larger images; "
                f"in Python patch={largest * by} takes these."
            )


def images_of(given: Images) -> Pairs:
    """Return what is named or given as pairs of equal size, of which HR is taken."""
    return at_scale(load(given, scale=1) if isinstance(given, str | Path) else given, 1)


def _side(image: Path | Tensor) -> int:
    if isinstance(image, Tensor):
        return min(image.shape[-2:])
    header = read_header(image)
    return min(header.height, header.width)


def _origin(given: Images) -> object:
    if isinstance(given, Pairs):
        return tuple(source.hr if isinstance(source.hr, Path) else id(source.hr) for source in given.sources)
    return Path(given).expanduser().resolve()


def _named(given: Images) -> str:
    return repr(given.name) if isinstance(given, Pairs) else str(given)


class InPredictions:
    """A loss that is always 0: all terms come from the network's predictions (``Prediction.beside``)."""

    def __call__(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return 0 for ``(b, 3, h, w)`` images."""
        return (sr - hr).sum() * 0.0  # scalar

    def terms(self, sr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        """Return no terms."""
        return {}


class Translation(nn.Module):
    """A translating network in training: ``content`` compares it with a target, a discriminator makes it realistic.

    Args:
        generator: ``(b, 3, h, w)`` to the size of the goal.
        content: formula of what keeps the result to its goal, for example ``"1*LowPass"``.
        adversarial: the adversarial term; a discriminator given by its name is made for images of ``size``.
        size: side of the patches it sees.

    Attributes:
        discriminators: set by the run.
    """

    def __init__(
        self, generator: nn.Module, *, content: str | LossFunction, adversarial: AdversarialTerm, size: int
    ) -> None:
        super().__init__()
        self.generator, self.adversarial, self.size = generator, adversarial, size
        self.content = losses.parse(content) if isinstance(content, str) else content
        self.discriminators: dict[str, Discriminator] = {}

    def adversarial_terms(self) -> dict[str, AdversarialTerm]:
        """Return the one term, its discriminator made anew."""
        return {"": with_discriminator(self.adversarial, self.size)}

    def forward(self, image: Tensor) -> Tensor:
        """Translate ``(b, 3, h, w)`` to ``(b, 3, h', w')``."""
        made: Tensor = self.generator(image)
        return made

    def predictions(self, lr: Tensor, *, goal: Tensor, real: Tensor) -> list[Prediction]:
        """Return the translation of ``lr`` with all terms of its loss.

        Args:
            lr: what is translated, ``(b, 3, h, w)``.
            goal: what the translation is kept to, ``(b, 3, h', w')``.
            real: what it should look like, the same shape, of other scenes.
        """
        made = self.generator(lr)  # (b, 3, h', w')
        terms = {**terms_of(self.content, made, goal)}
        for one in self.discriminators.values():
            terms[one.game.name] = one.generator_loss(made, real)
        return [Prediction("made", made, 1, 1.0, beside=terms)]


def with_discriminator(adversarial: AdversarialTerm, size: int) -> AdversarialTerm:
    """Return the same rules with a discriminator made for images of ``size``, where it was a name."""
    if isinstance(adversarial.discriminator, nn.Module):
        return adversarial
    widths = {} if adversarial.channels is None else {"channels": adversarial.channels}
    return replace(adversarial, discriminator=discriminators.create(adversarial.discriminator, size=size, **widths))


def train_dsgan(
    real: Images,
    large: Images | None = None,
    *,
    scale: int = 4,
    steps: int,
    content: str = "1*LowPass",
    adversarial: AdversarialTerm | None = None,
    patch: int = 512,
    batch: int = 16,
    seed: int = 0,
    arguments: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Train DSGAN: a network learns the corruptions of real images; the discriminator sees their high frequencies only.

    The paper's loss is ``1*LowPass``, 0.01 LPIPS and 0.005 of the game, at 2e-4 with betas (0.5, 0.999). LPIPS needs
    weights that are not shipped: with them, ``content="1*LowPass+0.01*LPIPS(...)"``.

    Args:
        real: images of the kind to be imitated.
        large: images to be reduced and corrupted; None takes ``real`` (SDSR in the paper).
        scale: by how much they are reduced before they are corrupted.
        steps: updates.
        content: what keeps the result to the clean image.
        adversarial: the adversarial term; None is the paper's.
        patch: side of the large patch.
        batch: patches in a batch.
        seed: decides everything.
        arguments: of :class:`srkit.papers.Degrader`.
        **settings: of :func:`srkit.train`; an unfinished run in ``out`` is resumed.
    """
    if large is not None:
        check_unpaired(real, large, patch=patch, scale=scale, alone="leave `large` out, and the real ones are reduced")
    batches = UnpairedPatches(real, real if large is None else large, scale=scale, patch=patch, batch=batch, seed=seed)
    term = (
        adversarial
        or settings.pop("adversary", None)
        or AdversarialTerm(game="CE", weight=0.005, discriminator="texture", betas=(0.5, 0.999))
    )
    with chance(seed):
        generator = Degrader(**(arguments or {}))
    system = Translation(generator, content=content, adversarial=term, size=patch // scale)
    return _train(
        system,
        Reordered(batches, lambda real, large, clean: (clean, clean, {"goal": clean, "real": real})),
        **{"steps": steps, "batch": batch, "seed": seed, "learning_rate": 2e-4, "betas": (0.5, 0.999), **settings},
    )


def train_high_to_low(
    real: Images,
    large: Images,
    *,
    steps: int,
    content: str = "1*MSE",
    adversarial: AdversarialTerm | None = None,
    patch: int = 64,
    batch: int = 32,
    seed: int = 0,
    arguments: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Train the high-to-low network of Bulat et al.: reduce large images so that they look like real small ones.

    The paper's loss is the squared distance to the mean of 4x4 pixels and 0.05 of the hinge game; Adam with betas
    (0, 0.9). Its second stage is ``train("low_to_high", made_pairs(...), **low_to_high_recipe())``.

    Args:
        real: real small images.
        large: good large images.
        steps: updates.
        content: what keeps the result to the mean of 4x4 pixels.
        adversarial: the adversarial term; None is the paper's.
        patch: side of the large patch; a multiple of 16.
        batch: patches in a batch.
        seed: decides everything.
        arguments: of :class:`srkit.papers.HighToLow`.
        **settings: of :func:`srkit.train`; an unfinished run in ``out`` is resumed.
    """
    check_unpaired(real, large, patch=patch, scale=4)
    batches = UnpairedPatches(real, large, scale=4, patch=patch, batch=batch, seed=seed)
    term = (
        adversarial
        or settings.pop("adversary", None)
        or AdversarialTerm(game="Hinge", weight=0.05, discriminator="residual", betas=(0.0, 0.9))
    )
    with chance(seed):
        generator = HighToLow(**(arguments or {}))
    system = Translation(generator, content=content, adversarial=term, size=patch // 4)
    return _train(
        system,
        Reordered(batches, _towards_mean),
        **{"steps": steps, "batch": batch, "seed": seed, "learning_rate": 1e-4, "betas": (0.0, 0.9), **settings},
    )


def _towards_mean(real: Tensor, large: Tensor, clean: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    goal = F.avg_pool2d(large, 4)  # (b, 3, h/4, w/4)
    return large, goal, {"goal": goal, "real": real}


@torch.no_grad()
def made_pairs(generator: nn.Module, large: Images, *, scale: int, seed: int = 0, clean_by: int = 1) -> Pairs:
    """Return pairs whose LR a trained network has made: HR as it is, LR what the network makes of it.

    Args:
        generator: a :class:`Translation` or its network; one that keeps the size gets the image reduced by bicubic.
        large: images for HR; sides are cut to multiples of 16 times ``clean_by``.
        scale: of the pairs.
        seed: decides the noise that a network draws.
        clean_by: reduce HR by this first, which takes its own noise away (2 in FSSR's TDSR).
    """
    network: Any = (generator.generator if isinstance(generator, Translation) else generator).eval()
    images = images_of(large)
    sources = []
    for number, pair in enumerate(images):
        hr = pixels.modcrop(pair.hr, 16 * clean_by)
        hr = hr if clean_by == 1 else pixels.quantise(imresize(hr, 1 / clean_by))
        small = hr if network.reduces == scale else pixels.quantise(imresize(hr, 1 / scale))
        with chance(mix(seed, number)):
            lr = pixels.quantise(network(small[None])[0])
        sources.append(Source(pair.name, hr, lr))
    return Pairs(sources, name=f"{images.name} | {type(network).__name__}", scale=scale)


def _train(system: nn.Module, batches: Batches, **settings: Any) -> Run:
    for fixed in ("loss", "supervision"):
        if fixed in settings:
            raise BadInput(f"{fixed}=… is decided here: give content=… and adversarial=….")
    return begin_or_resume(system, batches, loss=InPredictions(), **settings)


def begin_or_resume(
    net: nn.Module,
    batches: Pairs | Batches,
    *,
    steps: int,
    loss: str | LossFunction,
    out: str | Path | None = None,
    **settings: Any,
) -> Run:
    """Train, or go on where the run in ``out`` was: called again with the same arguments, it comes to the same end."""
    if out is None or not (Path(out) / "checkpoint.pt").exists():
        return train(net, batches, steps=steps, loss=loss, out=out, **settings)
    then = load_checkpoint(Path(out) / "checkpoint.pt")["config"]
    asked = {name: value for name, value in settings.items() if name in then and name != "device"}
    now = make_config({**then, **asked}).as_dict()
    if other := [name for name in asked if now[name] != then[name]]:
        said = ", ".join(f"{name}={then[name]} (now {now[name]})" for name in other)
        raise BadInput(
            f"The run in {out} was begun with {said}. Call again with what it was begun with to go on, or choose "
            "another folder to begin anew."
        )
    kept = {name: settings[name] for name in ("valid", "callbacks", "progress") if name in settings}
    return resume(out, net=net, pairs=batches, loss=loss, steps=steps, **kept)
