"""DSRN, two recurrent states that talk to each other.

W. Han, S. Chang, D. Liu, M. Yu, M. Witbrock, T. S. Huang, "Image Super-Resolution via Dual-State Recurrent Networks",
CVPR 2018, 1654-1663, https://arxiv.org/abs/1805.02704. The idea in one sentence: one state lives at the size of the LR
image and one at the size of the HR image, both are refined again and again by the same weights, and at every step each
passes its features to the other.

Deviations from the paper: the layers are those of the authors' TensorFlow file, which enlarges by 2 in one step; for x3
and x4 the transposed convolution and the pooling take kernel and stride ``scale``. The file does not say in which range
its pixels are; here they are in [0, 1]. Some tables print 1.2 M parameters, which no reading of the file gives.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.models._published import published
from srkit.models._registry import Card, register_model
from srkit.ops.resize import imresize

__all__ = ["CARD", "DSRN"]


class Refinement(nn.Module):
    """What a state learns from itself in one step: convolution, ReLU, convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)

    def forward(self, state: Tensor) -> Tensor:
        """Return the change of ``(b, channels, h, w)``, of the same shape."""
        change: Tensor = self.conv2(self.conv1(state).relu_())
        return change


class DSRN(nn.Module):
    """Figure 4: input layers, two states over time, the mean of the HR states, a residual on the bicubic image.

    Args:
        scale: enlargement factor; the HR state is this much larger than the LR state.
        channels: channels of both states.
        steps: how often the states are renewed, at least 2 (T = 7 states in the paper, the first one given).

    Raises:
        BadInput: fewer than 2 steps.
    """

    def __init__(self, *, scale: int, channels: int = 128, steps: int = 6) -> None:
        super().__init__()
        if steps < 2:
            raise BadInput(f"DSRN needs at least 2 steps, so that its HR state is used once; given: steps={steps}.")
        self.scale = scale
        self.steps = steps
        self.head = nn.Sequential(conv(3, channels // 2), nn.ReLU(), conv(channels // 2, channels), nn.ReLU())
        self.refine_small = Refinement(channels)
        self.refine_large = Refinement(channels)
        self.up = nn.ConvTranspose2d(channels, channels, scale, stride=scale)
        self.tail = conv(channels, 3, 1)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        states = self.large_states(lr)
        mean = sum(states[1:], start=states[0]) / len(states)  # (b, 128, s*h, s*w)
        residual: Tensor = self.tail(mean)  # (b, 3, s*h, s*w)
        return imresize(lr, self.scale) + residual  # (b, 3, s*h, s*w)

    def large_states(self, lr: Tensor) -> list[Tensor]:
        """Return the HR state ``(b, 128, s*h, s*w)`` after every step, equations 7 to 9, from ``(b, 3, h, w)``."""
        small: Tensor = self.head(lr)  # (b, 128, h, w)
        states: list[Tensor] = []
        for _ in range(self.steps):
            below, above = self.up(small), small + self.refine_small(small)
            if states:
                below = below + states[-1] + self.refine_large(states[-1])
                above = above + F.avg_pool2d(states[-1], self.scale)
            states.append(below.relu())
            small = above.relu()
        return states

    def drafts(self, lr: Tensor) -> list[Tensor]:
        """Return the image ``(b, 3, scale*h, scale*w)`` that each step alone would give; their mean is the result."""
        bicubic = imresize(lr, self.scale)  # (b, 3, s*h, s*w)
        return [bicubic + self.tail(state) for state in self.large_states(lr)]


CARD = Card(
    title="DSRN",
    year=2018,
    citation="W. Han, S. Chang, D. Liu, M. Yu, M. Witbrock, T. S. Huang, Image Super-Resolution via Dual-State "
    "Recurrent Networks, CVPR 2018, 1654-1663",
    url="https://arxiv.org/abs/1805.02704",
    framework="iterative up-and-down",
    idea="An LR state and an HR state are refined by shared weights and exchange what they know at every step.",
    lesson="05",
    scales=(2, 3, 4),
    parameters={2: 732_035, 3: 813_955, 4: 928_643},
    parameters_source="layer list of the authors' TensorFlow file for x2, model_recurrent_s2_u128_avg_t7.py; x3, x4 by "
    "the same list with a larger transposed convolution",
    tiny={"channels": 16, "steps": 3},
    published=published("dsrn"),
    deviations=(
        "x3 and x4 take kernel, stride and pooling of 3 and 4; the authors' file shows x2 alone",
        "pixels are in [0, 1]; the authors' file does not say in which range theirs are",
    ),
    checkpoints="the authors list TensorFlow checkpoints in WeiHan3/dsrn; none could be obtained",
)

register_model("dsrn", CARD)(DSRN)
