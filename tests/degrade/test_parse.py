"""The little language of chains: what it builds, and how it points at mistakes."""

from __future__ import annotations

import pytest
import torch

import srkit
from srkit.degrade import parse, recipe, register_degradation
from srkit.degrade._registry import DEGRADATIONS
from srkit.degrade.recipes import RECIPES
from srkit.errors import BadFile, BadInput, DuplicateName, UnknownName


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


HR = torch.rand(2, 3, 48, 64, generator=rng(9))


def test_a_chain_does_its_steps_in_the_order_in_which_they_are_written() -> None:
    chain = parse("blur(1.6) > down(4) > noise(10) > jpeg(50)")
    by_hand = srkit.ops.imresize(srkit.ops.gaussian_blur(HR[0], 1.6, radius=5), 1 / 4)
    by_hand = by_hand + torch.randn(3, 12, 16, generator=rng()) * 10 / 255
    assert torch.allclose(chain(HR[0], rng=rng()), srkit.degrade.jpeg(by_hand, 50), atol=1e-6)
    assert (chain.scale, chain.random) == (4, True)


def test_a_chain_prints_as_a_formula_that_builds_it_again() -> None:
    for formula in ["blur(0.2..4, border=reflect) > down(4) > jpeg(30..95)", 'jpeg(50, subsampling="4:4:4")', "keep"]:
        chain = parse(formula)
        assert str(parse(str(chain))) == str(chain)
        assert torch.equal(parse(str(chain))(HR, rng=rng()), chain(HR, rng=rng()))


def test_the_same_generator_gives_the_same_images_and_another_one_others() -> None:
    chain = parse("blur(0.2..4) > down(2) > noise(0..50, kind=grey) > jpeg(30..95)")
    assert torch.equal(chain(HR, rng=rng(1)), chain(HR, rng=rng(1)))
    assert not torch.equal(chain(HR, rng=rng(1)), chain(HR, rng=rng(2)))


def test_a_range_is_drawn_for_each_image_of_a_batch_by_itself() -> None:
    twice = HR[:1].expand(2, -1, -1, -1)
    first, second = parse("blur(0.5..4)")(twice, rng=rng())
    assert not torch.allclose(first, second, atol=1e-3)
    same = parse("blur(2)")(twice)
    assert torch.equal(same[0], same[1])


def test_a_range_of_whole_numbers_gives_whole_numbers_where_the_option_is_whole() -> None:
    seen = []

    @register_degradation("watch_this")
    def watch_this(image: torch.Tensor, whole: int, real: float) -> torch.Tensor:
        seen.append((whole, real))
        return image

    try:
        parse("watch_this(1..3, 1..3)")(HR[:1].expand(40, -1, -1, -1), rng=rng())
    finally:
        DEGRADATIONS.unregister("watch_this")
    drawn = seen[2:]  # both ends are tried when the formula is read
    assert {whole for whole, _ in drawn} == {1, 2, 3}
    assert all(isinstance(whole, int) for whole, _ in drawn)
    assert len({real for _, real in drawn}) == 40


def test_a_chain_that_draws_asks_for_a_generator() -> None:
    for formula in ("noise(5)", "blur(1..2)", "bsrgan(2)"):
        with pytest.raises(BadInput, match="manual_seed"):
            parse(formula)(HR)


def test_the_scale_of_a_chain_is_the_product_of_its_reductions() -> None:
    assert parse("down(2) > noise(1) > down(3)").scale == 6
    assert parse("blur(1)").scale == 1
    with pytest.raises(BadInput, match="draws its factor"):
        _ = parse("down(2..4)").scale


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_reduces_by_the_scale_it_was_made_for(name: str) -> None:
    for scale in (2, 3):
        chain = recipe(name, scale=scale)
        assert chain.scale == scale
        small = chain(srkit.ops.modcrop(HR, scale), rng=rng())
        assert small.shape == (2, 3, 48 // scale, 64 // scale)


def test_unknown_recipes_and_impossible_scales_are_refused() -> None:
    with pytest.raises(UnknownName, match="bicubic"):
        recipe("bicubik", scale=2)
    with pytest.raises(BadInput, match="whole scale"):
        recipe("bd", scale=2.5)  # type: ignore[arg-type]
    assert recipe("photo", scale=1).scale == 1


@pytest.mark.parametrize(
    ("formula", "place", "words"),
    [
        ("", 0, "A chain is text"),
        ("blur(1.6) > dwn(4)", 12, "Did you mean 'down'"),
        ("blur(1.6", 4, "never closed"),
        ("blur(1.6, sz=3)", 10, "Did you mean 'size'"),
        ("blur(1.6, 3, replicate, 1, 5)", 27, "one option too many"),
        ("blur(sigma=1, 3)", 14, "every option needs one"),
        ("blur(1, sigma=2)", 8, "given twice"),
        ("blur(1; 2)", 6, "separated by ','"),
        ("blur(4..1)", 5, "smaller to the larger"),
        ("blur(!)", 5, "value is expected"),
        ("blur(1) down(2)", 8, "joined by '>'"),
        ("down(2) >", 8, "missing after"),
        ("> down(2)", 0, "name of a degradation is expected"),
        ("down", 0, "needs scale"),
        ("keep > down(2.5)", 12, "scale is a whole number, not 2.5"),
        ("blur(border=3)", 12, "border is text, not 3"),
        ("blur(1, size=None, border=None)", 26, "border is text, not None"),
        ("poisson(9, grey=1)", 16, "grey is True or False, not 1"),
        ("blur(nan)", 5, "finite number"),
        ("blur(1e999)", 5, "finite number"),
        ("blur(1e3)", 5, "from 0 to 50, not 1000"),
        ("blur(0.1..60)", 5, "from 0 to 50, not 60"),
        ("blur_motion(1e3)", 12, "from 0 to 200"),
        ("keep > resize(255)", 14, "to 16, not 255"),
        ("camera(" + "9" * 30 + ")", 7, "from -1e"),
        ("down(2.5..3)", 5, "whole number, not 2.5"),
        ("blur(1, border=1..2)", 15, "text, not a range|text, not 1"),
        ("jpeg(" + "9" * 50 + ")", 5, "at most 40 characters"),
        ("keep > noise(5, kind=gry)", 7, "'colour', 'grey'"),
        ("jpeg(0..95)", 0, "1 to 100"),
        ("keep(1)", 5, "takes no options"),
    ],
)
def test_a_mistake_is_pointed_at(formula: str, place: int, words: str) -> None:
    with pytest.raises((BadInput, UnknownName), match=words) as caught:
        parse(formula)
    *_, line, caret = str(caught.value).splitlines()
    assert line.strip() == formula.strip()
    assert caret == "  " + " " * place + "^"


@pytest.mark.parametrize("formula", ["down(2..4)", "up(3..3.5)", "real_esrgan(2..4)", "resize(0.5..0.8) > keep"])
def test_a_chain_that_draws_the_size_of_its_result_takes_single_images_and_refuses_batches(formula: str) -> None:
    chain = parse(formula)
    assert chain(HR[0], rng=rng()).ndim == 3
    with pytest.raises(BadInput, match="draws its factor"):
        _ = chain.scale
    for count in (2, 8):
        with pytest.raises(BadInput, match="draws the size of its result"):
            chain(HR[:1].expand(count, -1, -1, -1), rng=rng())


def test_a_long_formula_is_shown_around_the_mistake() -> None:
    with pytest.raises(BadInput, match="Did you mean") as caught:
        parse(" > ".join(["keep"] * 45 + ["kepp(1)"]).replace("kepp(1)", "blur(1, sz=3)"))
    *_, line, caret = str(caught.value).splitlines()
    assert len(line) < 200
    assert line[caret.index("^") :].startswith("sz=3")
    for formula, words in (
        (" > ".join(["keep"] * 51), "at most 50 steps"),
        ("keep" + " " * 10_000, "10004 characters"),
    ):
        with pytest.raises(BadInput, match=words):
            parse(formula)


def test_a_kernel_file_that_is_not_there_is_named_in_the_formula() -> None:
    with pytest.raises(BadFile, match=r"no file .*absent\.mat"):
        parse('blur_file("absent.mat")')


def test_a_degradation_of_ones_own_is_used_by_name() -> None:
    @register_degradation("fade_out", reduces="by")
    def fade_out(image: torch.Tensor, strength: float = 0.5, by: int = 2) -> torch.Tensor:
        return image[..., ::by, ::by] * (1 - strength)

    try:
        chain = parse("fade_out(0.25)")
        assert chain.scale == 2
        assert torch.allclose(chain(HR), HR[..., ::2, ::2] * 0.75)
        with pytest.raises(DuplicateName):
            register_degradation("fade_out")(lambda image: image)
    finally:
        DEGRADATIONS.unregister("fade_out")
    with pytest.raises(BadInput, match="no option 'size'"):
        register_degradation("other_one", reduces="size")(lambda image: image)


def test_what_is_no_image_is_refused_before_anything_happens() -> None:
    with pytest.raises(BadInput, match="hr must"):
        parse("keep")(torch.zeros(8, 8))
