"""What a file carries beside its pixels goes into the next file, or is named; none of it makes a picture unreadable."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

import srkit
from srkit.errors import BadFile, BadInput
from srkit.ops import _decode
from srkit.ops.files import read, read_picture, write_picture
from srkit.ops.picture import without_hidden_colours

PIXELS = np.kron(np.random.default_rng(3).integers(0, 256, (5, 6, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8))
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r>a picture of blocks</r></x:xmpmeta>'
FORMATS = (".png", ".jpg", ".webp", ".tif", ".bmp")


def exif(orientation: int = 1) -> bytes:
    made = Image.Exif()
    made[0x010F], made[0x0112], made[0x0100] = "Camera", orientation, 48
    made.get_ifd(0x8769).update({0xA002: 48, 0xA003: 40, 0x927C: b"maker's own \xff\x00 notes"})
    return made.tobytes()


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def chunk(kind: bytes, data: bytes, *, sound: bool = True) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ (not sound))


def png_with(*chunks: bytes) -> bytes:
    plain = io.BytesIO()
    Image.fromarray(PIXELS).save(plain, "PNG")
    return plain.getvalue()[:33] + b"".join(chunks) + plain.getvalue()[33:]


SOUND: dict[str, dict[str, object]] = {
    "exif": {"exif": exif()},
    "profile": {"icc_profile": profile()},
    "xmp": {"xmp": XMP},
    "iptc": {"iptc": b"\x1c\x02\x78\x00\x09a caption"},
    "resolution": {"dpi": (300, 300)},
    "nothing": {},
}


def with_segment(jpeg: bytes, number: int, content: bytes) -> bytes:
    """Return a JPEG with one more application segment behind its first."""
    (first,) = struct.unpack_from(">H", jpeg, 4)
    segment = struct.pack(">BBH", 0xFF, 0xE0 + number, 2 + len(content)) + content
    return jpeg[: 4 + first] + segment + jpeg[4 + first :]


def saved(path: Path, options: dict[str, object]) -> Path:
    extra = {".webp": {"lossless": True}, ".jpg": {"quality": 95}}.get(path.suffix, {})
    options = dict(options)
    if path.suffix == ".png" and "xmp" in options:
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options = {"pnginfo": info}
    if path.suffix == ".tif" and "xmp" in options:
        options = {"tiffinfo": {700: XMP}}
    iptc = options.pop("iptc", None)
    if path.suffix == ".tif" and iptc is not None:
        options = {"tiffinfo": {33723: iptc}}
    Image.fromarray(PIXELS).save(path, **extra, **options)
    if path.suffix == ".jpg" and isinstance(iptc, bytes):
        resource = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc
        path.write_bytes(with_segment(path.read_bytes(), 13, resource))
    return path


def told(block: bytes | None) -> object:
    """Return what an EXIF block says, but for sizes and orientation, whichever way its bytes lie."""
    if block is None:
        return None
    read_again = Image.Exif()
    read_again.load(block)
    inside = dict(read_again.get_ifd(0x8769))
    return read_again.get(0x010F), inside.get(0x927C)


@pytest.mark.parametrize("what", SOUND)
@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_everything_arrives_or_is_named_whatever_the_two_formats(
    tmp_path: Path, source: str, target: str, what: str
) -> None:
    picture = read_picture(saved(tmp_path / f"a{source}", SOUND[what]))
    lost = write_picture(tmp_path / f"b{target}", picture.rgb, like=picture)
    again = read_picture(tmp_path / f"b{target}")
    assert (again.rgb - picture.rgb).abs().max() < (0.06 if target == ".jpg" else 1e-6)
    for name in ("exif", "icc", "xmp", "iptc"):
        before, after = getattr(picture.carried, name), getattr(again.carried, name)
        if name == "exif" and target == ".tif":  # which has tags of its own for it
            before, after = told(before), told(after)
        assert after == before or (after is None and lost), f"{name} vanished without a word"
    able = {"exif": FORMATS[:4], "iptc": (".jpg", ".tif"), "xmp": FORMATS[:4], "profile": FORMATS[:4]}.get(what, ())
    if source in able:
        assert getattr(picture.carried, {"profile": "icc"}.get(what, what)) is not None, "it was not read"
        assert bool([words for words in lost if "resolution" not in words]) == (target not in able)
    named = {"exif": "EXIF", "profile": "profile", "xmp": "XMP", "iptc": "IPTC"}.get(what, "resolution")
    assert all(named in words or "resolution" in words for words in lost)  # some writers put one in unasked


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (b"tEXt", b"parameters\0steps: 20, a very long prompt"),
        (b"zTXt", b"workflow\0\0" + zlib.compress(b"x" * 2_000_000)),
        (b"iTXt", b"Title\0\0\0ko\0\0" + "블록".encode()),
        (b"gAMA", struct.pack(">I", 45455)),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        (b"sRGB", b"\0"),
        (b"cICP", bytes((9, 16, 0, 1))),
        (b"mDCV", bytes(range(24))),
        (b"cLLI", struct.pack(">2I", 10_000_000, 4_000_000)),
    ],
)
@pytest.mark.parametrize("depth", [8, 16])
def test_what_a_png_says_in_chunks_of_its_own_is_copied_byte_for_byte(
    tmp_path: Path, kind: bytes, data: bytes, depth: int
) -> None:
    (tmp_path / "a.png").write_bytes(png_with(chunk(kind, data)))
    picture = read_picture(tmp_path / "a.png")
    like = type(picture)(**{**vars(picture), "depth": depth})
    assert write_picture(tmp_path / "b.png", picture.rgb, like=like) == ()
    assert chunk(kind, data) in (tmp_path / "b.png").read_bytes()
    assert torch.equal(read(tmp_path / "b.png"), picture.rgb)
    named = write_picture(tmp_path / "b.jpg", picture.rgb, like=picture)
    assert kind.decode() in named[0]


BROKEN = {
    "text that unpacks to nothing": chunk(b"zTXt", b"a\0\0no zlib at all"),
    "text with a wrong checksum": chunk(b"tEXt", b"a\0b", sound=False),
    "text without an end of its name": chunk(b"iTXt", b"abc"),
    "EXIF of garbage": chunk(b"eXIf", b"GARBAGE!"),
    "EXIF that points outside": chunk(b"eXIf", b"II*\0\xff\xff\xff\x00"),
    "EXIF of an unknown type": chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x63\0\0\0\x01\0\x06\0\0"),
    "a profile cut short": chunk(b"iCCP", b"p\0\0" + zlib.compress(profile())[:40]),
    "a profile without a name": chunk(b"iCCP", b"nothing here"),
    "a resolution of three bytes": chunk(b"pHYs", b"abc"),
    "a chunk nobody knows": chunk(b"quRK", b"?"),
    "a gamma of no length": chunk(b"gAMA", b""),
    "a raw profile that is no number": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\nzzzz\n"),
    "XMP cut short": chunk(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0" + b"\x78"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_picture_with_sound_pixels_is_never_called_damaged(tmp_path: Path, what: str) -> None:
    (tmp_path / "a.png").write_bytes(png_with(BROKEN[what]))
    picture = read_picture(tmp_path / "a.png")
    assert torch.equal(picture.rgb, torch.from_numpy(PIXELS).permute(2, 0, 1) / 255)
    for suffix in FORMATS:
        write_picture(tmp_path / f"b{suffix}", picture.rgb, like=picture)
        assert (read(tmp_path / f"b{suffix}") - picture.rgb).abs().max() < 0.06


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png"])
def test_broken_exif_is_dropped_and_named_in_every_format_that_has_it(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"a{suffix}", {"exif": b"Exif\0\0GARBAGE!"})
    picture = read_picture(path)
    assert picture.carried.lost == ("EXIF (damaged)",)
    assert write_picture(tmp_path / "b.png", picture.rgb, like=picture) == ("EXIF (damaged)",)
    assert torch.equal(read(tmp_path / "b.png"), picture.rgb)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_an_enlarged_picture_says_its_new_size_and_shows_no_old_preview(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    path = saved(tmp_path / f"a{suffix}", {"exif": exif(orientation)})
    srkit.upscale(path, srkit.models.create("nearest", scale=2), out=tmp_path / f"b{suffix}")
    with Image.open(tmp_path / f"b{suffix}") as image:
        told = image.getexif()
        inner = told.get_ifd(0x8769)
        assert (told[0x0100], inner[0xA002], inner[0xA003]) == (image.width, image.width, image.height)
        assert image.size == (96, 80)
        assert told[0x010F] == "Camera"
        assert inner[0x927C] == b"maker's own \xff\x00 notes"
        turned = ImageOps.exif_transpose(image)
    assert turned.size == ((96, 80) if orientation == 1 else (80, 96))


def test_a_format_that_cannot_say_how_its_pixels_lie_gets_them_upright(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path / "a.png", {"exif": exif(6)}))
    for suffix in (".bmp", ".tif"):
        write_picture(tmp_path / f"b{suffix}", picture.rgb, like=picture)
        assert torch.equal(read(tmp_path / f"b{suffix}"), picture.rgb)


@pytest.mark.parametrize("target", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize(("source", "by_exif"), [(".jpg", 0), (".jpg", 1), (".jpg", 6), (".webp", 8), (".tif", 0)])
def test_xmp_says_the_size_and_the_way_that_the_pixels_have_now(
    tmp_path: Path, source: str, by_exif: int, target: str
) -> None:
    said = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="6" tiff:ImageWidth="48">'
        b"<tiff:ImageLength>40</tiff:ImageLength><exif:PixelXDimension> 48</exif:PixelXDimension></d></x:xmpmeta>"
    )
    options: dict[str, object] = {"tiffinfo": {700: said}} if source == ".tif" else {"xmp": said, "lossless": True}
    if by_exif:
        options["exif"] = exif(by_exif)
    Image.fromarray(PIXELS).save(tmp_path / f"a{source}", **options)
    srkit.upscale(tmp_path / f"a{source}", srkit.models.create("nearest", scale=2), out=tmp_path / f"b{target}")
    before, after = read_picture(tmp_path / f"a{source}"), read_picture(tmp_path / f"b{target}")
    assert after.rgb.shape[-2:] == tuple(2 * n for n in before.rgb.shape[-2:])
    assert (after.rgb[:, ::2, ::2] - before.rgb).abs().max() < (0.1 if target == ".jpg" else 1e-6)
    width, height = after.rgb.shape[:0:-1] if after.orientation < 5 else after.rgb.shape[1:]
    for words in (b'Width="%d"' % width, b"Length>%d<" % height, b"Dimension> %d<" % width):
        assert words in after.carried.xmp
    with Image.open(tmp_path / f"b{target}") as image:  # and other programs turn it likewise
        upright = ImageOps.exif_transpose(image)
    assert upright.size == tuple(after.rgb.shape[:0:-1])


def test_a_segment_of_a_jpeg_that_nobody_knows_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", {"exif": exif(), "xmp": XMP, "icc_profile": profile()})
    assert read_picture(path).carried.lost == ()
    path.write_bytes(with_segment(path.read_bytes(), 11, b"JP\0\1 who made it"))
    extended = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)
    path.write_bytes(with_segment(path.read_bytes(), 1, extended))
    assert len(read_picture(path).carried.lost) == 2
    assert "APP11 (JP)" in " ".join(read_picture(path).carried.lost)


def keyed(bits: int, colour: bool) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Return a PNG that names one colour as see-through, its pixels in [0, 1] and where they are seen."""
    most, channels = 2**bits - 1, 3 if colour else 1
    levels = np.random.default_rng(bits).integers(0, most + 1, (16, 16, channels), dtype=np.uint16)
    levels[3:9, 3:9] = key = np.arange(channels, dtype=np.uint16) + most // 2
    levels[12] = key + (0 if bits < 3 else 1)  # as like it as can be
    unpacked = np.unpackbits(levels.astype(">u2").view(np.uint8).reshape(16, -1, 2), axis=2)[:, :, 16 - bits :]
    rows = np.packbits(unpacked.reshape(16, -1), axis=1)
    head = struct.pack(">IIBBBBB", 16, 16, bits, 2 if colour else 0, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"tRNS", key.astype(">u2").tobytes())
    data += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data, levels / most, (levels != key).any(axis=2)


@pytest.mark.parametrize(
    ("bits", "colour"), [(1, False), (2, False), (4, False), (8, False), (16, False), (8, True), (16, True)]
)
def test_a_png_that_names_one_colour_as_see_through_is_see_through_there_alone(
    tmp_path: Path, bits: int, colour: bool
) -> None:
    data, pixels, seen = keyed(bits, colour)
    (tmp_path / "a.png").write_bytes(data)
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha[0].numpy(), seen)
    assert np.abs(picture.rgb.permute(1, 2, 0).numpy() - pixels).max() < 1e-6
    assert write_picture(tmp_path / "b.png", picture.rgb, like=picture) == ()
    again = read_picture(tmp_path / "b.png")
    assert torch.equal(again.alpha, picture.alpha)
    assert torch.equal(again.rgb, picture.rgb)


def several(path: Path, **options: object) -> Path:
    frames = [Image.fromarray(np.roll(PIXELS, place, 0)) for place in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_frames_and_pages_after_the_first_are_counted(tmp_path: Path, suffix: str) -> None:
    path = several(tmp_path / f"a{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    picture = read_picture(path)
    assert any("2 further images of 3" in words for words in picture.carried.lost)
    assert torch.equal(picture.rgb, torch.from_numpy(PIXELS).permute(2, 0, 1) / 255)
    with pytest.warns(RuntimeWarning, match=r"not carried over to b\.png: 2 further images of 3"):
        srkit.upscale(path, srkit.models.create("nearest", scale=2), out=tmp_path / "b.png")


def test_a_phone_s_jpeg_of_two_pictures_is_a_jpeg_whose_second_is_counted(tmp_path: Path) -> None:
    several(tmp_path / "a.jpg", format="MPO")
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.format == "JPEG"
    assert "2 further images of 3" in picture.carried.lost[0]


def inks(lightness: Callable[[tuple[int, ...]], int]) -> bytes:
    """A profile of four inks with two steps each, whose colours are grey: Lab (lightness, 0, 0) by ICC.1:2001, lut8."""
    table = bytes(value for corner in np.ndindex(2, 2, 2, 2) for value in (lightness(corner), 128, 128))
    matrix = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + table + ramp * 3
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"inks\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = [(b"desc", text), (b"wtpt", white), (b"cprt", b"text\0\0\0\0none\0"), (b"A2B0", lut)]
    place, entries, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags:
        entries += struct.pack(">4sII", name, place + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    size = place + len(body)
    head = struct.pack(">I4sI4s4s4s12s4s", size, b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp")
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + body


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_is_converted_by_its_profile_of_inks(tmp_path: Path, suffix: str) -> None:
    half = inks(lambda corner: {0: 255, 4: 0}.get(sum(corner), 128))  # some ink gives a middle grey
    Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(tmp_path / f"a{suffix}", icc_profile=half)
    picture = read_picture(tmp_path / f"a{suffix}")
    middle = ((50 + 16) / 116) ** 3  # luminance of L* = 50
    wanted = 1.055 * middle ** (1 / 2.4) - 0.055  # sRGB
    assert (picture.rgb - wanted).abs().max() < 0.02
    assert picture.carried.icc is None
    assert picture.carried.lost == ()


def test_cmyk_with_a_damaged_profile_is_converted_plainly_and_says_so(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 200, 200, 30)).save(tmp_path / "a.jpg", icc_profile=b"inks")
    picture = read_picture(tmp_path / "a.jpg")
    wanted = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB"))
    assert torch.equal(picture.rgb, torch.from_numpy(wanted).permute(2, 0, 1) / 255)
    assert "profile of inks" in picture.carried.lost[0]
    write_picture(tmp_path / "b.jpg", picture.rgb, like=picture)
    assert Image.open(tmp_path / "b.jpg").mode == "RGB"


def disc(colour: int) -> Image.Image:
    """A disc of one colour over transparency that hides black."""
    y, x = np.mgrid[:48, :48]
    inside = (y - 23.5) ** 2 + (x - 23.5) ** 2 < 16**2
    grey = np.where(inside, colour, 255 - colour).astype(np.uint8)
    return Image.fromarray(np.dstack([grey, grey, grey, inside.astype(np.uint8) * 255]), "RGBA")


@pytest.mark.parametrize("name", ["bicubic", "edsr_small", "espcn", "rcan_small"])
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_no_colour_under_transparency_reaches_a_visible_pixel(tmp_path: Path, name: str, suffix: str) -> None:
    net = srkit.models.create(name, scale=2, pretrained=None if name == "bicubic" else "srkit")
    for colour in (0, 255):
        disc(colour).save(tmp_path / f"a{suffix}", **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
        out = srkit.upscale(tmp_path / f"a{suffix}", net, out=tmp_path / f"b{suffix}", overwrite=True)
        large = Image.open(out).convert("RGBA")
        page = Image.new("RGBA", large.size, (colour,) * 3 + (255,))
        seen = np.asarray(Image.alpha_composite(page, large).convert("L")).astype(int)
        assert np.abs(seen - colour).max() <= 5, "over a page of its own colour the disc must not be seen"


def test_no_colour_under_transparency_is_reduced_measured_or_shown(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    disc(255).save(tmp_path / "hr" / "a.png")
    assert (read(tmp_path / "hr" / "a.png") == 1).all(), "white, whatever lies hidden"
    srkit.datasets.make_lr(tmp_path / "hr", 2)
    (made,) = tmp_path.rglob("ax2.png")
    assert (read(made) == 1).all()
    table = srkit.evaluate(srkit.models.create("bicubic", scale=2), tmp_path / "hr")
    assert table.mean.psnr == float("inf")
    assert "transparent in places" in table.note
    assert "values 1.000 to 1.000" in repr(srkit.widgets.show(tmp_path / "hr" / "a.png", alt="a disc"))


def test_hidden_colours_come_from_the_nearest_visible_pixels_and_visible_ones_stay() -> None:
    picture = read_picture_of(disc(200))
    filled = without_hidden_colours(picture)
    assert (filled - 200 / 255).abs().max() < 1e-6
    two = np.zeros((32, 32, 4), np.uint8)
    two[:, :4], two[:, -4:] = (255, 0, 0, 255), (0, 0, 255, 128)
    filled = without_hidden_colours(read_picture_of(Image.fromarray(two, "RGBA")))
    assert filled[0, :, :8].min() > 0.99
    assert filled[2, :, -8:].min() > 0.99


def read_picture_of(image: Image.Image) -> srkit.ops.files.Picture:
    array = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
    return srkit.ops.files.Picture(rgb=array[:3], alpha=array[3:])


def test_an_opaque_or_empty_picture_is_handed_on_as_it_is() -> None:
    for alpha in (None, torch.ones(1, 4, 4), torch.full((1, 4, 4), 0.1), torch.zeros(1, 4, 4)):
        picture = srkit.ops.files.Picture(rgb=torch.rand(3, 4, 4), alpha=alpha)
        assert without_hidden_colours(picture) is picture.rgb


def test_a_large_picture_is_bound_by_memory_and_not_by_a_wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(png_with())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow's own wall
        assert read(tmp_path / "a.png").shape == (3, 40, 48)
    monkeypatch.setattr(_decode, "_MOST_MEGAPIXELS", 1e-3)
    with pytest.raises(BadFile, match=r"SRKIT_MOST_MEGAPIXELS"):
        read(tmp_path / "a.png")
    monkeypatch.setenv("SRKIT_MOST_MEGAPIXELS", "1")
    assert read(tmp_path / "a.png").shape == (3, 40, 48)
    monkeypatch.setattr(_decode, "free_bytes", lambda device: 10_000)
    with pytest.raises(BadFile, match="does not fit into memory: 48 x 40"):
        read(tmp_path / "a.png")


def test_what_the_target_cannot_hold_is_refused_before_the_network_runs(tmp_path: Path) -> None:
    class Never(torch.nn.Module):
        scale = 2

        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            raise AssertionError("the network ran")

    disc(255).save(tmp_path / "alpha.png")
    Image.new("L", (9_000, 8)).save(tmp_path / "long.png")
    Image.new("L", (33_000, 8)).save(tmp_path / "longer.png")
    for source, target, error, words in [
        ("alpha.png", "a.jpg", BadInput, "no transparency"),
        ("alpha.png", "a.gif", BadInput, "must end in"),
        ("long.png", "a.webp", BadInput, "16,383 pixels a side and the result has 18,000 x 16"),
        ("longer.png", "a.jpg", BadInput, "65,500"),
        ("long.png", "nowhere/a.png", BadFile, "does not exist"),
    ]:
        with pytest.raises(error, match=words):
            srkit.upscale(tmp_path / source, Never(), out=tmp_path / target)
