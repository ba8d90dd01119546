"""Make the large photographs of the course from a package of Debian, and the damaged ones from them.

    apt-get download lomiri-wallpapers-16.04
    python tools/photographs.py lomiri-wallpapers-16.04_*.deb

writes data/samples/photographs/ (reduced, so that the traces of the originals' JPEG are gone), data/samples/damaged/
(a quarter as wide and damaged by the chains below, with a fixed seed) and the sums of all samples. Author and licence
of each picture stand in data/samples/SOURCES.md, as the package's copyright file states them.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import srkit
from srkit.ops.atomic import write_atomically

__all__ = ["PHOTOGRAPHS", "main"]

SAMPLES = Path(__file__).resolve().parents[1] / "data/samples"
QUALITY = 92  # of the JPEG files written


class Photograph(NamedTuple):
    """One photograph: what it is called here, the file it comes from, and the part of it that is kept."""

    name: str
    file: str
    size: tuple[int, int]  # width and height here
    box: tuple[float, float, float, float] = (0, 0, 1, 1)  # left, top, right, bottom, as shares of the original
    damage: str = ""  # a degradation at scale 4
    print_: bool = False  # an old print: brown, faded


PHOTOGRAPHS = (
    Photograph("autumn", "aitzgorri_by_Aitzol_Berasategi.jpg", (1200, 672)),
    Photograph("brook", "life_by_Aitzol_Berasategi.jpg", (1200, 792), damage="real_esrgan(4)"),
    Photograph("brushes", "Picture_1A_by_freespace.jpg", (672, 528)),
    Photograph("clock", "greentock_by_Peter_Nerlich.jpg", (1080, 804)),
    Photograph("dandelion", "seeding_by_Clements_Engelhardt.jpg", (1200, 672), damage="down(4) > jpeg(30)"),
    Photograph(
        "dogs",
        "friends_by_Aitzol_Berasategi.jpg",
        (720, 804),
        (0.2, 0.17, 0.76, 0.6),
        "blur(1.6) > down(4) > noise(7, kind=grey) > jpeg(60)",
        print_=True,
    ),
    Photograph("fig", "Picture_0B_by_freespace.jpg", (1056, 708), damage="blur(1.2) > down(4) > noise(15) > jpeg(60)"),
    Photograph("mountains", "picosdeeuropa_by_Aitzol_Berasategi.jpg", (1080, 804)),
    Photograph("sunset", "sunset_by_Aitzol_Berasategi.jpg", (1080, 720)),
    Photograph("wine", "Wine_by_Jakkub_Mede.jpg", (672, 1008)),
)


def main(package: Path) -> None:
    """Write all pictures and their sums."""
    found = _files(package)
    for folder in ("photographs", "damaged"):
        (SAMPLES / folder).mkdir(exist_ok=True)
    for each in PHOTOGRAPHS:
        path = SAMPLES / "photographs" / f"{each.name}.jpg"
        write_atomically(path, _jpeg(_cut(Image.open(io.BytesIO(found[each.file])), each)))
        if each.damage:
            srkit.write(SAMPLES / "damaged" / f"{each.name}.png", _damaged(srkit.read(path), each))
    paths = sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".png", ".jpg"))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(SAMPLES).as_posix()}\n" for path in paths
    ]
    write_atomically(SAMPLES.parent / "manifests/samples.sha256", "".join(lines).encode())


def _files(package: Path) -> dict[str, bytes]:
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
        return {Path(one.name).name: tar.extractfile(one).read() for one in tar if one.isfile()}  # type: ignore[union-attr]


def _cut(original: Image.Image, photograph: Photograph) -> Image.Image:
    """Return the part that is kept, reduced without changing its proportions by more than a cut."""
    (w, h), (width, height) = original.size, photograph.size
    left, top, right, bottom = (share * side for share, side in zip(photograph.box, (w, h, w, h), strict=True))
    factor = min((right - left) / width, (bottom - top) / height)
    x, y = (left + right - factor * width) / 2, (top + bottom - factor * height) / 2
    box = (x, y, x + factor * width, y + factor * height)
    return original.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, box=box)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue()


def _damaged(hr: Tensor, photograph: Photograph) -> Tensor:
    rng = torch.Generator().manual_seed(zlib.crc32(photograph.name.encode()))
    if photograph.print_:
        hr = _old_print(hr)
    return srkit.degrade.parse(photograph.damage)(hr, rng=rng)


def _old_print(image: Tensor) -> Tensor:
    """Return the picture as a brown print that has faded: (3, h, w)."""
    grey = srkit.ops.rgb_to_y(image)  # (1, h, w)
    return 0.1 + grey * torch.tensor([0.9, 0.8, 0.62])[:, None, None]  # (3, h, w)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
