"""``show``: what is drawn is what was given, and what cannot be drawn is said."""

from __future__ import annotations

import base64
import html.parser
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from srkit.errors import BadFile, BadInput
from srkit.ops.files import read_picture
from srkit.widgets import compare, error_map, show


class Images(html.parser.HTMLParser):
    """Collects the attributes of every image, and every tag name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def pixels(self, i: int = 0) -> NDArray[np.uint8]:
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(self.images[i]["src"].split(",", 1)[1]))))


def shown(*images: Any, **options: Any) -> Images:
    return Images(show(*images, **{"alt": "A test chart", **options})._repr_html_())


def test_every_8_bit_level_of_a_picture_arrives_in_the_page_unchanged() -> None:
    levels = torch.arange(256, dtype=torch.float64).reshape(1, 16, 16) / 255
    assert (shown(levels).pixels().reshape(-1) == np.arange(256)).all()
    colour = torch.randint(0, 256, (3, 9, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert (shown(colour).pixels() == colour.permute(1, 2, 0).numpy()).all()


def test_a_dim_picture_stays_dim_instead_of_being_stretched_to_the_full_range() -> None:
    dim = torch.linspace(0.2, 0.3, 64).reshape(1, 8, 8)
    pixels = shown(dim).pixels()
    assert pixels.min() == 51
    assert pixels.max() in (76, 77)


def test_zoom_gives_whole_multiples_of_the_size_and_asks_for_repeated_pixels() -> None:
    image = shown(torch.rand(3, 5, 7), zoom=6).images[0]
    assert (image["width"], image["height"]) == ("42", "30")
    assert "image-rendering:pixelated" in image["style"]
    assert "max-width:none" in image["style"]


def test_values_outside_the_range_are_clipped_and_counted_in_words() -> None:
    picture = torch.full((3, 4, 4), 0.5)
    picture[0, 0, 0], picture[1, 2, 2] = -0.25, 1.5
    made = show(picture, alt="Grey with two outliers")
    assert "2 values (4.2 %) outside [0, 1], shown clipped" in made.panels[0].warning
    assert "values -0.250 to 1.500" in made.panels[0].text
    pixels = Images(made._repr_html_()).pixels()
    assert pixels[0, 0, 0] == 0
    assert pixels[2, 2, 1] == 255


def test_a_nan_pixel_is_painted_magenta_and_named() -> None:
    picture = torch.full((3, 4, 4), 0.5)
    picture[2, 1, 3] = float("nan")
    made = show(picture, alt="One broken pixel")
    assert made.panels[0].warning.startswith("1 pixel is NaN, painted magenta")
    pixels = Images(made._repr_html_()).pixels()
    assert tuple(pixels[1, 3]) == (255, 0, 255)
    assert tuple(pixels[1, 2]) == (128, 128, 128)


def test_a_picture_in_0_to_255_is_recognised_and_the_remedy_named() -> None:
    with pytest.raises(BadInput, match=r"hand in x / 255"):
        show(torch.rand(3, 8, 8) * 255, alt="Bright noise")


def test_a_picture_without_alternative_text_is_refused_with_an_example() -> None:
    with pytest.raises(BadInput, match=r"show\(lr, sr, titles="):
        show(torch.rand(3, 4, 4))
    with pytest.raises(BadInput, match="empty"):
        show(torch.rand(3, 4, 4), torch.rand(3, 4, 4), alt=["A zebra", " "])


def test_every_image_in_the_page_has_an_alternative_text_and_nothing_needs_a_script() -> None:
    page = shown(torch.rand(2, 3, 8, 8), error_map(torch.rand(3, 8, 8), torch.rand(3, 8, 8)))
    assert len(page.images) == 4  # two samples, one map, one colour scale
    assert all(image["alt"].strip() for image in page.images)
    assert page.tags <= {"div", "table", "tbody", "tr", "td", "img", "b", "p"}


def test_a_batch_counts_as_its_samples_in_titles_and_alternative_texts() -> None:
    made = show(torch.rand(2, 3, 8, 8), torch.rand(8, 8), alt="Noise", titles=["a", "b", "c"])
    assert [panel.alt for panel in made.panels] == ["Noise (a, 1 of 3)", "Noise (b, 2 of 3)", "Noise (c, 3 of 3)"]
    with pytest.raises(BadInput, match="list of 3 strings"):
        show(torch.rand(2, 3, 8, 8), torch.rand(8, 8), alt="Noise", titles=["a", "b"])


def test_text_from_outside_cannot_break_out_of_the_page() -> None:
    page = shown(torch.rand(3, 4, 4), titles='<script>alert("x")</script>', alt='" onerror="alert(1)')
    assert "script" not in page.tags
    assert page.images[0]["alt"] == '" onerror="alert(1)'
    assert "onerror" not in page.images[0]


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (torch.rand(8, 8, 3), r"x\.permute\(2, 0, 1\)"),
        (torch.rand(2, 8, 8), r"shape \(2, 8, 8\)"),
        (torch.zeros(3, 0, 8), "empty"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), "dtype torch.int64"),
        (torch.rand(1, 1, 3, 4, 4), "shape"),
        (object(), "of type object"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_given(thing: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        show(thing, alt="Nothing")


def test_no_picture_at_all_and_a_zoom_of_a_half_are_refused() -> None:
    with pytest.raises(BadInput, match="no picture"):
        show(alt="Nothing")
    for zoom in (0.5, 0, -1, True, "2"):
        with pytest.raises(BadInput, match="whole numbers from 1"):
            show(torch.rand(3, 4, 4), alt="Noise", zoom=zoom)  # type: ignore[arg-type]


def test_a_path_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "chart.png")
    assert (shown(tmp_path / "chart.png").pixels() == levels).all()
    with pytest.raises(BadFile, match=r"absent\.png"):
        show(tmp_path / "absent.png", alt="Nothing")


def rows_of(*pictures: Any, **options: Any) -> list[int]:
    page = show(*pictures, alt="Bars", **options)._repr_html_()
    return [len(re.findall("<td", row)) for row in page.split("<tr")[1:]]


def test_columns_are_what_was_asked_for_or_break_where_the_page_ends() -> None:
    pictures = [torch.rand(3, 10, 300) for _ in range(5)]
    assert rows_of(*pictures) == [5]
    assert "display:inline-block" in show(*pictures, alt="Bars")._repr_html_()
    assert rows_of(*pictures, columns=2) == [2, 2, 1]
    assert "display:inline-block" not in show(*pictures, alt="Bars", columns=2)._repr_html_()


@pytest.mark.parametrize(
    ("sizes", "columns", "zoom"),
    [
        (((15, 15),) * 6, None, 11),  # each as wide as its text, 170 pixels
        (((48, 48),), None, 10),  # as high as a page, 480 pixels
        (((100, 150), (50, 75)), None, 3),  # two in a row of 960 pixels
        (((100, 150),) * 3, 1, 4),
        (((288, 336),) * 3, None, 1),
        (((600, 1920),), None, 0.5),  # wider than a page
    ],
)
def test_pictures_are_shown_as_large_as_the_page_allows(
    sizes: tuple[tuple[int, int], ...], columns: int | None, zoom: float
) -> None:
    made = show(*(torch.ones(1, *size) for size in sizes), alt="White", columns=columns)
    images = Images(made._repr_html_()).images
    assert made.zoom == zoom
    assert [(int(image["height"]), int(image["width"])) for image in images] == [
        (round(h * zoom), round(w * zoom)) for h, w in sizes
    ]
    assert (f"shown x{zoom}" in made._repr_html_()) == (zoom > 1)
    assert ("shown smaller" in made._repr_html_()) == (zoom < 1)


def test_a_picture_has_an_outline_that_shows_on_white_and_on_black() -> None:
    (image,) = shown(torch.ones(1, 8, 8)).images
    grey = re.search(r"outline:1px solid #(\w\w)(\w\w)(\w\w)", image["style"])
    assert grey
    level = (int(grey[1], 16) / 255) ** 2.2
    assert min(1.05 / (level + 0.05), (level + 0.05) / 0.05) > 3  # the contrast that WCAG asks of graphics


def test_showing_changes_neither_the_tensor_nor_its_gradient() -> None:
    picture = torch.full((3, 4, 4), 1.0625, requires_grad=True)
    show(picture, alt="White")
    assert picture.grad is None
    assert (picture == 1.0625).all()


def test_printing_a_shown_picture_describes_it_without_any_markup() -> None:
    text = repr(show(torch.zeros(3, 4, 6), alt="Darkness", titles="night", caption="Nothing to see."))
    assert text == "night: 6 x 4 px; values 0.000 to 0.000. Darkness\nNothing to see."


def test_a_transparent_picture_is_shown_and_compared_with_the_word_that_transparency_is_left_out(
    tmp_path: Path,
) -> None:
    for name, alpha in (("clear", 0), ("half", 128), ("opaque", 255)):
        Image.new("RGBA", (16, 16), (90, 90, 90, alpha)).save(tmp_path / f"{name}.png")
    assert "transparency is left out" not in repr(show(tmp_path / "opaque.png", alt="grey"))
    said = repr(compare(a=tmp_path / "clear.png", truth=read_picture(tmp_path / "half.png")))
    assert said.count("transparency is left out") == 2
