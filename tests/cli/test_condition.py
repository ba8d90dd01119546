"""Blur and noise that are told to networks and methods, and ``srkit kernel``, which finds a blur."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

import srkit
from srkit.cli._condition import Condition
from srkit.degrade import gaussian_widths, read_kernel, srmd_basis, srmd_code
from srkit.degrade.kernel_files import write_kernel
from srkit.methods import BackProjection, kernel_psnr
from tests.cli._call import Call

NEEDED = ("srmd", "srmdnf", "srmd_small", "sftmd", "usrnet", "usrnet_tiny")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    srkit.write(tmp_path / "a.png", srkit.datasets.samples(scale=2)[0].lr[:, :24, :28])
    return tmp_path / "a.png"


def test_a_network_is_told_what_its_training_tells_it(call: Call, photo: Path) -> None:
    answer = call(
        "upscale", photo, "--model", "srmd_small", "--scale", 2, "--blur", 1.3, "--out", photo.with_name("b.png")
    )
    assert answer.code == 0, answer.err
    net = srkit.models.create("srmd_small", scale=2, pretrained="srkit").eval()
    code = srmd_code(gaussian_widths(15, 1.3), srmd_basis()).float()[None]
    with torch.no_grad():
        expected = net(srkit.read(photo)[None], degradation=code)[0].clamp(0, 1)
    assert float((srkit.read(photo.with_name("b.png")) - expected).abs().max()) <= 0.5 / 255 + 1e-3


def test_a_kernel_in_any_file_and_by_either_option_gives_the_same_picture(call: Call, photo: Path) -> None:
    kernel = gaussian_widths(11, 1.5)
    made = []
    for number, (suffix, option) in enumerate(itertools.product((".mat", ".npy", ".png"), ("--kernel", "--set"))):
        file, out = photo.with_name(f"k{number}{suffix}"), photo.with_name(f"r{number}.png")
        write_kernel(file, kernel)
        given = f"kernel={file}" if option == "--set" else file
        answer = call("upscale", photo, "--method", "back_projection", "--scale", 2, option, given, "--out", out)
        assert answer.code == 0, answer.err
        made.append(srkit.read(out))
    expected = BackProjection(kernel=kernel).restore(srkit.read(photo), scale=2).image
    for one in made:
        assert float((one - expected).abs().max()) <= 1 / 255 + 1e-6


def test_noise_is_told_on_the_scale_of_the_option_and_used_on_that_of_images() -> None:
    assert Condition(noise=51.0).to_method("zssr") == {"noise": pytest.approx(0.2)}


def test_evaluate_and_the_bench_are_told_as_well(call: Call, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    srkit.write(tmp_path / "set" / "a.png", srkit.datasets.samples(scale=2)[1].lr[:, 20:84, 20:84])
    words = ("evaluate", "--model", "srmd_small", "--scale", 2, "--dataset", tmp_path / "set", "--degrade")
    right, wrong = (call(*words, "blur(2) > down(2)", "--blur", width) for width in (2, 0.3))
    assert right.code == 0, right.err
    psnr = [float(answer.out.split("mean")[1].split()[0]) for answer in (right, wrong)]
    assert psnr[0] > psnr[1] + 1
    bench = call(
        "bench-realworld", "--scale", 2, "--model", "srmd_small", "--method", "bicubic", "--photos", tmp_path / "set",
        "--out", tmp_path / "side", "--blur", 1,
    )  # fmt: skip
    assert bench.code == 0, bench.err
    assert (tmp_path / "side" / "a_srmd_small.png").exists()


@pytest.mark.parametrize("name", NEEDED)
def test_every_network_that_is_told_a_degradation_can_be_told_it_by_the_options(name: str) -> None:
    from srkit.evaluation.mismatch import Conditioned

    net = srkit.models.create(name, scale=2, tiny=True).eval()
    lr, told = torch.rand(2, 3, 16, 16), {}
    for width in (0.6, 1.8):
        told[width] = Conditioned.by(net, kernel=gaussian_widths(13, width), noise=None)(lr)
        assert told[width].shape == (2, 3, 32, 32)
    assert not torch.equal(told[0.6], told[1.8])


def test_the_networks_that_need_it_are_those_tested_here() -> None:
    from srkit.evaluation.mismatch import needs_degradation

    assert {name for name in srkit.models.names() if needs_degradation(srkit.models.card(name))} == set(NEEDED)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--model", "srmd_small", "--scale", 2), "needs the blur of the pictures: --kernel FILE, or --blur W"),
        (("--model", "srmd_small", "--scale", 2, "--blur", 1, "--noise", 4), "no noise level"),
        (("--model", "srmd_small", "--scale", 2, "--blur", 9), "wider than the 15 x 15 pixels"),
        (
            ("--model", "edsr_small", "--scale", 2, "--blur", 1),
            "cannot be conditioned on blur or noise. Networks that can: ",
        ),
        (("--method", "bicubic", "--scale", 2, "--blur", 1), "Methods that can: back_projection, plug_and_play, zssr"),
        (("--method", "back_projection", "--scale", 2, "--noise", 1), "cannot use the noise"),
        (("--method", "zssr", "--scale", 2, "--blur", 1, "--kernel", "k.mat"), "leave one of the two out"),
        (("--blur", 1), "add --model srmd_small"),
        (("--model", "edsr", "--scale", 2), "srkit models list says which"),
        (("--model", "espcn", "--scale", 3), "(there are x2, x4)"),
    ],
)
def test_what_cannot_be_told_is_said_with_what_can(
    call: Call, photo: Path, words: tuple[object, ...], sentence: str
) -> None:
    answer = call("upscale", photo, *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert "pretrained=" not in answer.err


def test_a_kernel_is_found_written_and_read_again(call: Call, photo: Path, tmp_path: Path) -> None:
    srkit.write(photo, srkit.datasets.samples(scale=2)[0].lr[:, :64, :64], overwrite=True)
    write_kernel(tmp_path / "true.mat", gaussian_widths(13, 1.6))
    quick = [word for one in ("crop=28", "steps=3", "channels=4", "real=True") for word in ("--set", one)]
    words = ("kernel", photo, "--method", "kernelgan", *quick)
    answer = call(*words, "--out", tmp_path / "k.mat", "--true-kernel", tmp_path / "true.mat")
    assert answer.code == 0, answer.err
    assert "round Gaussian" in answer.out
    assert "kernel PSNR to the truth: found " in answer.out
    usual = ((0.175 + 2.5) / 2 * 2) ** 0.5  # FKP draws variances from 0.175 to 2.5 times the scale
    away = kernel_psnr(read_kernel(tmp_path / "k.mat"), gaussian_widths(17, usual))
    assert f"is usual at x2: {usual:.2f} (--blur {usual:.2f}), kernel PSNR of the two {away:.1f} dB" in answer.out
    again = call(*words, "--out", tmp_path / "k.npy")
    assert again.code == 0
    torch.testing.assert_close(read_kernel(tmp_path / "k.npy"), read_kernel(tmp_path / "k.mat"))
    kept = call(*words, "--out", tmp_path / "k.mat")
    assert kept.code == 0
    assert "in just this way" in kept.err
    used = call("upscale", photo, "--method", "back_projection", "--scale", 2, "--kernel", tmp_path / "k.mat")
    assert used.code == 0, used.err
    small = call("kernel", photo, "--method", "kernelgan")
    assert small.code == 2
    assert "--set real=True" in small.err
    assert "--set crop=28" in small.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--method", "zssr"), "estimates no kernel. Those that do: dip_fkp, ikc, kernelgan, kernelgan_fkp"),
        (("--method", "kernelgam"), "Did you mean 'kernelgan'"),
        (("--set", "step=3"), "step"),
        (("--out", "k.jpg"), "give one of these suffixes"),
    ],
)
def test_a_kernel_that_cannot_be_found_or_written_is_said_before_the_work(
    call: Call, photo: Path, words: tuple[str, ...], sentence: str
) -> None:
    answer = call("kernel", photo, *words)
    assert answer.code == 2
    assert sentence in answer.err
