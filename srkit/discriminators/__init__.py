"""Networks that tell real images from generated ones, in a registry separate from that of super-resolution networks.

A discriminator takes images ``(b, 3, h, w)`` in [0, 1] and gives logits, larger for what it takes for real: one per
image ``(b, 1)``, or one per place ``(b, 1, h', w')``. It is made with ``size``, the side of the images it will see.
"""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.discriminators import patch, residual, texture, unet, vgg  # each registers a discriminator or more
from srkit.discriminators._registry import DISCRIMINATORS, create, register_discriminator

__all__ = ["DISCRIMINATORS", "create", "register_discriminator"]

_FORMER = {
    "discriminators.patch": "PatchDiscriminator",
    "discriminators.residual": "ResidualDiscriminator",
    "discriminators.texture": "HighPassed TextureDiscriminator",
    "discriminators.unet": "UNetDiscriminator",
    "discriminators.vgg": "ESRGANDiscriminator SRGANDiscriminator",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
