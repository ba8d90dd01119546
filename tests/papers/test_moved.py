"""Names that lessons and scripts used before papers had a room of their own."""

from __future__ import annotations

import pytest

import srkit


@pytest.mark.parametrize("name", ["train_dsgan", "made_pairs", "CinCGAN", "RandomKernels", "Translation", "train_weak"])
def test_a_name_that_moved_to_papers_can_still_be_had_from_training(name: str) -> None:
    assert getattr(srkit.training, name) is getattr(srkit.papers, name)


def test_the_imports_of_older_copies_of_lesson_10_still_work() -> None:
    from srkit.papers import batchnorm
    from srkit.training.batchnorm import compare_normalisation, range_kept

    assert (compare_normalisation, range_kept) == (batchnorm.compare_normalisation, batchnorm.range_kept)


def test_a_name_that_never_was_is_refused_by_training() -> None:
    with pytest.raises(AttributeError, match="no public name 'train_weekly'"):
        srkit.training.train_weekly  # noqa: B018
