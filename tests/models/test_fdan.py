"""FDAN beside its authors' code and, where they are at hand, with their weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import srkit
from srkit.errors import BadInput
from srkit.ops.video import rgb_to_video
from tests._shared import shared
from tests.models._published import golden, golden_input, published_file, same_as_golden

OFFICIAL = {  # mean, standard deviation and pixel [5, 7] for rand(1, 3, 48, 48) after manual_seed(0)
    2: (0.499087, 0.096752, (0.414862, 0.539293, 0.502988)),
    4: (0.490326, 0.096530, (0.505105, 0.457857, 0.494615)),
    8: (0.485171, 0.085168, (0.423280, 0.371216, 0.501811)),
    16: (0.480078, 0.078591, (0.433156, 0.413604, 0.552473)),
}


def test_the_authors_state_dict_gives_the_planes_of_their_code(tmp_path: Path) -> None:
    record = golden("fdan")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale, net.arguments) == ("fdan", 2, {"channels": 16, "n_blocks": 6})
    with torch.no_grad():
        same_as_golden(record, net.enlarge_planes(golden_input(record)))  # type: ignore[operator]


FORMER = {"narrow": "conv1", "beside": "conv_f", "stride": "conv2", "middle.0": "conv_max", "middle.2": "conv3"}
FORMER |= {"middle.4": "conv4", "widen": "expand"}


@pytest.mark.parametrize("labelled", [True, False])
def test_a_file_that_an_earlier_srkit_wrote_gives_the_same_image(tmp_path: Path, labelled: bool) -> None:
    net = srkit.models.create("fdan", scale=2, tiny=True)
    srkit.models.save(net, tmp_path / "now.safetensors")
    with safe_open(tmp_path / "now.safetensors", framework="pt") as file:
        label, state = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    for now, former in FORMER.items():
        state = {key.replace(f".attention.{now}.", f".attention.{former}."): value for key, value in state.items()}
    save_file(state, tmp_path / "former.safetensors", label if labelled else None)
    loaded, lr = srkit.models.load(tmp_path / "former.safetensors"), torch.rand(1, 3, 9, 17)
    with torch.no_grad():
        assert torch.equal(loaded(lr), net.eval()(lr))


@pytest.mark.parametrize("scale", OFFICIAL)
def test_the_authors_weights_give_the_recorded_values(scale: int) -> None:
    net = srkit.models.load(shared(f"checkpoints/fdan_sritm4k_scale{scale:02}.pth"))
    assert (net.name, net.scale) == ("fdan", scale)
    planes = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        out = net.enlarge_planes(planes)  # type: ignore[operator]
    mean, deviation, pixel = OFFICIAL[scale]
    assert float(out.mean()) == pytest.approx(mean, abs=1e-5)
    assert float(out.std()) == pytest.approx(deviation, abs=1e-5)
    torch.testing.assert_close(out[0, :, 5, 7], torch.tensor(pixel), atol=1e-4, rtol=0)


def test_planes_of_hdr_video_come_out_as_bt2020_colours() -> None:
    net = srkit.models.create("fdan", scale=2, tiny=True).eval()
    torch.nn.init.zeros_(net.tail.weight)
    colour = torch.tensor([0.3, 0.6, 0.9])
    code = rgb_to_video(colour[:, None, None], standard="bt2020", bits=10).flatten()
    net.tail.bias.data.copy_(code.repeat_interleave(4))
    with torch.no_grad():
        sr = net(torch.rand(1, 3, 8, 8))
    torch.testing.assert_close(sr, colour[:, None, None].expand(3, 16, 16)[None])


def test_channels_that_cannot_be_halved_three_times_are_refused() -> None:
    with pytest.raises(BadInput, match="multiple of 8"):
        srkit.models.create("fdan", scale=2, channels=12)
