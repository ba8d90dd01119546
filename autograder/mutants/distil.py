"""Wrong answers to exercise 16.2, keeping a part and refining the rest."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {
    "last_is_activated": 0,
    "kept_without_activation": 1,
    "last_channels_kept": 0,
    "default_slope": 0,
    "no_leak": 0,
    "backwards": 0,
}


@mutant(0, "everything_goes_on")
def all_maps_go_on(features, layers, keep):
    kept = []
    for layer in layers[:-1]:
        features = F.leaky_relu(layer(features), 0.05)
        kept.append(features[:, :keep])
    return torch.cat([*kept, layers[-1](features)], dim=1)


@mutant(1)
def only_the_last_step_is_kept(features, layers, keep):
    for layer in layers[:-1]:
        maps = F.leaky_relu(layer(features), 0.05)
        kept, features = maps[:, :keep], maps[:, keep:]
    return torch.cat([kept, layers[-1](features)], dim=1)
