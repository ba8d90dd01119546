"""The bicubic numbers of the hundred images of B100.

No part of the suite, which takes Set5 and Set14: ``.ci/run`` runs it after the suite. Needs the benchmark images.
"""

from __future__ import annotations

import pytest

from tests.metrics.test_published import expect_the_bicubic_value


@pytest.mark.shared
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_has_the_value_its_protocol_should_give_on_b100(scale: int) -> None:
    expect_the_bicubic_value("B100", scale)
