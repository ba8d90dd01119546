"""Rich degradations beside their authors' programs, by distribution: python -m benchmarks chains --peers DIR.

Both degrade the middle 128x128 pixels of the five samples in turn, --draws times, draw n with seed n. Of each LR image
three numbers are taken: PSNR to MATLAB's bicubic reduction, noise (median of mixed differences) and mean gradient, both
in levels of 255. Printed are mean and standard deviation, and the p of Kolmogorov and Smirnov's test for two samples:
below 0.05 in one of twenty comparisons of equals. The programs: KAIR's ``degradation_bsrgan`` and ``_plus`` without a
camera model and sharpening, and Real-ESRGAN's data set and model with the options of ``train_realesrgan_x4plus.yml``,
without sharpening and pool. What they import and these numbers do not need is pretended.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

import srkit
from benchmarks._peers import Missing, load
from benchmarks._scenes import middle
from srkit.degrade import parse

SCALE, SIDE = 4, 128
OURS = {"bsrgan": "bsrgan(4, sensor=0)", "bsrgan_plus": "bsrgan_plus(4, sensor=0)", "real_esrgan": "real_esrgan(4)"}

Degrade = Callable[[Tensor, int], Tensor]


def look(bad: Tensor, clean: Tensor) -> tuple[float, float, float]:
    """Return PSNR of one LR image to the other, its noise and its mean gradient, the last two in levels of 255."""
    a, b, c, d = bad[..., 1:, 1:], bad[..., :-1, 1:], bad[..., 1:, :-1], bad[..., :-1, :-1]
    noise = float((a - b - c + d).abs().median()) / 0.6745 / 2 * 255
    return float(-10 * (bad - clean).square().mean().log10()), noise, float((a - c).abs().mean()) * 255


def scenes() -> list[tuple[Tensor, Tensor]]:
    """Return the five pictures ``(3, 128, 128)``, each with its bicubic reduction."""
    five = [middle(pair.hr, SIDE) for pair in srkit.datasets.samples(scale=SCALE)]
    return [(hr, srkit.ops.imresize(hr, 1 / SCALE).clamp(0, 1)) for hr in five]


def looks(degrade: Degrade, draws: int) -> Tensor:
    """Return what is seen on ``draws`` LR images, ``(draws, 3)``."""
    five = scenes()
    turns = [(*five[n % len(five)], n) for n in range(draws)]
    return torch.tensor([look(degrade(hr, n), clean) for hr, clean, n in turns], dtype=torch.float64)


def ours(name: str) -> Degrade:
    """Return srkit's chain."""
    chain = parse(OURS[name])
    return lambda hr, seed: chain(hr, rng=torch.Generator().manual_seed(seed))


class Interpolated:
    """What SciPy's ``interp2d`` was: linear between the points of a grid, the value of the rim beyond it."""

    def __init__(self, x: Any, y: Any, z: Any) -> None:
        from scipy.interpolate import RectBivariateSpline

        self.x, self.y, self.spline = x, y, RectBivariateSpline(y, x, z, kx=1, ky=1)

    def __call__(self, x: Any, y: Any) -> Any:
        """Return the values at the points of another grid."""
        return self.spline(np.clip(y, self.y[0], self.y[-1]), np.clip(x, self.x[0], self.x[-1]))


def kair(peers: Path | None, name: str) -> Degrade:
    """Return one of KAIR's two chains.

    Raises:
        Missing: its source, OpenCV or SciPy is not there.
    """
    try:
        import scipy
        import scipy.interpolate
    except ImportError as error:
        raise Missing(str(error)) from None
    scipy.finfo, scipy.interpolate.interp2d = np.finfo, Interpolated
    util = load(peers, "KAIR/utils/utils_image.py", pretend={"torchvision.utils": {"make_grid": None}})
    pretend = {"utils": {"utils_image": util}, "utils.utils_image": vars(util)}
    program = getattr(load(peers, "KAIR/utils/utils_blindsr.py", pretend=pretend), f"degradation_{name}")
    more: dict[str, Any] = {"use_sharp": False} if name == "bsrgan_plus" else {}

    def degrade(hr: Tensor, seed: int) -> Tensor:
        _seed(seed)
        low, _ = program(hr.permute(1, 2, 0).numpy().copy(), sf=SCALE, lq_patchsize=SIDE // SCALE, **more)
        return torch.from_numpy(np.array(low)).permute(2, 0, 1).float()

    return degrade


def real_esrgan(peers: Path | None, name: str) -> Degrade:
    """Return Real-ESRGAN's chain: the kernels of its data set, the rest from its model.

    Raises:
        Missing: its source, BasicSR's, OpenCV, SciPy or PyYAML is not there.
    """
    basic, home = "BasicSR/basicsr", "Real-ESRGAN/realesrgan"
    grey = {"rgb_to_grayscale": _grey}
    steps = load(
        peers, f"{basic}/data/degradations.py",
        pretend={f"torchvision.transforms.{one}": grey for one in ("functional_tensor", "functional")},
    )  # fmt: skip
    jpeg = load(peers, f"{basic}/utils/diffjpeg.py").DiffJPEG(differentiable=False)
    registry = SimpleNamespace(register=lambda: lambda kind: kind)
    pretend = {
        "basicsr.data.degradations": vars(steps),
        "basicsr.data.transforms": {"augment": lambda image, *_: image, "paired_random_crop": lambda a, b, *_: (a, b)},
        "basicsr.models.srgan_model": {"SRGANModel": object},
        "basicsr.utils": dict.fromkeys(("DiffJPEG", "USMSharp", "FileClient", "get_root_logger"))
        | {"imfrombytes": lambda image, **_: image, "img2tensor": lambda images, **_: images},
        "basicsr.utils.img_process_util": vars(load(peers, f"{basic}/utils/img_process_util.py")),
        "basicsr.utils.registry": {"MODEL_REGISTRY": registry, "DATASET_REGISTRY": registry},
    }
    model = load(peers, f"{home}/models/realesrgan_model.py", pretend=pretend).RealESRGANModel
    data_set = load(peers, f"{home}/data/realesrgan_dataset.py", pretend=pretend).RealESRGANDataset
    options = _options(peers, "Real-ESRGAN/options/train_realesrgan_x4plus.yml")
    options["datasets"]["train"] |= {"dataroot_gt": "", "meta_info": "/dev/null"}

    def degrade(hr: Tensor, seed: int) -> Tensor:
        _seed(seed)
        kernels = data_set(options["datasets"]["train"])
        kernels.paths, kernels.file_client = [""], SimpleNamespace(get=lambda *_: np.zeros((400, 400, 3)))
        drawn = {key: value[None] for key, value in kernels[0].items() if "kernel" in key}
        world = SimpleNamespace(
            is_train=True, opt=options, device="cpu", jpeger=jpeg, usm_sharpener=lambda image: image,
            _dequeue_and_enqueue=lambda: None,
        )  # fmt: skip
        model.feed_data(world, {"gt": hr[None], **drawn})
        low: Tensor = world.lq[0]
        return low

    return degrade


def _grey(image: Tensor, num_output_channels: int = 1) -> Tensor:
    grey = (image * image.new_tensor([0.2989, 0.587, 0.114])[:, None, None]).sum(-3, keepdim=True)
    return grey.expand(*grey.shape[:-3], num_output_channels, *grey.shape[-2:])


def _options(peers: Path | None, file: str) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise Missing(str(error)) from None
    options: dict[str, Any] = yaml.safe_load((Path(peers or "") / file).read_text("utf-8"))
    return options


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


PROGRAMS: dict[str, Callable[[Path | None, str], Degrade]] = {
    "bsrgan": kair,
    "bsrgan_plus": kair,
    "real_esrgan": real_esrgan,
}


def compared(name: str, program: Degrade, draws: int) -> str:
    """Return the lines of one chain: the program's and ours, with CPU milliseconds a draw, and p."""
    from scipy.stats import ks_2samp

    seen, lines = [], []
    for who, degrade in (("program", program), ("srkit", ours(name))):
        begin = time.process_time()
        seen.append(looks(degrade, draws))
        cost = (time.process_time() - begin) / draws * 1e3
        values = " | ".join(f"{one.mean():.3f} ± {one.std():.3f}" for one in seen[-1].T)
        lines.append(f"| {name}, {who} | {values} | {cost:.0f} |")
    alike = " | ".join(f"{ks_2samp(a, b).pvalue:.3f}" for a, b in zip(seen[0].T, seen[1].T, strict=True))
    return "\n".join([*lines, f"| p | {alike} | |"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder that holds KAIR, Real-ESRGAN and BasicSR")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--chains", nargs="+", choices=OURS, default=list(OURS))
    words = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print("| x4 | PSNR | noise | gradient | CPU ms |\n|---|--:|--:|--:|--:|")
    for name in words.chains:
        try:
            print(compared(name, PROGRAMS[name](words.peers, name), words.draws), flush=True)
        except Missing as reason:
            print(f"| {name} | {reason} | | | |")


if __name__ == "__main__":
    main()
