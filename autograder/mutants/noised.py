"""Wrong answers to exercise 19.1, many steps of noise at once."""

from autograder.mutants import mutant

OF_SLIPS = {"one_step_only": 1, "no_roots": 0, "noise_on_top": 0, "exchanged": 0, "sum_of_betas": 1}


@mutant(0, "one_step_too_far")
def counted_from_zero(clean, betas, t, noise):
    left = (1 - betas).cumprod(0)[t.clamp(max=len(betas) - 1)]
    left = left.reshape(-1, *[1] * (clean.ndim - 1))
    return left.sqrt() * clean + (1 - left).sqrt() * noise


@mutant(2)
def one_time_for_all(clean, betas, t, noise):
    left = (1 - betas).cumprod(0)[t[0] - 1]
    return left.sqrt() * clean + (1 - left).sqrt() * noise
