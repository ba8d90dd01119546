"""Every registered network is drawn. A test of this file is run by ``.ci/run``, not by ``make test``."""

from __future__ import annotations

import pytest

import srkit
from tests.widgets.test_diagram import check_unfolded


@pytest.mark.parametrize("name", srkit.models.names())
def test_a_drawing_unfolded_has_every_convolution_that_the_result_of_any_network_depends_on(name: str) -> None:
    check_unfolded(name)
