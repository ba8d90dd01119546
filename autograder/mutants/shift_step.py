"""Wrong answers to exercise 19.4, one step towards the clean image."""

from autograder.mutants import mutant

OF_SLIPS = {"exchanged": 0, "no_kappa": 2, "no_noise": 2, "variance_as_deviation": 2, "afresh": 2}


@mutant(1, "as_on_the_way_out")
def the_noise_of_a_step_outwards(x, guess, before, now, kappa, noise):
    mean = x * before / now + guess * (now - before) / now
    return mean + kappa * (now - before) ** 0.5 * noise


@mutant(0)
def towards_the_guess_by_the_difference(x, guess, before, now, kappa, noise):
    mean = x + (now - before) * (guess - x)
    return mean + kappa * (before / now * (now - before)) ** 0.5 * noise
