"""Settings with which published networks were trained, as arguments of :func:`srkit.train`.

``srkit.train(net, pairs, steps=200_000, init="srresnet.safetensors", **srgan_recipe())``. What is given beside a recipe
must not be in it; change a copy of the dict instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from srkit.discriminators import create
from srkit.discriminators.texture import HighPassed
from srkit.training.adversarial import AdversarialTerm

__all__ = [
    "bsrgan_recipe",
    "bsrnet_recipe",
    "esrgan_recipe",
    "fssr_recipe",
    "ikc_recipe",
    "kmsr_recipe",
    "kxnet_recipe",
    "low_to_high_recipe",
    "srgan_recipe",
    "srmd_recipe",
    "usrnet_recipe",
]


def srgan_recipe(*, weights: str | None = None) -> dict[str, Any]:
    """Return SRGAN's: VGG-19 features behind the last activation, divided by 12.75, plus 0.001 times cross-entropy.

    Ledig et al., CVPR 2017, sections 2.2 and 3.2: patches of 96, batches of 16, 100,000 steps at 1e-4 and as many at
    1e-5, beginning from the network trained with MSE (SRResNet).

    Args:
        weights: of VGG-19, as for :class:`srkit.losses.Content`; ``"untrained"`` does without.
    """
    return {
        "loss": f"1*Content(layers=relu5_4, rescale={1 / 12.75:.10f}{_given(weights)})",
        "adversarial": AdversarialTerm(game="CE", weight=1e-3, discriminator="srgan"),
        "patch": 96,
        "batch": 16,
        "learning_rate": 1e-4,
        "schedule": "multistep@100000",
        "gamma": 0.1,
    }


def esrgan_recipe(*, weights: str | None = None) -> dict[str, Any]:
    """Return ESRGAN's: L1 of VGG-19 features before the activation, 0.005 relativistic average GAN, 0.01 L1.

    Wang et al., ECCV Workshops 2018, sections 3.2 to 4.1: patches of 128, batches of 16, 1e-4 halved after 50,000,
    100,000, 200,000 and 300,000 steps, beginning from the network trained with L1.

    Args:
        weights: of VGG-19, as for :class:`srkit.losses.Content`; ``"untrained"`` does without.
    """
    return {
        "loss": f"1*Content(layers=conv5_4, form=l1{_given(weights)})+0.01*L1",
        "adversarial": AdversarialTerm(game="RaGAN", weight=5e-3, discriminator="esrgan"),
        "patch": 128,
        "batch": 16,
        "learning_rate": 1e-4,
        "schedule": "multistep@50000,100000,200000,300000",
        "gamma": 0.5,
    }


def bsrnet_recipe() -> dict[str, Any]:
    """Return BSRNet's: L1 on what the ``bsrgan`` chain makes of every patch, 1e-4 halved every 200,000, EMA 0.999.

    Zhang et al., ICCV 2021, and the option file of cszn/KAIR: LR patches of 72 at x4, batches of 48 (4 in the file).
    ``train("esrgan", "div2k", scale=4, steps=..., **bsrnet_recipe())``.
    """
    return {
        "loss": "1*L1",
        "degrade": "bsrgan(4)",
        "patch": 288,
        "batch": 48,
        "learning_rate": 1e-4,
        "schedule": "halve@200000",
        "gamma": 0.5,
        "ema": 0.999,
    }


def bsrgan_recipe(*, weights: str | None = None) -> dict[str, Any]:
    """Return BSRGAN's second phase, which begins with BSRNet's weights (``init=``): L1, VGG-19 features, least squares.

    The option file of cszn/KAIR: five layers weighted 0.1, 0.1, 1, 1, 1, a U-Net for a discriminator, 5e-5.

    Args:
        weights: of VGG-19, as for :class:`srkit.losses.Content`; ``"untrained"`` does without.
    """
    layers = "conv1_2:0.1 conv2_2:0.1 conv3_4 conv4_4 conv5_4"
    return {
        **bsrnet_recipe(),
        "loss": f"1*L1+1*Content(layers='{layers}', form=l1{_given(weights)})",
        "adversarial": AdversarialTerm(game="LS", weight=1.0, discriminator="unet"),
        "learning_rate": 5e-5,
    }


def low_to_high_recipe() -> dict[str, Any]:
    """Return that of Bulat et al., second stage: squared error and 0.05 of the hinge game, on made pairs.

    ECCV 2018, section 3; learning rate and batch of public training code (yoon28/unpaired_face_sr).
    """
    return {
        "loss": "1*MSE",
        "adversarial": AdversarialTerm(game="Hinge", weight=0.05, discriminator="residual", betas=(0.0, 0.9)),
        "patch": 64,
        "batch": 32,
        "learning_rate": 1e-4,
        "betas": (0.0, 0.9),
    }


def fssr_recipe(*, weights: str | None = None) -> dict[str, Any]:
    """Return FSSR's second stage: ESRGAN whose L1 sees the slow part of the image, its discriminator the fast part.

    Fritsche et al., ICCV Workshops 2019, section 3.2, and the code of ManuelFritsche/real-world-sr: 60,000 steps that
    begin with the weights of ESRGAN's pixel phase, on pairs made by DSGAN (:func:`srkit.papers.made_pairs`).

    Args:
        weights: of VGG-19, as for :class:`srkit.losses.Content`; ``"untrained"`` does without.
    """
    sees_fast = HighPassed(create("esrgan", size=128))
    return {
        **esrgan_recipe(weights=weights),
        "loss": f"1*Content(layers=conv5_4, form=l1{_given(weights)})+0.01*LowPass(size=9, edge=zeros)",
        "adversarial": AdversarialTerm(game="RaGAN", weight=5e-3, discriminator=sees_fast),
        "schedule": "multistep@5000,10000,20000,30000",
    }


def ikc_recipe(*, scale: int, small: bool = False) -> dict[str, Any]:
    """Return IKC's: SFTMD by L1 for 500,000 steps, predictor and corrector for 5,000, LR patches of 64, batches of 32.

    The option files of yuanjunchai/IKC: Adam at 1e-4 with betas (0.9, 0.99). They restart a cosine every 125,000 steps
    of SFTMD; here the rate stays. For :func:`srkit.papers.train_ikc`.

    Args:
        scale: enlargement factor.
        small: a small network, LR patches of 20 in batches of 8 and higher rates, for a CPU minute.
    """
    if small:
        sizes = {"channels": 16, "n_blocks": 2, "iterations": 3, "kernel_size": 15, "n_codes": 4, "tail_size": 3}
        rates = {"learning_rate": 1e-3, "codes_rate": 1e-3, "betas": (0.9, 0.99)}
        return {"sftmd_steps": 400, "steps": 300, "patch": 20 * scale, "batch": 8, "arguments": sizes, **rates}
    return {
        "sftmd_steps": 500_000,
        "steps": 5_000,
        "patch": 64 * scale,
        "batch": 32,
        "learning_rate": 1e-4,
        "betas": (0.9, 0.99),
    }


def kmsr_recipe(pool: str | Path | None = None, *, small: bool = False, epoch: int = 10_000) -> dict[str, Any]:
    """Return KMSR's second stage: squared error, patches of 128, batches of 16, Adam at 1e-3, a tenth every 30 epochs.

    Zhou and Süsstrunk, ICCV 2019, after the code of IVRL/Kernel-Modeling-Super-Resolution, main.py (a comment there
    says every 10 epochs). ``train("kmsr", "div2k", scale=2, steps=…, **kmsr_recipe("pool/"))``.

    Args:
        pool: where the kernels are stored (:func:`srkit.degrade.read_pool`): estimated ones, grown ones or both; the
            authors take a thousand of each. None leaves the maker out: for batches that are made of kernels at hand.
        small: patches of 48 and batches of 8 at 2e-3, with which the tiny network takes a CPU minute.
        epoch: steps in an epoch; the authors' is one pass over all patches of DIV2K, 16 pixels apart.
    """
    recipe: dict[str, Any] = {
        "loss": "1*MSE",
        "patch": 128,
        "batch": 16,
        "learning_rate": 1e-3,
        "weight_decay": 1e-5,
        "schedule": f"halve@{30 * epoch}",
        "gamma": 0.1,
    }
    if small:
        recipe |= {"patch": 48, "batch": 8, "learning_rate": 2e-3}
    return recipe if pool is None else {**recipe, "maker": f'kernel_pool("{pool}")'}


def kxnet_recipe(*, scale: int) -> dict[str, Any]:
    """Return KXNet's: L1 of image and kernel at every stage, LR patches of 64, batches of 12, 2e-4, halved.

    Fu et al., ECCV 2022, and the option files of jiahong-fu/KXNet: halved every 200,000 of 1,000,000 steps.
    ``train("kxnet", "div2k", scale=2, steps=…, **kxnet_recipe(scale=2))`` is setting 1 of the paper; the network
    ``kxnet_anisotropic`` is trained as in its setting 2.

    Args:
        scale: enlargement factor.
    """
    return {
        "loss": "1*L1",
        "patch": 64 * scale,
        "batch": 12,
        "learning_rate": 2e-4,
        "schedule": "halve@200000",
        "gamma": 0.5,
    }


def srmd_recipe(*, small: bool = False) -> dict[str, Any]:
    """Return SRMD's: L1, patches of 96, batches of 64, 1e-4 halved every 200,000 steps; for SRMDNF and SRMD alike.

    The option file of cszn/KAIR, train_srmd.json; the paper minimises the squared error. The kernels are those of the
    card: train on widths wider than those you will measure on, the edge is weak.

    Args:
        small: patches of 48 and batches of 16 at 1e-3, with which a small network takes CPU minutes.
    """
    if small:
        return {"loss": "1*L1", "patch": 48, "batch": 16, "learning_rate": 1e-3}
    return {"loss": "1*L1", "patch": 96, "batch": 64, "learning_rate": 1e-4, "schedule": "halve@200000", "gamma": 0.5}


def usrnet_recipe() -> dict[str, Any]:
    """Return USRNet's: L1, patches of 96, batches of 48, 1e-4 halved after 100,000, 200,000, 300,000 and 400,000 steps.

    The option file of cszn/KAIR, train_usrnet.json.
    """
    return {
        "loss": "1*L1",
        "patch": 96,
        "batch": 48,
        "learning_rate": 1e-4,
        "schedule": "multistep@100000,200000,300000,400000",
        "gamma": 0.5,
    }


def _given(weights: str | None) -> str:
    return "" if weights is None else f", weights='{weights}'"
