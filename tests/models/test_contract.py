"""The same exam for everyone: every point, for every registered network, without a list of exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput, UnknownName
from srkit.models import Card, card, exam, names, register_model
from srkit.models._points import POINTS
from srkit.models._registry import MODELS

EXPORTS = "exports at any size"
EXPORTED = ("a2001sr", "adrsr", "espcn", "rcan_small", "srcnn")
"""One each of: plain layers, padding, luma and a shuffle, channel attention, luma and a resize; all are in whole.py."""


@pytest.mark.parametrize("name", names())
def test_every_network_meets_every_point(name: str) -> None:
    report = exam(name, points=[point for point in POINTS if point != EXPORTS or name in EXPORTED])
    assert report.passed, str(report)


CARD = Card(
    title="A student's network",
    year=2026,
    citation="tests",
    url="https://example.org",
    framework="post-upsampling",
    idea="None.",
    lesson="11",
    scales=(2,),
    parameters={2: 228},
    parameters_source="on purpose not those of the networks below",
)


class Good(nn.Module):
    """One convolution and a shuffle, added to nearest neighbours."""

    def __init__(self, *, scale: int, wide: int = 12) -> None:
        super().__init__()
        self.scale = scale
        self.conv = nn.Conv2d(3, wide, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, 2*h, 2*w)``."""
        return F.pixel_shuffle(self.conv(lr), 2) + F.interpolate(lr, scale_factor=2)  # (b, 3, 2*h, 2*w)


class WrongCount(Good):
    def __init__(self, *, scale: int) -> None:
        super().__init__(scale=scale)
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr) * self.gain


class Positional(Good):
    def __init__(self, scale: int, wide: int = 12) -> None:
        super().__init__(scale=scale, wide=wide)


class WrongSize(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr)[..., : 2 * (lr.shape[-1] // 2 * 2)]


class NoGradient(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return F.pixel_shuffle(F.conv2d(lr, self.conv.weight.detach(), self.conv.bias, padding=1), 2)


class Leaking(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr - lr.mean())


class Random(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr) + 1e-3 * torch.rand(1)


class InPlace(Good):
    def forward(self, lr: Tensor) -> Tensor:
        with torch.no_grad():
            lr.mul_(0.5)
        return super().forward(lr)


class Forgetful(Good):
    def __init__(self, *, scale: int) -> None:
        super().__init__(scale=scale)
        self.shift = torch.rand(1)

    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr) + self.shift


class SingleOnly(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr).float()


class Clamped(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return super().forward(lr).clamp(0, 1)


class Fixed(Good):
    def forward(self, lr: Tensor) -> Tensor:
        rows = torch.ones(2 * int(lr.shape[-2]))
        return super().forward(lr) * rows[:, None]


class Stubborn(Good):
    def forward(self, lr: Tensor) -> Tensor:
        return F.interpolate(lr, scale_factor=2) + 1e-9 * super().forward(lr)


@pytest.fixture
def registered(request: pytest.FixtureRequest) -> Iterator[str]:
    network: type[nn.Module] = request.param
    name = network.__name__.lower()
    register_model(name, CARD)(network)
    yield name
    MODELS.unregister(name)


CAUGHT = {
    WrongCount: "parameter counts equal the card",
    Positional: "arguments have names",
    WrongSize: "any size enlarges",
    NoGradient: "every parameter gets a gradient",
    Leaking: "samples do not leak",
    Random: "evaluation repeats",
    InPlace: "evaluation repeats",
    Forgetful: "state dict, copy and pickle",
    SingleOnly: "float64",
    Clamped: "the output is unclamped",
    Stubborn: "one patch can be overfitted",
    Fixed: EXPORTS,
}


@pytest.mark.parametrize("registered", [Good], indirect=True)
def test_a_network_registered_in_a_cell_passes_the_whole_exam(registered: str) -> None:
    report = exam(registered)
    failed = {verdict.point for verdict in report.verdicts if not verdict.passed}
    assert failed <= {"parameter counts equal the card"}, str(report)  # the card below is deliberately not hers


@pytest.mark.parametrize(("registered", "point"), CAUGHT.items(), indirect=["registered"], ids=lambda x: str(x))
def test_the_exam_catches_what_it_is_there_to_catch(registered: str, point: str) -> None:
    report = exam(registered, points=[point])
    assert not report.passed
    assert report.verdicts[0].message


def test_every_point_has_a_network_that_it_catches() -> None:
    assert set(POINTS) - set(CAUGHT.values()) == {"wrong input is refused"}, "that one is tested in test_create.py"


@pytest.mark.parametrize("registered", [Good], indirect=True)
def test_a_network_that_raises_fails_the_point_and_says_where(registered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: nn.Module, lr: Tensor) -> Tensor:
        raise RuntimeError("sizes of tensors must match")

    monkeypatch.setattr(Good, "forward", broken)
    report = exam(registered, points=["any size enlarges"])
    assert not report.passed
    assert "sizes of tensors must match" in str(report)
    assert "test_contract.py" in str(report)


@pytest.mark.parametrize(("network", "passes"), [(Clamped, True), (Good, False)])
def test_a_card_may_say_that_values_are_bounded_and_must_then_be_right(network: type[nn.Module], passes: bool) -> None:
    name = f"bounded_{network.__name__.lower()}"
    register_model(name, replace(CARD, bounded="tests"))(network)
    try:
        assert exam(name, points=["the output is unclamped"]).passed is passes
    finally:
        MODELS.unregister(name)


def test_an_unknown_network_or_point_is_refused_with_a_list() -> None:
    with pytest.raises(UnknownName, match="rcan"):
        exam("rcann")
    with pytest.raises(BadInput, match="any size enlarges"):
        exam("bicubic", points=["is beautiful"])


def test_a_report_prints_as_text_and_as_a_table() -> None:
    report = exam("bicubic", points=["any size enlarges", "float64"])
    assert str(report).splitlines()[0] == "bicubic: 2 of 2 points"
    assert report._repr_html_().count("<tr>") == 2


def test_quiet_parameters_of_a_card_exist_in_its_network() -> None:
    from fnmatch import fnmatchcase

    from srkit.models import create

    for name in names():
        found = [key for key, _ in create(name, scale=card(name).scales[0], tiny=True).named_parameters()]
        for pattern in card(name).quiet_parameters:
            assert any(fnmatchcase(key, pattern) for key in found), f"{name}: nothing matches {pattern}"
