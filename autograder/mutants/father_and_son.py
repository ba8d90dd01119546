"""Wrong answers to exercise 15.1, a training pair out of one image."""

from autograder.mutants import mutant


@mutant(0, "exchanged")
def son_first(lr, top, left, size, reduce):
    father = lr[:, top : top + size, left : left + size]
    return reduce(father), father


@mutant(0, "reduced_first")
def cut_after_reducing(lr, top, left, size, reduce):
    small = reduce(lr)
    return lr[:, top : top + size, left : left + size], small[:, top : top + size // 2, left : left + size // 2]


@mutant(0, "top_and_left_exchanged")
def columns_before_rows(lr, top, left, size, reduce):
    father = lr[:, left : left + size, top : top + size]
    return father, reduce(father)


@mutant(0, "whole_image")
def nothing_is_cut(lr, top, left, size, reduce):
    return lr, reduce(lr)


@mutant(0)
def the_father_alone(lr, top, left, size, reduce):
    return lr[:, top : top + size, left : left + size]
