"""Makers, by name: how batches are made for networks that are trained on more than pairs.

A card names its maker (``trained_on="gaussian_codes(noise=75)"``), and :func:`srkit.train` builds it for the network:
the size of kernels and codes is read from the network itself. A maker of one's own is registered like everything else::

    @register_maker("hazy")
    def hazy(net, strength=0.5):
        return Haze(net.scale, strength)      # see srkit.datasets.degraded.PatchMaker
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit._options import parameters
from srkit._reader import WORD, Reader, read_options
from srkit._registry import Registry
from srkit.datasets.degraded import Condition, PatchMaker
from srkit.datasets.maker import generator_for
from srkit.degrade import (
    apply_kernel,
    draw,
    gaussian_variances,
    gaussian_widths,
    motion_path,
    pca_basis,
    random_srmd_kernels,
    read_pool,
    srmd_basis,
    srmd_code,
)  # fmt: skip
from srkit.degrade._parse import read_ranged
from srkit.degrade.alignment import align, on_grid
from srkit.degrade.chain import Range
from srkit.degrade.pool import check_pool
from srkit.errors import BadInput, UnknownName
from srkit.ops import pixels
from srkit.ops.kernels import delta
from srkit.ops.resize import imresize

__all__ = [
    "MAKERS",
    "BlurKernels",
    "GaussianCodes",
    "KernelPool",
    "KernelsAndNoise",
    "MakerEntry",
    "make_maker",
    "register_maker",
]

Widths = Range | tuple[float, float] | None
_FAMILIES = ("round", "anisotropic", "none")


@dataclass(frozen=True)
class MakerEntry:
    """A registered maker."""

    title: str  # how a formula spells it
    factory: Callable[..., PatchMaker]  # takes the network first, then the options of the formula

    def options(self) -> dict[str, inspect.Parameter]:
        """Return what a formula may set, by name, in order."""
        return dict(list(parameters(self.factory).items())[1:])


MAKERS: Registry[MakerEntry] = Registry("maker")


def register_maker(name: str) -> Callable[[Callable[..., PatchMaker]], Callable[..., PatchMaker]]:
    """Make a maker available to cards and to ``train(..., maker=...)``; decorates ``f(net, option=…)``.

    Args:
        name: lower case letters, digits and underscores.

    Raises:
        BadInput: the name cannot be a name.
        DuplicateName: it is taken.
    """

    def file(factory: Callable[..., PatchMaker]) -> Callable[..., PatchMaker]:
        MAKERS.register(name)(MakerEntry(name, factory))
        return factory

    return file


def make_maker(formula: str, net: nn.Module) -> PatchMaker:
    """Build the maker that a formula such as ``"blur_kernels(family=anisotropic, noise=25)"`` names, for a network."""
    reader = Reader(formula)
    reader.blanks()
    word = reader.match(WORD)
    if word is None:
        raise reader.error(f"The name of a maker is expected here ({', '.join(MAKERS)})")
    try:
        entry = MAKERS.get(word.group())
    except UnknownName as error:
        raise UnknownName(reader.pointed(str(error).rstrip("."), reader.before)) from None
    options = read_options(reader, entry, read_ranged) if reader.take("(") else {}
    if not reader.at_end():
        raise reader.error("A maker is one name with options in brackets, and something follows it")
    needed = [name for name, option in entry.options().items() if option.default is option.empty]
    lacking = [name for name in needed if name not in options]
    if lacking:
        raise BadInput(
            f"{type(net).__name__} is trained on batches made by {entry.title}, which needs {' and '.join(lacking)}: "
            f"give maker='{entry.title}({lacking[0]}=…)', or maker='pairs' to train on "
            "the pairs as they are."
        )
    return entry.factory(net, **options)


class GaussianCodes:
    """SRMD's: a Gaussian blur, MATLAB's bicubic reduction, white noise; the condition is the code and the noise.

    Zhang et al., CVPR 2018, section 4.1; the same with round kernels for SFTMD and IKC (Gu et al., CVPR 2019).

    Args:
        basis: PCA basis of the codes, ``(components, k*k)``.
        family: ``"anisotropic"`` kernels as SRMD's authors draw them, ``"round"`` ones with widths in ``widths``, or
            ``"none"``: no blur, the bicubic reduction alone.
        widths: smallest and largest width of round kernels in HR pixels; None is 0.2 to the scale.
        noise: largest noise level on the scale 0…255; None tells no noise level (SRMDNF).
    """

    def __init__(
        self, scale: int, basis: Tensor, *, family: str = "round", widths: Widths = None, noise: float | None = None
    ) -> None:
        _check_family(family, _FAMILIES)
        self.scale, self.basis, self.family, self.noise = scale, basis, family, noise
        self.widths, self.size = _ends(widths, (0.2, float(scale))), math.isqrt(basis.shape[-1])
        self.margin = (-(-(self.size // 2) // scale) + 2) * scale  # the kernel's reach, then bicubic's

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return LR ``(3, h, w)`` and ``degradation``, the code ``(components [+ 1],)``."""
        kernel = self.kernel(rng)
        lr = pixels.quantise(imresize(apply_kernel(hr, kernel), 1 / self.scale))
        lr, code = pixels.crop_border(lr, self.margin // self.scale), srmd_code(kernel, self.basis)
        if self.noise is not None:
            level = lr.new_tensor([draw.uniform(rng, 0, self.noise)])  # (1,)
            lr = lr + draw.normal(rng, lr.shape, lr) * level / 255
            code = torch.cat([code, level.to(code) / 255])
        return lr, {"degradation": code.to(lr)}

    def condition(self, kernel: Tensor, noise: float | None) -> Condition:
        """Return the condition of images with a given blur ``(k, k)`` and noise level (0…255; None where unsaid)."""
        code = srmd_code(fitted(kernel, self.size), self.basis)
        if self.noise is None and noise:
            raise BadInput(f"This network is conditioned on the blur and no noise level; noise {noise:g} was given.")
        if self.noise is not None:
            code = torch.cat([code, code.new_tensor([(noise or 0.0) / 255])])
        return {"degradation": code.float()}

    def kernel(self, rng: torch.Generator) -> Tensor:
        """Draw a kernel ``(k, k)``."""
        if self.family == "none":
            return delta(self.size)
        if self.family == "round":
            return gaussian_widths(self.size, draw.uniform(rng, *self.widths))
        return random_srmd_kernels(1, rng, size=self.size)[0]

    def __str__(self) -> str:
        return f"gaussian_codes({self.family})"


class BlurKernels:
    """KXNet's: each patch is blurred by its own Gaussian, known to the loss; the reduction keeps each first pixel.

    Fu et al., ECCV 2022: correlation with a centred kernel, reflected borders, every ``scale``-th pixel, noise.

    Args:
        family: ``"round"``, or ``"anisotropic"``: two widths and an angle.
        widths: smallest and largest width; None is the paper's: 0.2 to the scale, or 0.6 to 5.
        noise: largest noise level on the scale 0…255.
    """

    margin = 0

    def __init__(
        self, scale: int, *, size: int = 21, family: str = "round", widths: Widths = None, noise: float = 0.0
    ) -> None:
        _check_family(family, _FAMILIES[:2])
        self.scale, self.size, self.family, self.noise = scale, size, family, noise
        self.widths = _ends(widths, (0.2, float(scale)) if family == "round" else (0.6, 5.0))

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return LR ``(3, h, w)`` and ``kernel (k, k)``."""
        kernel = self.kernel(rng)
        lr = apply_kernel(hr, kernel, border="reflect")[..., :: self.scale, :: self.scale]
        if self.noise:
            lr = lr + draw.normal(rng, lr.shape, lr) * draw.uniform(rng, 0, self.noise) / 255
        return pixels.quantise(lr), {"kernel": kernel.float()}

    def kernel(self, rng: torch.Generator) -> Tensor:
        """Draw a kernel ``(k, k)``."""
        first = draw.uniform(rng, *self.widths)
        if self.family == "round":
            return gaussian_widths(self.size, first)
        return gaussian_widths(self.size, first, draw.uniform(rng, *self.widths), draw.uniform(rng, 0, math.pi))

    def __str__(self) -> str:
        return f"blur_kernels({self.family})"


class KernelsAndNoise:
    """USRNet's: motion or Gaussian blur with periodic borders, every ``scale``-th pixel, noise; the condition is both.

    Zhang et al., CVPR 2020, section 5.1, and data/dataset_usrnet.py of cszn/KAIR: half of the kernels are motions, half
    anisotropic Gaussians; one patch in eight has no noise. Paths and variances are srkit's own draws; a run trains one
    scale, where the authors draw one for each batch.

    Args:
        noise: largest noise level on the scale 0…255.

    Attributes:
        pad: LR pixels to be added around photographs, whose borders are not periodic.
    """

    margin, pad = 0, 8

    def __init__(self, scale: int, *, size: int = 25, noise: float = 25.0) -> None:
        self.scale, self.size, self.noise = scale, size, noise

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return LR ``(3, h, w)``, ``kernel (1, k, k)`` and the standard deviation of the ``noise``."""
        kernel = motion_path(rng, size=self.size) if draw.chance(rng, 0.5) else self._gaussian(rng)
        level = 0.0 if draw.chance(rng, 1 / 8) else draw.uniform(rng, 0, self.noise) / 255
        lr = apply_kernel(hr, kernel, border="circular", by="convolution")[..., :: self.scale, :: self.scale]
        lr = pixels.quantise(lr) + draw.normal(rng, lr.shape, lr) * level
        return lr, {"kernel": kernel[None].to(lr), "noise": lr.new_tensor(level)}

    def condition(self, kernel: Tensor, noise: float | None) -> Condition:
        """Return the condition of images with a given blur ``(k, k)``, by correlation, and noise level (0…255).

        The kernel is moved so that the result lies where bicubic enlargement puts it.
        """
        turned = align(kernel.flip(0, 1), self.scale, by="convolution")
        return {"kernel": turned[None].float(), "noise": (noise or 0.0) / 255}

    def _gaussian(self, rng: torch.Generator) -> Tensor:
        first, second = (draw.uniform(rng, 0.6, 12.0) for _ in range(2))
        return gaussian_variances(self.size, first, second, draw.uniform(rng, 0, math.pi))

    def __str__(self) -> str:
        return f"kernels_and_noise({self.size})"


class KernelPool:
    """KMSR's: HR blurred by a kernel of a pool, at the size of HR, for the kernels hold what enlarging does.

    Zhou and Süsstrunk, ICCV 2019, section 3.2.

    Args:
        pool: kernels ``(n, k, k)``, or where they are stored (:func:`srkit.degrade.read_pool`).
    """

    scale = 1

    def __init__(self, pool: Tensor | str | Path) -> None:
        self.pool = check_pool(pool) if isinstance(pool, Tensor) else read_pool(pool)
        self.margin = self.pool.shape[-1] // 2

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return the blurred patch ``(3, h, w)`` and that it is ``enlarged`` already."""
        kernel = self.pool[draw.whole(rng, 0, len(self.pool) - 1)]
        blurred = pixels.quantise(apply_kernel(hr, kernel, by="convolution"))
        return pixels.crop_border(blurred, self.margin), {"enlarged": True}

    def __str__(self) -> str:
        return f"kernel_pool({len(self.pool)} kernels)"


@register_maker("gaussian_codes")
def gaussian_codes(
    net: nn.Module, family: str = "anisotropic", widths: Widths = None, noise: float | None = None, size: int = 15
) -> GaussianCodes:
    """Return SRMD's maker for a network of ``n_codes`` codes; a network with a buffer ``basis`` gets it filled."""
    conditioned: Any = net
    if not hasattr(conditioned, "n_codes"):
        raise _not_for(net, "gaussian_codes", "it has no n_codes")
    own = getattr(conditioned, "basis", None)
    if own is None:
        basis = srmd_basis(components=conditioned.n_codes - (noise is not None), size=size)
    else:
        if not bool(own.any()):
            own.copy_(round_basis(conditioned, _ends(widths, (0.2, float(conditioned.scale))), generator_for(0, 0)))
        basis = own.detach().cpu().double()
    return GaussianCodes(conditioned.scale, basis, family=family, widths=widths, noise=noise)


@register_maker("blur_kernels")
def blur_kernels(net: nn.Module, family: str = "round", widths: Widths = None, noise: float = 0.0) -> BlurKernels:
    """Return KXNet's maker for a network that estimates kernels."""
    estimating: Any = net
    if not hasattr(estimating, "estimate_kernel"):
        raise _not_for(net, "blur_kernels", "it estimates no kernel")
    home = next(net.parameters())
    with torch.no_grad():
        size = estimating.estimate_kernel(home.new_zeros(1, 3, 8, 8)).shape[-1]
    return BlurKernels(estimating.scale, size=size, family=family, widths=widths, noise=noise)


@register_maker("kernels_and_noise")
def kernels_and_noise(net: nn.Module, size: int = 25, noise: float = 25.0) -> KernelsAndNoise:
    """Return USRNet's maker."""
    return KernelsAndNoise(int(net.scale), size=size, noise=noise)  # type: ignore[arg-type]


@register_maker("kernel_pool")
def kernel_pool(net: nn.Module, path: str) -> KernelPool:
    """Return KMSR's maker for a network that sharpens enlarged images."""
    if not hasattr(net, "sharpen"):
        raise _not_for(net, "kernel_pool", "it has no step that sharpens an enlarged image")
    return KernelPool(path)


def fitted(kernel: Tensor, size: int) -> Tensor:
    """Return a kernel ``(k, k)`` with its centre in the middle of ``(size, size)``, adding up to 1."""
    found = on_grid(kernel / kernel.sum(), size)
    if float(found.sum()) < 0.95:
        raise BadInput(
            f"The blur is wider than the {size} x {size} pixels that this network knows; give a smaller one."
        )
    return found / found.sum()


def round_basis(net: Any, widths: tuple[float, float], rng: torch.Generator) -> Tensor:
    """Return the basis ``(n_codes, k*k)`` of a thousand round Gaussians of the network's ``kernel_size``."""
    kernels = [gaussian_widths(net.kernel_size, draw.uniform(rng, *widths)) for _ in range(1000)]
    return pca_basis(torch.stack(kernels), components=net.n_codes)


def _not_for(net: nn.Module, name: str, why: str) -> BadInput:
    return BadInput(f"{name} makes no batches for {type(net).__name__}: {why}.")


def _check_family(family: str, known: tuple[str, ...]) -> None:
    if family not in known:
        raise BadInput(f"family={family!r}: kernels are {', '.join(map(repr, known[:-1]))} or {known[-1]!r}.")


def _ends(widths: Widths, usual: tuple[float, float]) -> tuple[float, float]:
    """Return smallest and largest width."""
    return (widths.low, widths.high) if isinstance(widths, Range) else (widths or usual)
