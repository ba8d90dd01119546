"""Weak supervision by one call: from two folders alone, with errors that teach, and the table that shows its effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from benchmarks._weak_kernels import SMALL, Assumed, Told, compare_kernels
from srkit.datasets import Pairs
from srkit.degrade import gaussian_widths
from srkit.errors import BadFile, BadInput, UnknownName
from srkit.papers import WEAK, CinCGAN, compare_weak, make_domain, train_dsgan, train_weak
from srkit.papers.weak_study import Seen, compare_lr, learnt
from srkit.training import AdversarialTerm

QUICK: dict[str, Any] = {"patch": 32, "batch": 2}
CHAIN = "blur(1.2) > down(2) > noise(5) > jpeg(80)"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder of real images and one of large ones that show something else; nothing else is known of them."""
    for number, pair in enumerate(srkit.datasets.samples(scale=2)[:4]):
        name, image = ("real", pair.lr[:, :96, :96]) if number < 2 else ("large", pair.hr[:, :160, :160])
        (tmp_path / name).mkdir(exist_ok=True)
        srkit.write(tmp_path / name / f"{number}.png", image)
    return tmp_path / "real", tmp_path / "large"


def net(scale: int = 2) -> torch.nn.Module:
    return srkit.models.create("edsr", scale=scale, tiny=True)


def cut(pairs: Pairs, side: int = 96) -> Pairs:
    sources = [srkit.datasets.Source(pair.name, pair.hr[:, :side, :side].contiguous()) for pair in pairs]
    return Pairs(sources, name=pairs.name, scale=pairs.scale)


@pytest.mark.parametrize("system", sorted(WEAK))
def test_two_folders_alone_are_enough_and_the_same_call_goes_on(
    system: str, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    scale = 4 if system == "bulat" else 2
    given: dict[str, Any] = {**QUICK, "progress": False, "out": tmp_path / "run"}
    begun = net(scale)
    before = {name: weight.clone() for name, weight in begun.state_dict().items()}
    found = train_weak(system, *folders, net=begun, steps=(2, 1), **given)
    assert [run.steps for run in found.runs.values()] == [2, 1]
    assert any(not torch.equal(weight, before[name]) for name, weight in begun.state_dict().items())
    assert found.net(torch.rand(1, 3, 8, 9)).shape == (1, 3, 8 * scale, 9 * scale)
    assert isinstance(found.net, CinCGAN) == (system == "cincgan")
    longer = train_weak(system, *folders, net=net(scale), steps=(3, 2), **given)
    assert [run.steps for run in longer.runs.values()] == [3, 2]
    once = train_weak(system, *folders, net=net(scale), steps=(3, 0), **{**given, "out": None})
    assert once.runs.keys() == {next(iter(longer.runs))}
    every_file_loads_or_says_why_it_enlarges_nothing(tmp_path / "run", longer.net)


def every_file_loads_or_says_why_it_enlarges_nothing(out: Path, trained: torch.nn.Module) -> None:
    image = torch.rand(1, 3, 8, 9)
    files = sorted(out.rglob("*.safetensors"))
    assert {file.parent.name for file in files} in ({"generator", "net"}, {"inner", "joint"})
    for file in files:
        if file.parent.name == "generator":
            with pytest.raises(BadFile, match=r"holds a Translation of (Degrader|HighToLow).*enlarges none"):
                srkit.models.load(file)
            continue
        with torch.no_grad():
            same = torch.equal(srkit.models.load(file)(image), trained.eval()(image))
        assert same == (file.parent.name != "inner")  # the inner cycle's was written before the second phase


def test_folders_that_cannot_be_learnt_from_are_refused_with_what_to_do(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    real, large = folders
    (tmp_path / "empty").mkdir()
    (tmp_path / "small").mkdir()
    srkit.write(tmp_path / "small" / "a.png", torch.rand(3, 20, 24))
    with pytest.raises(BadFile, match="empty"):
        train_weak("fssr", tmp_path / "empty", large, net=net(), steps=(1, 1))
    with pytest.raises(BadFile, match="There is no folder"):
        train_weak("cincgan", real, tmp_path / "nowhere", net=net(), steps=(1, 1))
    with pytest.raises(BadInput, match=r"All real images .*largest square in them has side 20.*patch=40"):
        train_weak("fssr", tmp_path / "small", large, net=net(), steps=(1, 1))
    with pytest.raises(BadInput, match=r"All large images .*patch=20"):
        train_weak("cincgan", real, tmp_path / "small", net=net(), steps=(1, 1))
    for system in ("cincgan", "fssr"):
        with pytest.raises(BadInput, match="are the same"):
            train_weak(system, real, real.parent / "." / "real", net=net(), steps=(1, 1))
    with pytest.raises(BadInput, match="leave `large` out"):
        train_dsgan(real, real, scale=2, steps=1)
    same = srkit.datasets.samples(scale=1)
    with pytest.raises(BadInput, match="the same, 'samples'"):
        train_weak("bulat", same, srkit.datasets.samples(scale=1), net=net(4), steps=(1, 1))


def test_a_system_that_is_not_there_or_does_not_fit_is_refused(folders: tuple[Path, Path]) -> None:
    with pytest.raises(UnknownName, match="choose fssr, bulat, cincgan"):
        train_weak("cyclegan", *folders, net=net(), steps=(1, 1))
    with pytest.raises(BadInput, match="give one for x4"):
        train_weak("bulat", *folders, net=net(2), steps=(1, 1))
    with pytest.raises(BadInput, match="share their settings"):
        train_weak("cincgan", *folders, net=net(), steps=(1, 1), then={"batch": 2})


def test_no_scene_of_a_domain_is_known_in_both_kinds_and_only_the_oracle_sees_the_chain() -> None:
    samples = cut(srkit.datasets.samples(scale=2))
    domain = make_domain(samples[:2], samples[2:4], samples[4:], CHAIN)
    assert not {pair.name for pair in domain.real} & {pair.name for pair in domain.large}
    assert (domain.real.scale, domain.real[0].hr.shape[-1], domain.large[0].hr.shape[-1]) == (1, 48, 96)
    plain, told = domain.bicubic[0].lr, domain.true[0].lr
    assert torch.equal(plain, srkit.datasets.pair.bicubic_lr(domain.large[0].hr, 2))
    assert (plain - told).abs().mean() > 0.01
    redrawn = compare_lr(domain.redrawn, [pair.lr for pair in domain.test])
    assert redrawn.psnr > 30, "the same scene and blur"
    assert not torch.equal(domain.redrawn[0], domain.test[0].lr), "other noise"


@pytest.mark.parametrize(("height", "width"), [(40, 72), (72, 40)])
def test_images_of_one_scene_are_compared_where_both_have_pixels(height: int, width: int) -> None:
    rng = torch.Generator().manual_seed(0)
    a = torch.rand(3, height, width, generator=rng)
    b = a.clone()
    b[:, -8:, -8:] = 1 - b[:, -8:, -8:]  # the corner where neither side may be cut shorter
    wider, taller = torch.nn.functional.pad(a, (0, 4)), torch.nn.functional.pad(b, (0, 0, 0, 4))
    expected = float(srkit.metrics.psnr(a, b))
    assert compare_lr([wider], [taller]).psnr == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("system", "scale"), [("fssr", 2), ("bulat", 4), ("cincgan", 2)])
def test_every_line_of_the_table_comes_from_what_was_trained(system: str, scale: int) -> None:
    samples, chain = cut(srkit.datasets.samples(scale=scale), 128), CHAIN.replace("down(2)", f"down({scale})")
    domain = make_domain(samples[:2], samples[2:4], samples[4:], chain)
    begun, tables, first = net(scale), [], {**QUICK, "patch": 16 * scale}
    if system == "bulat":
        first["adversarial"] = AdversarialTerm(game="Hinge", discriminator="texture", channels=4)
    weights = {name: weight.clone() for name, weight in begun.state_dict().items()}
    for steps in (2, 4):
        seen = Seen(domain.test, every=2)
        lines, found = compare_weak(
            system, domain, net=begun, steps=(steps, 1), tuning=steps, first=first, callbacks=[seen]
        )
        assert [point["step"] for point in seen.points] == list(range(2, steps + 1, 2))
        assert learnt(found.net if system == "cincgan" else found.generator, domain.test) == lines[2].likeness
        assert lines[2].psnr == pytest.approx(srkit.evaluate(found.net, domain.test).mean.psnr)
        tables.append(lines)
    assert all(torch.equal(weight, weights[name]) for name, weight in begun.state_dict().items()), "left as it was"
    assert tables[0][0].psnr == tables[1][0].psnr, "bicubic is not trained"
    for before, after in zip(tables[0][1:], tables[1][1:], strict=True):
        assert before.psnr != after.psnr, f"{before.name} does not depend on its steps"
    assert len({line.psnr for line in tables[1]}) == 4


def test_every_line_about_kernels_is_a_network_of_its_own_that_trained() -> None:
    samples = cut(srkit.datasets.samples(scale=2), 64)
    tables = [
        compare_kernels(samples[:2], samples[2:3], steps=steps, tested=(0.8, 1.6), patch=16, batch=2)
        for steps in (1, 3)
    ]
    assert tables[0][0] == tables[1][0], "bicubic is not trained"
    for before, after in zip(tables[0][1:], tables[1][1:], strict=True):
        assert before.psnr != after.psnr, before.name
    assert len({line.psnr for line in tables[1]}) == 5
    guess = gaussian_widths(11, 1.0) - gaussian_widths(11, 1.6)
    assert tables[1][2].off[1] == pytest.approx(float(guess.abs().sum()), abs=1e-5)
    assert tables[1][3].off != tables[0][3].off, "KXNet's kernel is learnt"
    assert tables[1][4].off == ()


def test_a_network_told_the_kernel_uses_it_and_one_that_assumes_does_not() -> None:
    torch.manual_seed(0)
    told, assumed = (kind(scale=2, **SMALL).eval() for kind in (Told, Assumed))
    image = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        found = []
        for width in (0.8, 1.6):
            told.told = gaussian_widths(11, width).float()
            found.append(told(image))
            assert torch.equal(told.estimate_kernel(image)[0], told.told)
        assert not torch.equal(*found)
        assert torch.equal(assumed.estimate_kernel(image)[0], gaussian_widths(11, 1.0).float())
