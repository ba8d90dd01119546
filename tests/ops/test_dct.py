"""The cosine transform beside SciPy's."""

from __future__ import annotations

import pytest
import scipy.fft
import torch

from srkit.errors import BadInput
from srkit.ops.dct import block_dct, block_idct, dct2, dct_matrix, idct2


@pytest.mark.parametrize("n", [1, 2, 7, 8, 32])
def test_the_matrix_is_orthonormal_and_scipys(n: int) -> None:
    matrix = dct_matrix(n, dtype=torch.float64)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(n, dtype=torch.float64), atol=1e-12, rtol=0)
    theirs = scipy.fft.dct(torch.eye(n, dtype=torch.float64).numpy(), norm="ortho", axis=0)
    torch.testing.assert_close(matrix, torch.from_numpy(theirs), atol=1e-12, rtol=0)


def test_the_transform_of_an_image_is_scipys_and_goes_back() -> None:
    image = torch.rand(2, 3, 9, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theirs = torch.from_numpy(scipy.fft.dctn(image.numpy(), axes=(-2, -1), norm="ortho"))
    torch.testing.assert_close(dct2(image), theirs, atol=1e-12, rtol=0)
    torch.testing.assert_close(idct2(dct2(image)), image, atol=1e-12, rtol=0)


def test_blocks_are_transformed_one_by_one() -> None:
    image = torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(0))
    blocks = block_dct(image)
    assert blocks.shape == (3, 2, 3, 8, 8)
    torch.testing.assert_close(blocks[:, 1, 2], dct2(image[:, 8:, 16:]))
    torch.testing.assert_close(block_idct(blocks), image)
    torch.testing.assert_close(blocks[1, 0, 1, 0, 0], 8 * image[1, :8, 8:16].mean())


def test_gradients_pass_through_the_cosine_transform() -> None:
    assert torch.autograd.gradcheck(dct2, torch.rand(4, 6, dtype=torch.float64).requires_grad_())


def test_wrong_inputs_of_the_cosine_transform_are_refused_with_a_reason() -> None:
    with pytest.raises(BadInput, match="multiples of 8"):
        block_dct(torch.rand(8, 12))
    with pytest.raises(BadInput, match="floats"):
        dct2(torch.zeros(8, 8, dtype=torch.uint8))
    with pytest.raises(BadInput, match="blocks"):
        block_idct(torch.rand(8, 8, 8))
    with pytest.raises(BadInput, match="n = 0"):
        dct_matrix(0)
