"""Settings with which published networks were trained, ready to be handed to :func:`srkit.train`.

``srkit.train(net, pairs, steps=200_000, init="srresnet.safetensors", **srgan_recipe())``. What is given beside a recipe
must not be in it; change a copy of the dict instead.
"""

from __future__ import annotations

from typing import Any

from srkit.training.adversarial import Adversary

__all__ = ["esrgan_recipe", "kxnet_recipe", "srgan_recipe"]


def srgan_recipe(*, weights: str | None = None) -> dict[str, Any]:
    """Return SRGAN's: VGG-19 features behind the last activation, divided by 12.75, plus 0.001 times cross-entropy.

    Ledig et al., CVPR 2017, sections 2.2 and 3.2: patches of 96, batches of 16, 100,000 steps at 1e-4 and as many at
    1e-5, beginning from the network trained with MSE (SRResNet).

    Args:
        weights: of VGG-19, as for :class:`srkit.losses.Content`; ``"untrained"`` does without.
    """
    return {
        "loss": f"1*Content(layers=relu5_4, rescale={1 / 12.75:.10f}{_given(weights)})",
        "adversary": Adversary(game="CE", weight=1e-3, discriminator="srgan"),
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
        "adversary": Adversary(game="RaGAN", weight=5e-3, discriminator="esrgan"),
        "patch": 128,
        "batch": 16,
        "learning_rate": 1e-4,
        "schedule": "multistep@50000,100000,200000,300000",
        "gamma": 0.5,
    }


def kxnet_recipe(*, scale: int) -> dict[str, Any]:
    """Return KXNet's: L1 of image and kernel at every stage, LR patches of 64, batches of 12, 2e-4, halved.

    Fu et al., ECCV 2022, and the option files of jiahong-fu/KXNet: halved every 200,000 of 1,000,000 steps. For
    :func:`srkit.training.train_blind`.

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


def _given(weights: str | None) -> str:
    return "" if weights is None else f", weights='{weights}'"
