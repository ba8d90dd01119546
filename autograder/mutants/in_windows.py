"""Wrong answers to exercise 7.5, windows."""

from autograder.mutants import mutant


@mutant(0, "strips")
def a_reshape_and_nothing_else(f, features, window, shift):
    b, h, w, c = features.shape
    moved = features.roll((-shift, -shift), dims=(1, 2))
    windows = f(moved.reshape(b, -1, window * window, c))
    return windows.reshape(b, h, w, c).roll((shift, shift), dims=(1, 2))


@mutant(3, "shift_ignored")
def windows_that_never_move(f, features, window, shift):
    b, h, w, c = features.shape
    grid = features.reshape(b, h // window, window, w // window, window, c).transpose(2, 3)
    windows = f(grid.reshape(b, -1, window * window, c))
    return windows.reshape(grid.shape).transpose(2, 3).reshape(b, h, w, c)


@mutant(3, "not_shifted_back")
def shifted_for_good(f, features, window, shift):
    b, h, w, c = features.shape
    moved = features.roll((-shift, -shift), dims=(1, 2))
    grid = moved.reshape(b, h // window, window, w // window, window, c).transpose(2, 3)
    windows = f(grid.reshape(b, -1, window * window, c))
    return windows.reshape(grid.shape).transpose(2, 3).reshape(b, h, w, c)


@mutant(3, "other_way")
def down_and_to_the_right(f, features, window, shift):
    b, h, w, c = features.shape
    moved = features.roll((shift, shift), dims=(1, 2))
    grid = moved.reshape(b, h // window, window, w // window, window, c).transpose(2, 3)
    windows = f(grid.reshape(b, -1, window * window, c))
    moved = windows.reshape(grid.shape).transpose(2, 3).reshape(b, h, w, c)
    return moved.roll((-shift, -shift), dims=(1, 2))


@mutant(3, "columns_first")
def column_by_column(f, features, window, shift):
    b, h, w, c = features.shape
    moved = features.roll((-shift, -shift), dims=(1, 2)).transpose(1, 2)
    grid = moved.reshape(b, w // window, window, h // window, window, c).transpose(2, 3)
    windows = f(grid.reshape(b, -1, window * window, c))
    moved = windows.reshape(grid.shape).transpose(2, 3).reshape(b, w, h, c)
    return moved.transpose(1, 2).roll((shift, shift), dims=(1, 2))


@mutant(0)
def put_together_without_a_transpose(f, features, window, shift):
    b, h, w, c = features.shape
    moved = features.roll((-shift, -shift), dims=(1, 2))
    grid = moved.reshape(b, h // window, window, w // window, window, c).transpose(2, 3)
    windows = f(grid.reshape(b, -1, window * window, c))
    return windows.reshape(b, h, w, c).roll((shift, shift), dims=(1, 2))
