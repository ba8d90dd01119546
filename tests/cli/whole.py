"""Every job and download killed twenty times and more; every form of a weight file through the door.

No part of the suite, which does a part of both: ``.ci/run`` runs it after the suite.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from tests.cli import _kills
from tests.cli._call import Call
from tests.models.test_corpus import FORMS, UNKNOWN


@pytest.mark.parametrize("job", _kills.JOBS)
def test_a_job_killed_twenty_times_ends_as_one_that_was_not(job: str) -> None:
    assert _kills.in_a_process(20, 2, job)[job] >= 20


@pytest.mark.filterwarnings("ignore::UserWarning")  # what was taken and what was left
@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
def test_a_weight_file_of_every_form_enlarges_a_picture(call: Call, old: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = srkit.models.create("edsr", scale=2, tiny=True).eval()
    photo, weights, target = (tmp_path / name for name in ("photo.png", "weights.bin", "large.png"))
    srkit.write(photo, torch.rand(3, 9, 10))
    torch.save(net.state_dict(), weights)
    wanted = srkit.upscale(photo, srkit.models.load(weights))  # what no weight tells is as load takes it
    for form, make in FORMS.items():
        torch.save(make(net.state_dict()), weights, _use_new_zipfile_serialization=not old)
        answer = call("upscale", photo, "--model", weights, "--out", target, "--overwrite")
        assert answer.code == 0, (form, answer.err)
        rounding = 0.05 if form in ("half precision", "bfloat16") else 0.502 / 255  # of weights, or of the file
        torch.testing.assert_close(srkit.read(target), wanted, atol=rounding, rtol=0, msg=form)


@pytest.mark.parametrize("what", UNKNOWN)
def test_a_weight_file_of_no_network_is_refused_by_name(call: Call, what: str, tmp_path: Path) -> None:
    srkit.write(tmp_path / "photo.png", torch.rand(3, 9, 10))
    torch.save({"params": UNKNOWN[what]}, tmp_path / "x.pth")
    answer = call("upscale", tmp_path / "photo.png", "--model", tmp_path / "x.pth")
    assert answer.code == 2
    assert "x.pth" in answer.err
    assert "fits no registered network" in answer.err
