"""Discriminators: their published sizes, what one verdict sees, spectral norms, and what they refuse."""

from __future__ import annotations

import contextlib

import pytest
import torch
from torch import Tensor, nn

from srkit import discriminators
from srkit.discriminators import DISCRIMINATORS
from srkit.discriminators.patch import PatchDiscriminator
from srkit.discriminators.texture import TextureDiscriminator
from srkit.discriminators.unet import UNetDiscriminator
from srkit.discriminators.vgg import SRGANDiscriminator
from srkit.errors import BadInput, UnknownName
from srkit.ops.bands import high_pass

SHAPES = {"patch": (2, 1, 6, 6), "unet": (2, 1, 64, 64), "texture": (2, 1, 64, 64)}  # of all others, one number
IMAGES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def small(name: str, size: int = 64) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return discriminators.create(name, size=size, channels=8)


def count(name: str, size: int) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in DISCRIMINATORS.get(name)(size=size).parameters())


def test_parameters_are_those_of_the_papers_and_of_the_released_code() -> None:
    assert count("srgan", 96) == 23_565_505
    assert sum(p.numel() for p in PatchDiscriminator(size=96).parameters()) == 2_764_737
    assert sum(p.numel() for p in UNetDiscriminator().parameters()) == 4_376_897


def test_the_size_of_esrgans_discriminator_is_the_sum_over_its_layers() -> None:
    pairs = [(64, 64, 4), (64, 128, 3), (128, 128, 4), (128, 256, 3), (256, 256, 4)]
    pairs += [(256, 512, 3), (512, 512, 4), (512, 512, 3), (512, 512, 4)]
    expected = 3 * 64 * 9 + 64 + sum(a * b * k * k + 2 * b for a, b, k in pairs) + 512 * 16 * 100 + 100 + 100 + 1
    assert count("esrgan", 128) == expected


@pytest.mark.parametrize("name", list(DISCRIMINATORS))
def test_verdicts_have_their_shape_and_every_weight_a_gradient(name: str) -> None:
    net = small(name)
    verdict = net(IMAGES)
    assert verdict.shape == SHAPES.get(name, (2, 1))
    verdict.square().sum().backward()
    before_a_norm = name == "srgan"  # batch normalisation takes the mean away, and with it a bias
    silent = [key for key, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not [key for key in silent if not (before_a_norm and key.endswith("bias"))]


@pytest.mark.parametrize("name", list(DISCRIMINATORS))
def test_the_smallest_images_that_are_not_refused_are_judged(name: str) -> None:
    def taken(size: int) -> bool:
        with contextlib.suppress(BadInput):
            return bool(small(name, size))
        return False

    least = next(size for size in range(1, 65) if taken(size))
    assert least == {"texture": 5, "unet": 8, "patch": 24}.get(name, least)
    assert small(name, least).eval()(IMAGES[..., :least, :least]).isfinite().all()


def test_srgans_shrinks_the_image_and_widens_as_in_figure_4() -> None:
    net = SRGANDiscriminator(size=96)
    convolutions = [layer for layer in net.features if isinstance(layer, nn.Conv2d)]
    assert [(c.out_channels, c.stride[0]) for c in convolutions] == [
        (64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2),
    ]  # fmt: skip
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in net.features) == 7


@pytest.mark.parametrize(("depth", "seen"), [(3, 70), (2, 34), (1, 16)])
def test_one_verdict_of_patchgan_sees_as_many_pixels_as_its_paper_says(depth: int, seen: int) -> None:
    net = discriminators.create("patch", size=128, channels=4, depth=depth, norm="batch").eval()
    image = torch.rand(1, 3, 128, 128, requires_grad=True)
    verdict = net(image)
    middle = verdict.shape[-1] // 2
    verdict[0, 0, middle, middle].backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == seen


def _largest_stretch(layer: nn.Module) -> float:
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return float(torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2))


@pytest.mark.parametrize("name", ["patch", "unet"])
def test_spectral_normalisation_holds_the_largest_singular_value_at_one(name: str) -> None:
    net = small(name)
    layers = [layer for layer in net.modules() if hasattr(layer, "parametrizations")]
    assert len(layers) == {"patch": 5, "unet": 8}[name]
    for layer in layers:
        layer.parametrizations.weight.original.data.mul_(30)  # the norm must not care
    for _ in range(60):
        net(IMAGES)
    for layer in layers:
        assert _largest_stretch(layer.eval()) == pytest.approx(1.0, abs=0.03)


def test_texture_is_amplified_around_grey() -> None:
    net = TextureDiscriminator(channels=8, gain=20.0)
    net.layers = nn.Sequential()
    torch.testing.assert_close(net(IMAGES), 20 * (high_pass(IMAGES) - 0.5) + 0.5)
    torch.testing.assert_close(net(torch.full((1, 3, 16, 16), 0.7)), torch.full((1, 3, 16, 16), 0.5))


def test_the_unet_hands_what_it_saw_at_full_size_to_the_end() -> None:
    class Nothing(nn.Module):
        def forward(self, features: Tensor) -> Tensor:
            b, c, h, w = features.shape
            return features.new_zeros(b, c // 2, h, w)

    net = small("unet").eval()
    net.up = nn.ModuleList(Nothing() for _ in range(3))
    seen = nn.functional.leaky_relu(net.head(IMAGES), 0.2)  # type: ignore[operator]
    torch.testing.assert_close(net(IMAGES), net.tail(seen))  # type: ignore[operator]


@pytest.mark.parametrize("shape", [(17, 23), (8, 8), (64, 40)])
def test_the_unet_judges_every_pixel_at_any_size(shape: tuple[int, int]) -> None:
    assert small("unet")(torch.rand(1, 3, *shape)).shape == (1, 1, *shape)


def test_a_discriminator_learns_to_tell_noise_from_flat_images() -> None:
    rng = torch.Generator().manual_seed(1)
    for name in DISCRIMINATORS:
        net = small(name, 32)
        optimiser = torch.optim.Adam(net.parameters(), 2e-3)
        gap = 0.0
        for _ in range(80):
            real = torch.rand(4, 3, 1, 1, generator=rng).expand(4, 3, 32, 32)
            made = torch.rand(4, 3, 32, 32, generator=rng)
            loss = nn.functional.softplus(-net(real)).mean() + nn.functional.softplus(net(made)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            gap = float(net(real).mean() - net(made).mean())
            if gap > 0.1:
                break
        assert gap > 0.1, name


def test_sizes_and_names_that_cannot_be_are_refused_with_those_that_can() -> None:
    with pytest.raises(BadInput, match=r"multiple of 16; 50 was given, the nearest is 48"):
        discriminators.create("srgan", size=50)
    with pytest.raises(BadInput, match=r"made for images of 64x64 pixels and was given \(2, 3, 32, 32\)"):
        small("srgan")(torch.zeros(2, 3, 32, 32))
    with pytest.raises(BadInput, match="has no argument 'chanels'"):
        discriminators.create("unet", size=64, chanels=3)
    with pytest.raises(BadInput, match="leave nothing to see"):
        discriminators.create("patch", size=16)
    with pytest.raises(BadInput, match="'batch', 'instance' or 'spectral'"):
        discriminators.create("patch", size=96, norm="layer")
    with pytest.raises(BadInput, match="8 or more"):
        discriminators.create("unet", size=4)
    with pytest.raises(UnknownName, match="Did you mean 'esrgan'"):
        discriminators.create("esrgn", size=64)


def test_a_discriminator_of_ones_own_is_registered_and_made_by_name() -> None:
    @discriminators.register_discriminator("mean_colour")
    class MeanColour(nn.Module):
        def __init__(self, *, size: int) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 1)

        def forward(self, image: Tensor) -> Tensor:
            return self.layer(image.mean((2, 3)))

    try:
        assert discriminators.create("mean_colour", size=32)(IMAGES).shape == (2, 1)
    finally:
        DISCRIMINATORS.unregister("mean_colour")
    with pytest.raises(BadInput, match="has no argument 'size'"):
        discriminators.register_discriminator("sizeless")(nn.Identity)


def test_the_texture_judge_without_normalisation_hears_the_fast_part_as_loud_as_it_is_told() -> None:
    judge = discriminators.create("texture", size=64, channels=4, norm=False, gain=20.0)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in judge.modules())
    plain = discriminators.create("texture", size=64, channels=4, norm=False)
    plain.load_state_dict(judge.state_dict())
    flat = torch.full((1, 3, 64, 64), 0.3)
    wave = flat + 0.02 * torch.sin(torch.arange(64.0))
    torch.testing.assert_close(judge(flat), plain(flat), atol=1e-5, rtol=1e-4)  # nothing fast, nothing amplified
    torch.testing.assert_close(judge(wave), plain(flat + 20 * (wave - flat)), atol=1e-5, rtol=1e-4)
