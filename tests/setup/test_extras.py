"""What only some need is an extra: the library works without it, and says what brings it where it is needed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from srkit._optional import optional
from srkit.degrade import save_pool
from srkit.degrade.kernel_files import read_kernels
from srkit.errors import BadInput
from srkit.training.history import History
from tests.house._code import ROOT

OPTIONAL = ("matplotlib", "scipy", "h5py")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
WORK = f"""
import sys
sys.modules.update(dict.fromkeys({OPTIONAL!r}))
import srkit, torch
pairs = srkit.datasets.samples(scale=2)[:2]
net = srkit.models.create("espcn", scale=2, tiny=True)
net = srkit.train(net, pairs, steps=2, progress=False).net
degrade = srkit.degrade.parse("blur(1.6) > down(2) > noise(10) > jpeg(50)")
lr = degrade(pairs[0].hr, rng=torch.Generator())
print(len(srkit.evaluate(net, pairs).rows), lr.shape == pairs[0].lr.shape)
print(tuple(srkit.upscale(pairs[0].lr, net).shape) == tuple(pairs[0].hr.shape))
"""


def test_training_measuring_degrading_and_enlarging_need_none_of_them() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["2", "True", "True"], done.stderr


@pytest.mark.parametrize(
    ("use", "package", "extra"),
    [
        (lambda folder: save_pool(folder / "pool.mat", torch.full((1, 3, 3), 1 / 9)), "scipy", "kernels"),
        (lambda folder: read_kernels(folder / "hdf5.mat"), "h5py", "kernels"),
        (lambda folder: History(()).plot(), "matplotlib", "plots"),
    ],
    ids=["a pool", "a kernel of MATLAB 7.3", "a curve"],
)
def test_what_needs_one_names_it_and_the_extra_that_brings_it(
    use: Callable[[Path], object], package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hdf5.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(600))
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BadInput, match=rf"needs {package}, which is not installed.*srkit\[{extra}\]"):
        use(tmp_path)
    assert any(line.startswith(package) for line in EXTRAS[extra])
    assert any(line.startswith(package) for line in EXTRAS["lab"])


def test_a_package_that_is_there_and_broken_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import a_part_that_is_gone")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="a_part_that_is_gone"):
        optional("half_installed", "kernels")
