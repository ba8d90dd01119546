"""Wrong answers to exercise 6.1, the dense block."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"newest_first": 1, "no_activation": 1, "activation_on_everything": 1}


@mutant(2, "only_the_layer_before")
def a_plain_chain(features, layers):
    maps = [features]
    for layer in layers:
        maps.append(F.relu(layer(maps[-1])))
    return torch.cat(maps, dim=1)


@mutant(1, "new_maps_only")
def the_input_is_dropped(features, layers):
    seen = features
    for layer in layers:
        seen = torch.cat([seen, F.relu(layer(seen))], dim=1)
    return seen[:, features.shape[1] :] if layers else features


@mutant(1, "only_the_layer_before")
def summed_instead_of_side_by_side(features, layers):
    seen = features
    for layer in layers:
        seen = seen + F.relu(layer(seen))
    return seen
