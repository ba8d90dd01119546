"""CinCGAN: a cycle that cleans small images inside a cycle that enlarges them, trained on unpaired images.

Y. Yuan, S. Liu, J. Zhang, Y. Zhang, C. Dong, L. Lin, "Unsupervised Image Super-Resolution using Cycle-in-Cycle
Generative Adversarial Networks", CVPR Workshops 2018, 701-710, https://arxiv.org/abs/1809.00437. Noisy small images x,
clean small images y, large images z; G1: x to y, G2: y to x, SR: y to z, G3: z to x; one discriminator on y, one on z.

Deviations: the losses of both cycles are summed in one update, where the public code (Junshk/CinCGAN-pytorch) makes one
for each. All terms are means; that code sums the squares of the HR identity. Where nothing else is said, forms and
weights are that code's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from srkit import models
from srkit.discriminators.patch import PatchDiscriminator
from srkit.errors import BadInput
from srkit.layers import Prediction
from srkit.layers.translator import Translator
from srkit.losses import cycle, l1, mse
from srkit.models._registry import MODELS
from srkit.papers.unpaired import Images, InPredictions, Reordered, UnpairedPatches, begin_or_resume, check_unpaired
from srkit.training.adversarial import AdversarialTerm, Discriminator
from srkit.training.state import Run
from srkit.training.supervise import Batches, LossFunction
from srkit.training.world import chance

__all__ = ["CinCGAN", "CinCGANWeights", "phase", "squared_variation", "train_cincgan"]

CinCGANWeights = Mapping[str, float]
WEIGHTS: CinCGANWeights = {
    "discriminator y": 1.0, "cycle y": 10.0, "identity y": 5.0, "TV y": 0.5,
    "discriminator z": 1.0, "cycle z": 10.0, "identity z": 5.0, "TV z": 2.0,
}  # fmt: skip


_FORMER = {f"judge_{what}": f"discriminator_{what}" for what in ("channels", "depth", "rate", "y")}
"""Arguments under the names that older copies of lesson 14 use."""


def squared_variation(image: Tensor) -> Tensor:
    """Return the mean squared difference of neighbours across and down ``(b, c, h, w)``, added up and doubled."""
    across = (image[..., :, 1:] - image[..., :, :-1]).square().mean()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    return 2 * (across + down)  # scalar


class CinCGAN(nn.Module):
    """Figure 2: all four generators; ``joint`` says whether the outer cycle is trained too.

    Args:
        enlarge: the SR network, ``enlarge.scale`` 2 or 4.
        channels: of G1, G2 and G3.
        n_blocks: of each.
        skip: see :class:`srkit.layers.translator.Translator`; for short trainings.
        discriminator_channels: of the first layer of both discriminators.
        discriminator_depth: of both, see :class:`srkit.discriminators.PatchDiscriminator`; 3 in the paper.
        discriminator_rate: learning rate of both discriminators; None is that of the generators.
        discriminator_y: another discriminator of small images than the paper's.
        weights: of the eight terms, where they are not the paper's.

    Attributes:
        joint: False trains G1 and G2 alone (the first phase).
        scale: of ``enlarge``.

    Raises:
        BadInput: a weight of a term there is not.
    """

    def __init__(
        self,
        enlarge: nn.Module,
        *,
        channels: int = 64,
        n_blocks: int = 6,
        skip: bool = False,
        discriminator_channels: int = 64,
        discriminator_depth: int = 3,
        discriminator_rate: float | None = None,
        discriminator_y: nn.Module | None = None,
        weights: CinCGANWeights | None = None,
    ) -> None:
        super().__init__()
        if unknown := set(weights or {}) - set(WEIGHTS):
            raise BadInput(f"CinCGAN has no term {sorted(unknown)[0]!r}; it has {', '.join(WEIGHTS)}.")
        self.scale, self.joint = int(enlarge.scale), False  # type: ignore[arg-type]
        self.sizes: dict[str, Any] = {"channels": channels, "n_blocks": n_blocks, "skip": skip}
        self.weights = {**WEIGHTS, **(weights or {})}
        self.discriminator_rate = discriminator_rate
        # In a dict, which registers nothing: a discriminator is not trained with the rest.
        self.own_discriminators = {} if discriminator_y is None else {"y": discriminator_y}
        self.discriminator_sizes = {"channels": discriminator_channels, "depth": discriminator_depth}
        self.clean = Translator(**self.sizes)  # G1
        self.spoil = Translator(**self.sizes)  # G2
        self.reduce = Translator(reduces=self.scale, channels=channels, n_blocks=n_blocks)  # G3
        self.enlarge = enlarge
        self.discriminators: dict[str, Discriminator] = {}

    @property
    def judges(self) -> dict[str, Discriminator]:
        """The discriminators, as older copies of lesson 14 call them."""
        return self.discriminators

    def forward(self, lr: Tensor) -> Tensor:
        """Clean and enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        sr: Tensor = self.enlarge(self.clean(lr))
        return sr

    def in_use(self) -> nn.Module:
        """Return what enlarges, G1 and SR, as the registered network ``cincgan``, which is what a weight file holds.

        Where SR was not made by name it cannot be built again, and the whole system is returned.
        """
        name, arguments = (getattr(self.enlarge, key, None) for key in ("name", "arguments"))
        if name not in MODELS or not isinstance(arguments, Mapping):
            return self
        with chance(0):  # weights are drawn and replaced
            net = models.create("cincgan", scale=self.scale, **self.sizes, enlarge=name, enlarge_arguments=arguments)
        own = self.state_dict()
        net.load_state_dict({key: own[key] for key in net.state_dict()})
        return net

    def adversarial_terms(self) -> dict[str, AdversarialTerm]:
        """Return both discriminators, made anew unless given: D1 sees 16 pixels of y at a time, D2 70 of z."""
        nets = {
            name: self.own_discriminators.get(name)
            or PatchDiscriminator(norm="batch", stride=stride, **self.discriminator_sizes)
            for name, stride in (("y", 1), ("z", 2))
        }
        return {
            name: AdversarialTerm(
                game="LS",
                weight=self.weights[f"discriminator {name}"],
                discriminator=net,
                learning_rate=self.discriminator_rate,
            )
            for name, net in nets.items()
        }

    def predictions(self, lr: Tensor, *, clean: Tensor, real: Tensor) -> list[Prediction]:
        """Return what ``lr`` becomes, with the terms of the inner cycle, and of the outer one where it is trained too.

        Args:
            lr: x, noisy small images, ``(b, 3, h, w)``.
            clean: y, ``real`` reduced by bicubic, ``(b, 3, h, w)``.
            real: z, large images of other scenes, ``(b, 3, scale*h, scale*w)``.
        """
        cleaned = self.clean(lr)  # (b, 3, h, w)
        terms = self.inner(lr, cleaned, clean)
        if not self.joint:
            return [Prediction("inner", cleaned, 1, 1.0, beside=terms)]
        sr = self.enlarge(cleaned)  # (b, 3, scale*h, scale*w)
        return [Prediction("both", sr, self.scale, 1.0, beside={**terms, **self.outer(lr, sr, clean, real)})]

    def inner(self, lr: Tensor, cleaned: Tensor, clean: Tensor) -> dict[str, Tensor]:
        """Return equations 1 to 5: discriminator on y, x to y to x, y stays y, smoothness; each a weighted scalar."""
        return self._weighed(
            "y",
            self.discriminators["y"].generator_loss(cleaned, clean),
            cycle(self.spoil(cleaned), lr, form="mse"),
            l1(self.clean(clean), clean),
            squared_variation(cleaned),
        )

    def outer(self, lr: Tensor, sr: Tensor, clean: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Return equations 6 to 10: discriminator on z, x to z to x, y becomes z, smoothness; weighted scalars."""
        return self._weighed(
            "z",
            self.discriminators["z"].generator_loss(sr, real),
            cycle(self.reduce(sr), lr, form="mse"),
            mse(self.enlarge(clean), real),
            squared_variation(sr),
        )

    def _weighed(self, domain: str, adversarial: Tensor, *terms: Tensor) -> dict[str, Tensor]:
        names = [f"{what} {domain}" for what in ("cycle", "identity", "TV")]
        rest = {name: self.weights[name] * term for name, term in zip(names, terms, strict=True)}
        return {f"discriminator {domain}": adversarial, **rest}  # weighted already


def phase(batches: UnpairedPatches, name: str) -> Reordered:
    """Return the patches of a phase: y and z for ``"enlarge"``, else x with its goal, y (``"inner"``) or z."""
    if name == "enlarge":
        return Reordered(batches, lambda x, z, y: (y, z, {}))
    return Reordered(batches, lambda x, z, y: (x, z if name == "joint" else y, {"clean": y, "real": z}))


def train_cincgan(
    real: Images,
    large: Images,
    *,
    scale: int = 4,
    steps: tuple[int, int, int],
    out: str | Path | None = None,
    patch: int = 128,
    batch: int = 16,
    seed: int = 0,
    enlarge: nn.Module | None = None,
    arguments: Mapping[str, Any] | None = None,
    rates: tuple[float, float, float] = (2e-4, 1e-4, 1e-4),
    **settings: Any,
) -> list[Run]:
    """Train CinCGAN in its three phases: the inner cycle; the SR network on bicubic pairs; both cycles together.

    2e-4 halved every 40,000 steps, then 1e-4; batches of 16; large patches of 128 (the public code's option file).

    Args:
        real: noisy small images.
        large: good large images of other scenes.
        scale: 2 or 4.
        steps: updates of each phase; 0 leaves a phase out.
        out: folder; each phase is a run in ``out/inner``, ``out/enlarge``, ``out/joint``, resumed by the same call.
        patch: side of the large patch.
        batch: patches of each kind.
        seed: decides everything.
        enlarge: the SR network; None is EDSR with 16 blocks of 64 channels.
        arguments: of :class:`CinCGAN`.
        rates: learning rates of the phases.
        **settings: of :func:`srkit.train`, for all phases.

    Returns:
        The runs of the phases that were made; the last one's ``net`` is the whole :class:`CinCGAN`.

    Raises:
        BadInput: no phase has a step.
    """
    if not any(steps):
        raise BadInput("steps=(0, 0, 0) trains nothing: give the updates of each phase, for example (600, 600, 300).")
    check_unpaired(real, large, patch=patch, scale=scale)
    with chance(seed):
        sr_net = models.create("edsr_baseline", scale=scale) if enlarge is None else enlarge
        system = CinCGAN(sr_net, **{_FORMER.get(name, name): value for name, value in (arguments or {}).items()})
    unpaired = UnpairedPatches(real, large, scale=scale, patch=patch, batch=batch, seed=seed)
    phases: tuple[tuple[str, nn.Module, Batches, LossFunction | str], ...] = (
        ("inner", system, phase(unpaired, "inner"), InPredictions()),
        ("enlarge", sr_net, phase(unpaired, "enlarge"), "1*L1"),
        ("joint", system, phase(unpaired, "joint"), InPredictions()),
    )
    runs, given = [], {"batch": batch, "patch": patch, "schedule": "halve@40000", "seed": seed, **settings}
    for (name, net, batches, loss), length, rate in zip(phases, steps, rates, strict=True):
        system.joint = name == "joint"
        folder = None if out is None else Path(out) / name
        if length:
            own = {"loss": loss, "learning_rate": rate, **given}
            runs.append(begin_or_resume(net, batches, steps=length, out=folder, **own))
    return runs
