"""Wrong answers to exercise 13.4, a step of a flow."""

import torch

from autograder.mutants import mutant


@mutant(0, "sees_everything")
def networks_that_see_everything(x, mask, scales, moves, back):
    s, t = scales(x), moves(x)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return mask * x + (1 - mask) * changed, logs if back else -logs


@mutant(3, "wrong_order")
def the_way_back_in_the_wrong_order(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = (x + t) * torch.exp(s) if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return kept + (1 - mask) * changed, logs if back else -logs


@mutant(2, "same_sign")
def the_sign_the_other_way_round(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return kept + (1 - mask) * changed, -logs if back else logs


@mutant(3)
def one_sign_for_both_ways(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    return kept + (1 - mask) * changed, -((1 - mask) * s).sum(1)


@mutant(2, "masked_too")
def all_log_scales_added_up(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    return kept + (1 - mask) * changed, s.sum(1) if back else -s.sum(1)


@mutant(2, "one_for_all")
def one_number_for_the_batch(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum()
    return kept + (1 - mask) * changed, logs if back else -logs


@mutant(2, "not_the_logarithm")
def the_determinant_itself(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return kept + (1 - mask) * changed, torch.exp(logs if back else -logs)


@mutant(0)
def the_values_alone(x, mask, scales, moves, back):
    kept = mask * x
    s, t = scales(kept), moves(kept)
    return kept + (1 - mask) * (x * torch.exp(s) + t if back else (x - t) * torch.exp(-s))
