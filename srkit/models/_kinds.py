"""What a file given as weights really is, recognised from its first bytes, and what to do about it."""

from __future__ import annotations

import zipfile
from pathlib import Path

__all__ = ["is_pickle", "what_it_is"]

_WEIGHTS = (".pth", ".pt", ".ckpt", ".safetensors", ".bin", ".pkl", ".mat", ".caffemodel")
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", "is packed with gzip; unpack it (gunzip, or tar -xzf) and give the weight file inside."),
    (0, b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive; unpack it and give the weight file inside."),
    (0, b"Rar!\x1a\x07", "is a RAR archive; unpack it and give the weight file inside."),
    (0, b"BZh", "is packed with bzip2; unpack it and give the weight file inside."),
    (0, b"\xfd7zXZ", "is packed with xz; unpack it and give the weight file inside."),
    (257, b"ustar", "is a tar archive; unpack it (tar -xf) and give the weight file inside."),
    (
        0,
        b"\x89HDF\r\n",
        "is an HDF5 file, as Keras and MATLAB 7.3 write; srkit reads the PyTorch weights of a network.",
    ),
    (0, b"\x93NUMPY", "is a NumPy array; a network's weights are many arrays under names."),
    (4, b"TFL3", "is a TensorFlow Lite model, which holds no separate weights; look for the .pth it was made from."),
    (0, b"GGUF", "is a GGUF file, for other kinds of networks; look for the .pth or .safetensors it was made from."),
    (0, b"\x89PNG", "is a picture, not weights."),
    (0, b"\xff\xd8\xff", "is a picture, not weights."),
    (0, b"GIF8", "is a picture, not weights."),
    (8, b"WEBP", "is a picture, not weights."),
    (0, b"%PDF", "is a PDF document, not weights."),
    (0, b"<?xml", "is an XML file, as OpenVINO writes; srkit reads the PyTorch weights of a network."),
)


def is_pickle(path: Path, head: bytes) -> bool:
    """Tell whether ``torch.save`` may have written a file: a zip archive with ``data.pkl``, or a pickle."""
    if head.startswith(b"PK"):
        return any(name == "data.pkl" or name.endswith("/data.pkl") for name in _members(path))
    return head[:1] == b"\x80" and 2 <= head[1] <= 5


def what_it_is(path: Path, head: bytes) -> str:
    """Return the rest of the sentence "<path> …" for a file that holds no weights srkit can read."""
    if head.startswith(b"PK"):
        return _archive(path)
    for place, magic, words in _MAGIC:
        if head[place : place + len(magic)] == magic:
            return words
    if head[:1] == b"\x08" and 1 <= head[1] <= 31 and head[2:3] in (b"\x12", b":"):  # its version, then its maker
        return "looks like an ONNX model, whose weights lost their names; look for the .pth it was made from."
    if head[:1] == b"\n":
        return (
            "looks like a TensorFlow graph, a network with its weights inside; srkit reads weights of its own networks."
        )
    text = head.decode("ascii", "ignore")
    if len(text) == len(head) and text.isprintable() | ("\n" in text):
        return f"is a text that begins {text.splitlines()[0][:40]!r}, not a PyTorch file with weights."
    return (
        "is not a PyTorch file with weights, or is damaged or cut short. Fetch it again; "
        "torch.save(net.state_dict(), path) writes what is expected."
    )


def _archive(path: Path) -> str:
    names = _members(path)
    if not names:
        return "is a zip archive that is damaged or cut short, as a PyTorch file is. Fetch it again."
    if any(name.endswith(("/archive_format", "models/model.json")) for name in names):
        return (
            "is an exported program (.pt2), whose weights have lost their place; torch.save("
            "torch.export.load(path).state_dict, 'weights.pth') writes them apart."
        )
    weights = [name for name in names if name.lower().endswith(_WEIGHTS)]
    if weights:
        return f"is a zip archive that holds {', '.join(weights[:3])}; unpack it and give that file."
    if all(name.endswith(".npy") for name in names):
        return (
            f"is a NumPy archive of {len(names)} arrays ({', '.join(names[:3])}), not a PyTorch file with weights; "
            "torch.save({name: torch.from_numpy(array) for name, array in np.load(path).items()}, 'weights.pth') "
            "makes one of it."
        )
    return f"is a zip archive without weights; it holds {', '.join(names[:3])}."


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return []
