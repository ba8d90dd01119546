"""Bundles: a converted network in one file, with everything that is needed to use it without its Python class."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from srkit.errors import BadFile
from srkit.inference.reach import Reach
from srkit.models.readers.protobuf import field, fields
from srkit.ops.atomic import write_atomically

__all__ = ["SUFFIXES", "Bundle", "read_bundle", "write_bundle"]

SUFFIXES = {"onnx": ".onnx", "ncnn": ".ncnn.zip", "openvino": ".openvino.zip"}
_FILES = {"onnx": ("net.onnx",), "ncnn": ("net.param", "net.bin"), "openvino": ("net.xml", "net.bin")}
_LABEL = "srkit.json"
_METADATA, _KEY, _VALUE = 14, 1, 2  # fields of ModelProto and of the entries of its metadata_props
_PREFIX = "srkit."


@dataclass(frozen=True)
class Bundle:
    """A converted network.

    Attributes:
        to: ``"onnx"``, ``"ncnn"`` or ``"openvino"``.
        files: what the runtime reads, by name.
        label: ``name``, ``scale``, ``reach``, ``licence`` and so on, as text.
    """

    to: str
    files: Mapping[str, bytes]
    label: Mapping[str, str]

    @property
    def scale(self) -> int:
        """Enlargement factor."""
        return int(self.label["scale"])

    @property
    def least(self) -> int:
        """The smallest side in pixels from which on it computes what the network does."""
        return int(self.label.get("least", "8"))

    @property
    def reach(self) -> Reach:
        """The receptive radius measured before the conversion; what tiles need."""
        radius, align = json.loads(self.label["reach"])
        return Reach(radius, align)


def write_bundle(bundle: Bundle, path: Path, *, overwrite: bool = False) -> Path:
    """Write a bundle: ONNX as it is, its label in ``metadata_props``; others as a ZIP file with ``srkit.json``."""
    if bundle.to == "onnx":
        content = bundle.files["net.onnx"] + b"".join(_entry(_PREFIX + k, v) for k, v in bundle.label.items())
    else:
        content = _zipped({**bundle.files, _LABEL: json.dumps(dict(bundle.label), indent=1).encode()})
    write_atomically(path, content, overwrite=overwrite)
    return path


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle of :func:`write_bundle`.

    Raises:
        BadFile: the file cannot be read, or is no bundle of srkit.
    """
    try:
        content = Path(path).read_bytes()
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
            label = json.loads(files.pop(_LABEL))
        else:
            files = {"net.onnx": content}
            label = {key.removeprefix(_PREFIX): text for key, text in _metadata(content) if key.startswith(_PREFIX)}
        to = next(to for to, names in _FILES.items() if set(names) == set(files))
        bundle = Bundle(to, files, label)
        checked = bundle.scale >= 1 and bundle.least >= 1 and isinstance(bundle.reach, Reach) and bool(label["name"])
    except OSError as error:
        raise BadFile(f"{path} could not be read: {error.strerror}.") from error
    except (ValueError, LookupError, StopIteration, TypeError, zipfile.BadZipFile, NotImplementedError) as error:
        raise BadFile(
            f"{path} is no network that `srkit export` wrote: it does not say its name, scale and reach. Only such "
            "files can be cut into exact tiles; write one with: srkit export NAME --to onnx|ncnn|openvino."
        ) from error
    if not checked:
        raise BadFile(f"{path} says the scale {bundle.scale}; it is damaged. Write it again with srkit export.")
    return bundle


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Pack files in a fixed order and without the time, so that equal bundles are equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _entry(key: str, text: str) -> bytes:
    """Return an entry of ``metadata_props`` as a protocol buffer, which is appended to a model to add it."""
    pair = field(_KEY, key.encode()) + field(_VALUE, text.encode())
    return field(_METADATA, pair)


def _metadata(model: bytes) -> Iterator[tuple[str, str]]:
    """Yield the entries of ``metadata_props`` of an ONNX model."""
    for number, entry in fields(model):
        if number == _METADATA:
            pair = dict(fields(entry))
            yield pair[_KEY].decode(), pair[_VALUE].decode()
