"""What a file is that is no picture of a kind that is read here, from its first bytes."""

from __future__ import annotations

__all__ = ["what_it_is"]

_SAVE = "which is not read here; save it as PNG or TIFF first"
_BEGINNINGS = (
    (0, b"version https://git-lfs", "a Git LFS pointer, not the image itself; `git lfs pull` fetches it"),
    (0, b"<!DOCTYPE", "a web page; the download probably failed"),
    (0, b"<html", "a web page; the download probably failed"),
    (0, b"<svg", "a drawing (SVG), which has no pixels; export it as PNG"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"GIF8", "a GIF, which is not read here; save its image, or each image of an animation, as PNG"),
    (4, b"ftypavif", f"an AVIF picture, {_SAVE}"),
    (4, b"ftypavis", f"an AVIF animation, {_SAVE}"),
    (4, b"ftyphei", f"a HEIC picture, as phones take them, {_SAVE}"),
    (4, b"ftyphev", f"a HEIC picture, as phones take them, {_SAVE}"),
    (4, b"ftypmif1", f"a HEIF picture, {_SAVE}"),
    (4, b"ftypcrx", "a camera's raw file (CR3); develop it to a TIFF or PNG with a raw converter"),
    (4, b"ftyp", "a video; save its images as PNG"),
    (0, b"\xff\x0a", f"a JPEG XL picture, {_SAVE}"),
    (4, b"JXL ", f"a JPEG XL picture, {_SAVE}"),
    (4, b"jP  ", f"a JPEG 2000 picture, {_SAVE}"),
    (0, b"\xff\x4f\xff\x51", f"a JPEG 2000 picture, {_SAVE}"),
    (0, b"8BPS", f"a Photoshop document, {_SAVE}"),
    (0, b"gimp xcf", f"a GIMP document, {_SAVE}"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture, whose white is not defined; map it to 8 or 16 bits and save that"),
    (0, b"#?RADIANCE", "a Radiance picture, whose white is not defined; map it to 8 or 16 bits and save that"),
    (0, b"DDS ", f"a texture (DDS), {_SAVE}"),
    (0, b"qoif", f"a QOI picture, {_SAVE}"),
    (0, b"FUJIFILM", "a camera's raw file (RAF); develop it to a TIFF or PNG with a raw converter"),
    (0, b"\0\0\1\0", f"an icon (ICO), {_SAVE}"),
    *((0, b"P%d" % kind, f"a Netpbm picture, {_SAVE}") for kind in range(1, 8)),
)


def what_it_is(data: bytes) -> str:
    """Return the words that follow "this is not an image: ": ``"it is a PDF"``."""
    head = data[:64]
    for place, start, meaning in _BEGINNINGS:
        if head[place:].startswith(start):
            return f"it is {meaning}"
    if head.startswith(b"<?xml") and b"<svg" in data:
        return "it is a drawing (SVG), which has no pixels; export it as PNG"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return f"it is text that begins {head[:24].decode()!r}"
    return f"its first bytes are {head[:8].hex(' ')}"
