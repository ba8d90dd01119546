"""Wrong answers to exercise 17.3, a state that chooses what it keeps."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"same_step_for_all": 2, "nothing_remembered": 1, "enter_and_leave_exchanged": 2, "says_before_it_sees": 0}


@mutant(1, "step_forgotten_on_entering")
def takes_everything_in(values, steps, decay, enter, leave):
    state, said = torch.zeros(decay.shape), []
    for t in range(values.shape[1]):
        fade = torch.exp(steps[:, t].unsqueeze(1) * decay)
        state = fade * state + torch.outer(values[:, t], enter[:, t])
        said.append(state @ leave[:, t])
    return torch.stack(said, dim=1)


@mutant(2, "decay_without_the_step")
def fades_alike(values, steps, decay, enter, leave):
    state, said = torch.zeros(decay.shape), []
    for t in range(values.shape[1]):
        state = decay.exp() * state + torch.outer(steps[:, t] * values[:, t], enter[:, t])
        said.append(state @ leave[:, t])
    return torch.stack(said, dim=1)


@mutant(2)
def first_order_instead_of_the_exponential(values, steps, decay, enter, leave):
    state, said = torch.zeros(decay.shape), []
    for t in range(values.shape[1]):
        fade = 1 + steps[:, t].unsqueeze(1) * decay
        state = fade * state + torch.outer(steps[:, t] * values[:, t], enter[:, t])
        said.append(state @ leave[:, t])
    return torch.stack(said, dim=1)
