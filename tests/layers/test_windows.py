"""Windows are cut without loss, and attention inside them is the textbook's."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from srkit.layers import WindowAttention, partition, shift_mask
from srkit.layers.windows import assemble


def test_windows_are_the_blocks_of_the_image_in_reading_order() -> None:
    image = torch.arange(2 * 8 * 12 * 3).reshape(2, 8, 12, 3)
    windows = partition(image, 4)
    assert windows.shape == (2, 6, 16, 3)
    for n in range(6):
        y, x = 4 * (n // 3), 4 * (n % 3)
        assert windows[1, n].equal(image[1, y : y + 4, x : x + 4].reshape(16, 3))
    assert assemble(windows, 8, 12).equal(image)


def test_the_mask_separates_pixels_that_were_not_neighbours_before_the_roll() -> None:
    h, w, window = 8, 12, 4
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    places = torch.stack([y, x], -1)[None].roll((-2, -2), dims=(1, 2))
    inside = partition(places, window)[0]
    distance = (inside[:, :, None] - inside[:, None]).abs().amax(-1)
    assert shift_mask(h, w, window).eq(0).equal(distance < window)


def test_window_attention_is_softmax_of_products_plus_the_table_entry_of_the_offset() -> None:
    attention = WindowAttention(6, n_heads=2, window=2).double()
    windows = torch.rand(3, 2, 4, 6, dtype=torch.float64)
    mask = torch.where(torch.rand(2, 4, 4) < 0.3, -100.0, 0.0).double()
    expected = torch.empty_like(windows)
    for b in range(3):
        for n in range(2):
            query, key, value = attention.qkv(windows[b, n]).chunk(3, dim=-1)
            heads = []
            for head in range(2):
                part = slice(3 * head, 3 * head + 3)
                logits = query[:, part] @ key[:, part].T / 3**0.5 + mask[n]
                for i in range(4):
                    for j in range(4):
                        down, right = i // 2 - j // 2, i % 2 - j % 2
                        logits[i, j] = logits[i, j] + attention.table[(down + 1) * 3 + right + 1, head]
                heads.append(F.softmax(logits, -1) @ value[:, part])
            expected[b, n] = attention.proj(torch.cat(heads, -1))
    torch.testing.assert_close(attention(windows, mask), expected)
    with torch.no_grad():
        torch.testing.assert_close(attention(windows, mask), expected, msg="the fused kernel does the same")
