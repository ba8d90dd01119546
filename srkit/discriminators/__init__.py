"""Networks that tell real images from made ones: not super-resolution networks, so they have a registry of their own.

A discriminator takes images ``(b, 3, h, w)`` in [0, 1] and gives logits, larger for what it takes for real: one per
image ``(b, 1)``, or one per place ``(b, 1, h', w')``. It is made with ``size``, the side of the images it will see.
"""

from srkit.discriminators._registry import DISCRIMINATORS, create, register_discriminator
from srkit.discriminators.patch import PatchDiscriminator
from srkit.discriminators.residual import ResidualDiscriminator
from srkit.discriminators.texture import HighPassed, TextureDiscriminator
from srkit.discriminators.unet import UNetDiscriminator
from srkit.discriminators.vgg import ESRGANDiscriminator, SRGANDiscriminator

__all__ = [
    "DISCRIMINATORS",
    "ESRGANDiscriminator",
    "HighPassed",
    "PatchDiscriminator",
    "ResidualDiscriminator",
    "SRGANDiscriminator",
    "TextureDiscriminator",
    "UNetDiscriminator",
    "create",
    "register_discriminator",
]
