"""ZSSR on one picture: srkit's beside the public PyTorch port, CPU seconds and PSNR.

Both get the same LR image and one thread. The port (HarukiYqM/pytorch-ZSSR, below --peers) cannot train on a CPU as it
is; its activation is made to leave its input alone, and nothing else is touched. Its learning rate never falls, so its
schedule only says when to stop: --port-steps bounds it (its own least is 900 steps). srkit runs the preset named.

A step of the port takes the time of its crop of 128 x 128 pixels, and a smaller image is filled up with black. --crop
gives both programs another crop, and --middle cuts the picture, so that the port comes to its end in minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import srkit
from benchmarks._peers import Missing
from benchmarks._scenes import middle
from srkit import methods
from srkit.metrics import Protocol, psnr

SCALE = 2


def port(peers: Path | None, lr: Tensor, steps: int, crop: int) -> tuple[Tensor, str]:
    """Run the port's default configuration, the only one it ever uses; returns the image and how many steps it made.

    Raises:
        Missing: its source or OpenCV is not there.
    """
    home = None if peers is None else peers / "pytorch-ZSSR"
    if home is None or not (home / "ZSSR.py").is_file():
        raise Missing("no pytorch-ZSSR below --peers")
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(home))
    try:
        from configs import Config
        from ZSSR import ZSSR
    except ImportError as error:
        raise Missing(f"pytorch-ZSSR needs something that is not installed: {error}") from None
    config = Config()
    config.cuda = config.create_results_dir = config.save_results = config.display_test_results = False
    config.max_iters, config.display_every, config.crop_size = steps, 10**9, crop
    peer = ZSSR(lr.permute(1, 2, 0).numpy(), config)
    peer.model.relu = nn.ReLU()
    image = torch.from_numpy(np.array(peer.run(), dtype=np.float32)).permute(2, 0, 1)
    return image, f"{peer.iter + 1} steps"


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, help="an HR picture, for example Set5/butterfly.png")
    parser.add_argument("--peers", type=Path, help="folder that holds pytorch-ZSSR")
    parser.add_argument("--port-steps", type=int, default=3000, help="steps of the port at most")
    parser.add_argument("--presets", nargs="+", default=["X2_ONE_JUMP_IDEAL_CONF"], help="of srkit")
    parser.add_argument("--crop", type=int, default=128, help="side of both programs' crops at most")
    parser.add_argument("--middle", type=int, help="take so many pixels a side from the middle of the picture")
    words = parser.parse_args()
    torch.set_num_threads(1)
    picture = srkit.read(words.picture)
    picture = middle(picture, words.middle) if words.middle else picture
    hr = srkit.ops.modcrop(picture, SCALE)
    lr = srkit.datasets.pair.bicubic_lr(hr, SCALE)
    rows = []
    for name, preset in (("bicubic", ""), ("back_projection", ""), *(("zssr", preset) for preset in words.presets)):
        settings = {"preset": preset, "crop": min(words.crop, methods.preset(preset).crop)} if preset else {}
        start = time.process_time()
        result = methods.create(name, **settings).restore(lr, scale=SCALE)
        rows.append((f"srkit {name} {preset}", time.process_time() - start, result.image, f"{result.steps} steps"))
    try:
        start = time.process_time()
        image, steps = port(words.peers, lr, words.port_steps, words.crop)
        rows.append(("pytorch-ZSSR", time.process_time() - start, image, steps))
    except Missing as reason:
        print(f"The port did not take part: {reason}.\n")
    protocol = Protocol.papers(SCALE)
    size = "x".join(map(str, lr.shape[1:]))
    print(f"### {words.picture.stem} x{SCALE}, LR of {size} by MATLAB's bicubic, PSNR on {protocol}, one thread\n")
    print("| who | CPU s | PSNR dB | steps |\n|---|--:|--:|---|")
    for label, seconds, sr, steps in rows:
        print(f"| {label} | {seconds:.1f} | {float(psnr(sr, hr, protocol=protocol)):.2f} | {steps} |")


if __name__ == "__main__":
    main()
