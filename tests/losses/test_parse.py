"""The formula: what it accepts, what it refuses, and that the message points at the place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from srkit.errors import BadInput, DuplicateName, UnknownName
from srkit.losses import LOSSES, Loss, parse, register_loss

SR, HR = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)), torch.full((2, 3, 16, 16), 0.5)


@pytest.fixture
def own() -> Iterator[str]:
    @register_loss("Gap")
    def gap(sr: Tensor, hr: Tensor, *, power: float = 1.0) -> Tensor:
        return (sr.mean() - hr.mean()).abs() ** power

    yield "Gap"
    LOSSES.unregister("gap")


@pytest.mark.parametrize(
    ("formula", "names", "weights"),
    [
        ("1*L1+0.001*TV", ("L1", "TV"), (1.0, 0.001)),
        ("L1", ("L1",), (1.0,)),
        (" 2 * mse + 1e-3*tv ", ("MSE", "TV"), (2.0, 0.001)),
        ("1E+2*L1+.5*charbonnier(eps=1e-2)", ("L1", "Charbonnier"), (100.0, 0.5)),
        ("L1+L1+3*L1", ("L1", "L1#2", "L1#3"), (1.0, 1.0, 3.0)),
        ("0.1*SSIM(window=7, sigma=1.0)+TV(normalisation=size)", ("SSIM", "TV"), (0.1, 1.0)),
        ("TV(normalisation='size')+TV()", ("TV", "TV#2"), (1.0, 1.0)),
        ("0*L1+MSE", ("L1", "MSE"), (0.0, 1.0)),
    ],
)
def test_a_formula_gives_its_terms_in_order(formula: str, names: tuple[str, ...], weights: tuple[float, ...]) -> None:
    loss = parse(formula)
    assert (loss.names, loss.weights) == (names, weights)
    assert tuple(loss.terms(SR, HR)) == names


@pytest.mark.parametrize(
    ("formula", "caret", "says"),
    [
        ("1*L1+", 4, "A term is missing"),
        ("L1++TV", 3, "The name of a loss is expected"),
        ("L1(", 2, "never closed"),
        ("L1)", 2, "never opened"),
        ("(L1)", 0, "The name of a loss is expected"),
        ("L1-TV", 2, "added, never subtracted"),
        ("L1*2", 2, "The weight comes before the name"),
        ("1 L1", 2, "followed by '\\*'"),
        ("2", 1, "followed by '\\*'"),
        ("L1 TV", 3, "joined by '\\+'"),
        ("1*L1+nan*TV", 5, "not a finite number"),
        ("1*L1+-inf*TV", 5, "not a finite number"),
        ("1e999*L1", 0, "not a finite number"),
        ("-1*L1", 0, "negative weight"),
        ("1*L1+0.1*TV(epss=3)", 12, "Did you mean 'eps'"),
        ("L1(eps=3)", 3, "L1 takes on"),
        ("TV(1e-3)", 3, "written name=value"),
        ("TV(eps=)", 7, "A value is expected"),
        ("TV(eps=1,eps=2)", 9, "given twice"),
        ("TV(eps=1 normalisation=size)", 9, "separated by ','"),
        ("L1+TV(eps=0)", 3, "eps > 0"),
        ("L1+TV(eps=size)", 10, "eps is a number, not 'size'"),
        ("LowPass(size=nearest)", 13, "size is a whole number"),
        ("LowPass(size=1e999)", 13, "finite number"),
        ("LowPass(size=255)", 0, "does not fit"),
        ("Content(seed=1e-300)", 13, "seed is a whole number"),
        ("Content(seed=True)", 13, "seed is a whole number"),
        ("Content(layers=nan)", 15, "finite number"),
        ("Content(layers=3)", 15, "layers is text"),
        ("Content(layers=None)", 15, "layers is text, not None"),
        ("Charbonnier(eps=99999999999)", 16, "from -1e"),
        ("L1+SSIM(window=4)", 3, "odd window"),
        ("", 0, "empty"),
        ("   ", 3, "empty"),
    ],
)
def test_a_bad_formula_is_refused_with_a_caret_under_the_place(formula: str, caret: int, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        parse(formula)
    message, shown, pointer = str(caught.value).rsplit("\n", 2)
    assert message
    assert shown == "  " + formula
    assert pointer.index("^") - 2 == caret


@pytest.mark.parametrize("name", ["GAN", "WGAN_GP", "RaGAN", "CE"])
def test_an_adversarial_term_is_sent_to_where_games_are_played(name: str) -> None:
    with pytest.raises(UnknownName, match=r"(?s)adversarial='0\.001\*CE'.*\n  1\*L1\+0\.001\*"):
        parse(f"1*L1+0.001*{name}")


def test_an_unknown_loss_is_refused_with_the_nearest_name_and_the_list() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'charbonnier'") as caught:
        parse("1*L1+0.5*Charbonier")
    assert "tv" in str(caught.value)
    assert str(caught.value).endswith("\n  1*L1+0.5*Charbonier\n           ^")


@pytest.mark.parametrize("thing", [None, 3, ["L1"], nn.L1Loss()])
def test_what_is_not_text_is_refused(thing: object) -> None:
    with pytest.raises(BadInput, match="text such as"):
        parse(thing)  # type: ignore[arg-type]


@settings(max_examples=300)
@given(st.text(alphabet="1.e-+*()=, L1TVeps'nan", max_size=14))
def test_any_text_gives_a_loss_or_an_error_that_teaches(text: str) -> None:
    try:
        loss = parse(text)
    except (BadInput, UnknownName):
        return
    assert isinstance(loss, Loss)
    assert all(0 <= weight < float("inf") for weight in loss.weights)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from(["L1", "MSE", "TV", "Charbonnier"])), min_size=1))
def test_a_printed_loss_parses_to_the_same_loss(terms: list[tuple[float, str]]) -> None:
    loss = parse("+".join(f"{weight:g}*{name}" for weight, name in terms))
    again = parse(str(loss))
    assert (again.names, again.weights) == (loss.names, loss.weights)


def test_the_terms_are_weighted_and_sum_to_the_loss() -> None:
    loss = parse("2*L1+0.5*MSE+0.1*L1")
    terms = loss.terms(SR, HR)
    error = (SR - HR).numpy()
    assert float(terms["L1"]) == pytest.approx(2 * abs(error).mean(), rel=1e-5)
    assert float(terms["MSE"]) == pytest.approx(0.5 * (error**2).mean(), rel=1e-5)
    assert float(terms["L1#2"]) == pytest.approx(0.1 * abs(error).mean(), rel=1e-5)
    assert float(loss(SR, HR)) == pytest.approx(sum(map(float, terms.values())), rel=1e-6)


def test_gradients_flow_through_every_term_and_the_loss_holds_no_parameters() -> None:
    entries = [LOSSES.get(name) for name in LOSSES if name not in ("content", "vgg22", "vgg54")]  # want a file
    assert len(entries) > 6
    loss, sr = parse("+".join(entry.title for entry in entries)), SR.clone().requires_grad_()
    for term in loss.terms(sr, HR).values():
        (gradient,) = torch.autograd.grad(term, sr, retain_graph=True)
        assert gradient.abs().sum() > 0
    loss(sr, HR).backward()
    assert sr.grad is not None
    assert sr.grad.isfinite().all()
    assert not list(loss.parameters())


def test_a_function_of_the_reader_is_used_by_name_with_its_options(own: str) -> None:
    loss = parse(f"1*L1+0.5*{own.lower()}(power=2)")
    assert loss.names == ("L1", "Gap")
    expected = 0.5 * (SR.mean() - HR.mean()).abs() ** 2
    torch.testing.assert_close(loss.terms(SR, HR)["Gap"], expected)
    with pytest.raises(BadInput, match="Gap takes power"):
        parse("Gap(pover=2)")


def test_a_module_of_the_reader_moves_with_the_loss() -> None:
    @register_loss("Offset")
    class Offset(nn.Module):
        def __init__(self, *, value: float = 0.5) -> None:
            super().__init__()
            self.register_buffer("value", torch.tensor(value))

        def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
            return (sr - hr - self.value).square().mean()

    try:
        loss = parse("Offset(value=0.25)").double()
        assert loss(SR.double(), HR.double()).dtype == torch.float64
        assert [buffer.dtype for buffer in loss.buffers()] == [torch.float64]
    finally:
        LOSSES.unregister("offset")


def test_a_second_loss_of_the_same_name_is_refused() -> None:
    with pytest.raises(DuplicateName, match="'l1' is already registered"):
        register_loss("L1")(lambda sr, hr: sr.mean())
    with pytest.raises(BadInput, match="decorates a function"):
        register_loss("Mine")(nn.L1Loss())


def test_a_loss_that_returns_a_map_is_refused_by_name() -> None:
    register_loss("Map")(lambda sr, hr: (sr - hr).abs())
    try:
        with pytest.raises(BadInput, match=r"'Map' returned a tensor of shape \(1, 3, \d+, \d+\)"):
            parse("L1+Map")(SR, HR)
    finally:
        LOSSES.unregister("map")


def test_shapes_that_differ_are_refused_even_where_they_would_broadcast() -> None:
    for formula in ("TV", "L1", "MSE", "Charbonnier"):
        with pytest.raises(BadInput, match="same shape"):
            parse(formula)(SR, HR[:1])
