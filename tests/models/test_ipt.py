"""IPT against the authors' code, its tiles, and files with several tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.models.ipt import Attention, spans
from tests.models._published import golden, golden_input, published_file, same_as_golden


@pytest.mark.parametrize("name", ["ipt-x2", "ipt-x4"])
def test_a_published_file_gives_the_pixels_of_the_published_code(name: str, tmp_path: Path) -> None:
    record = golden(name)
    net = srkit.models.load(published_file(record, tmp_path), n_heads=4)
    assert (net.name, net.scale) == ("ipt", record["scale"])
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_six_tasks_have_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        net = srkit.models.create("ipt", scale=2, tasks=(2, 3, 4, 1, 1, 1))
    assert srkit.models.parameters(net) == 118_892_370
    inside = [net.read, net.write, net.places, net.task, net.encoder, net.decoder]
    assert sum(srkit.models.parameters(part) for part in inside) == 115_636_608  # type: ignore[arg-type]


def test_a_file_with_several_tasks_is_loaded_for_the_scale_that_is_asked_for(tmp_path: Path) -> None:
    tasks = (2, 4, 1)
    both = srkit.models.create("ipt", scale=2, tiny=True, n_heads=12, tasks=tasks)
    torch.save(both.state_dict(), tmp_path / "pretrained.pt")
    net = srkit.models.load(tmp_path / "pretrained.pt", scale=4)
    assert (net.scale, net.arguments["tasks"]) == (4, tasks)  # type: ignore[index]
    assert net(torch.rand(1, 3, 12, 12)).shape == (1, 3, 48, 48)
    with pytest.raises(BadInput, match="more than one scale"):
        srkit.models.load(tmp_path / "pretrained.pt")
    with pytest.raises(BadInput, match="tails for x2, x4, x1, and x3 was asked for"):
        srkit.models.create("ipt", scale=3, tiny=True, tasks=tasks)


@pytest.mark.parametrize("length", [48, 49, 84, 85, 100, 133])
def test_tiles_lie_in_the_image_and_keep_every_pixel_once_away_from_their_edges(length: int) -> None:
    pixels, places = spans(length, 48)
    assert pixels[places].tolist() == list(range(length))
    starts = pixels.view(-1, 48)[:, 0]
    assert pixels.view(-1, 48).equal(starts[:, None] + torch.arange(48))
    assert int(starts.min()) == 0
    assert int(starts.max()) == length - 48
    tile, inside = places // 48, places % 48
    assert tile.diff().ge(0).all()
    assert inside[tile > 0].ge(6).all()
    assert inside[tile < len(starts) - 1].lt(42).all()


def test_an_image_of_the_transformer_s_size_is_one_tile_and_a_larger_one_is_made_of_such() -> None:
    net = srkit.models.create("ipt", scale=2, tiny=True).eval()
    lr = torch.rand(1, 3, 12, 22)
    with torch.no_grad():
        assert net(lr[..., :12]).equal(net.enlarge_tile(lr[..., :12]))  # type: ignore[operator]
        large = net(lr)
        assert large[..., :22].equal(net.enlarge_tile(lr[..., :12])[..., :22])  # type: ignore[operator]
        assert large[..., 22:].equal(net.enlarge_tile(lr[..., 10:])[..., 2:])  # type: ignore[operator]


def test_attention_is_that_of_torch() -> None:
    ours, theirs = Attention(12, n_heads=3), torch.nn.MultiheadAttention(12, 3, bias=False, batch_first=True)
    theirs.load_state_dict({"in_proj_weight": ours.qkv.weight, "out_proj.weight": ours.out.weight})
    query, key, value = torch.randn(3, 2, 5, 12)
    torch.testing.assert_close(ours(query, key, value), theirs(query, key, value)[0])


def test_the_task_changes_the_answer() -> None:
    net = srkit.models.create("ipt", scale=2, tiny=True, tasks=(2, 2)).eval()
    net.heads[1].load_state_dict(net.heads[0].state_dict())  # type: ignore[index, union-attr]
    net.tails[1].load_state_dict(net.tails[0].state_dict())  # type: ignore[index, union-attr]
    lr = torch.rand(1, 3, 12, 12)
    with torch.no_grad():
        first = net(lr)
        net.chosen = 1
        assert (net(lr) - first).abs().max() > 1e-3
