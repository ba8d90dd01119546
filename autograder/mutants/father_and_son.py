"""Wrong answers to exercise 15.1, a training pair out of one image."""

from autograder.mutants import mutant

OF_SLIPS = {"reduced_first": 0, "top_and_left_exchanged": 0, "whole_image": 0}


@mutant(0, "exchanged")
def son_first(lr, top, left, size, reduce):
    father = lr[:, top : top + size, left : left + size]
    return reduce(father), father


@mutant(0)
def the_father_alone(lr, top, left, size, reduce):
    return lr[:, top : top + size, left : left + size]
