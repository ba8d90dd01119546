"""Wrong answers to exercise 19.5, the whole chain."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "without_noise": 1,
    "told_the_next_time": 0,
    "roots_for_shifts": 1,
    "from_the_clean_end": 1,
    "one_guess": 1,
}


def step(x, guessed, before, now, kappa, noise):
    mean = before / now * x + (1 - before / now) * guessed
    return mean + kappa * (before / now * (now - before)) ** 0.5 * noise


@mutant(1, "from_noise_alone")
def pure_noise_first(guess, y, roots, kappa, noises):
    shifts = [0.0, *(root.item() ** 2 for root in roots)]
    x = kappa * roots[-1] * noises[0]
    for t in range(len(roots), 0, -1):
        fresh = noises[len(roots) - t + 1] if t > 1 else torch.zeros_like(y)
        x = step(x, guess(x, y, t), shifts[t - 1], shifts[t], kappa, fresh)
    return x


@mutant(2)
def the_first_noise_again_and_again(guess, y, roots, kappa, noises):
    shifts = [0.0, *(root.item() ** 2 for root in roots)]
    x = y + kappa * roots[-1] * noises[0]
    for t in range(len(roots), 0, -1):
        x = step(x, guess(x, y, t), shifts[t - 1], shifts[t], kappa, noises[0] * (t > 1))
    return x
