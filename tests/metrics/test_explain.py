"""The table of protocols."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from srkit.errors import BadInput
from srkit.metrics import Protocol, explain, psnr, ssim

RNG = torch.Generator().manual_seed(10)
HR = torch.rand(3, 40, 40, generator=RNG)
SR = (HR + 0.05 * torch.randn(3, 40, 40, generator=RNG)).clamp(0, 1)


def test_the_first_row_is_the_papers_protocol() -> None:
    first = explain(SR, HR, scale=3)[0]
    papers = Protocol.papers(3)
    assert first.protocol == str(papers)
    assert first.psnr == psnr(SR, HR, protocol=papers)
    assert first.ssim == ssim(SR, HR, protocol=papers)


def test_every_row_has_its_own_name_and_a_reason_in_sentences() -> None:
    rows = explain(SR, HR, scale=2)
    assert len({row.protocol for row in rows}) == len(rows) >= 9
    for protocol, decibels, similarity, reason in rows:
        assert "border" in protocol
        assert 10 < decibels < 60
        assert 0 < similarity < 1
        assert len(reason.split()) > 5
        assert reason.endswith(".")


def test_the_full_range_luma_is_that_of_opencv() -> None:
    (row,) = [row for row in explain(SR, HR, scale=2) if "OpenCV" in row.protocol]
    planes = []
    for x in (HR, SR):
        levels = np.floor(x.permute(1, 2, 0).double().numpy() * 255 + 0.5)[2:-2, 2:-2]
        planes.append(levels @ np.array([0.299, 0.587, 0.114]))
    assert row.psnr == pytest.approx(peak_signal_noise_ratio(*planes, data_range=255), abs=1e-9)


def test_the_swapped_row_is_the_papers_value_of_the_swapped_images() -> None:
    (row,) = [row for row in explain(SR, HR, scale=2) if "swapped" in row.protocol]
    assert row.psnr == pytest.approx(psnr(SR.flip(0), HR.flip(0), protocol=Protocol.papers(2)), abs=1e-9)


def test_a_grey_file_has_a_row_for_being_scored_as_stored_and_none_for_colour_mistakes() -> None:
    rows = explain(SR[:1], HR[:1], scale=2)
    names = [row.protocol for row in rows]
    assert any("as stored" in name for name in names)
    assert not any("swapped" in name for name in names)


def test_identical_images_are_infinitely_alike_in_every_row() -> None:
    assert all(row.psnr == math.inf for row in explain(HR, HR, scale=2))


def test_a_small_image_gets_the_rows_that_can_be_computed() -> None:
    rows = explain(SR[:, :14, :14], HR[:, :14, :14], scale=2)
    assert not any("border 8" in row.protocol for row in rows)
    assert math.isnan(rows[0].ssim)
    assert not any("border 8" in row.protocol for row in explain(SR[:, :16, :20], HR[:, :16, :20], scale=2))
    with pytest.raises(BadInput, match="border of 8"):
        explain(SR[:, :14, :14], HR[:, :14, :14], scale=8)
