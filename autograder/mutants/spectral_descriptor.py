"""Wrong answers to exercise 8.5, channels described by cosine coefficients."""

import torch

from autograder.mutants import mutant


@mutant(1, "no_half")
def cosines_from_the_edge(features, waves):
    found = []
    for part, (v, h) in zip(features.chunk(len(waves), dim=1), waves, strict=True):
        rows, columns = part.shape[2:]
        y = torch.cos(torch.pi * v * torch.arange(rows) / rows) * (2 / rows if v else 1 / rows) ** 0.5
        x = torch.cos(torch.pi * h * torch.arange(columns) / columns) * (2 / columns if h else 1 / columns) ** 0.5
        found.append(torch.einsum("bcyx,y,x->bc", part, y, x))
    return torch.cat(found, dim=1)


@mutant(0, "constant_too_long")
def the_same_factor_for_all(features, waves):
    found = []
    for part, (v, h) in zip(features.chunk(len(waves), dim=1), waves, strict=True):
        rows, columns = part.shape[2:]
        y = torch.cos(torch.pi * v * (torch.arange(rows) + 0.5) / rows) * (2 / rows) ** 0.5
        x = torch.cos(torch.pi * h * (torch.arange(columns) + 0.5) / columns) * (2 / columns) ** 0.5
        found.append(torch.einsum("bcyx,y,x->bc", part, y, x))
    return torch.cat(found, dim=1)


@mutant(1, "turned")
def horizontal_first(features, waves):
    found = []
    for part, (h, v) in zip(features.chunk(len(waves), dim=1), waves, strict=True):
        rows, columns = part.shape[2:]
        y = torch.cos(torch.pi * v * (torch.arange(rows) + 0.5) / rows)
        x = torch.cos(torch.pi * h * (torch.arange(columns) + 0.5) / columns)
        found.append(torch.einsum("bcyx,y,x->bc", part, y / y.norm(), x / x.norm()))
    return torch.cat(found, dim=1)


@mutant(0, "plain_mean")
def squeeze_and_excitation(features, waves):
    return features.mean((2, 3))


@mutant(1, "interleaved")
def channels_take_turns(features, waves):
    found = []
    for c in range(features.shape[1]):
        v, h = waves[c % len(waves)]
        rows, columns = features.shape[2:]
        y = torch.cos(torch.pi * v * (torch.arange(rows) + 0.5) / rows)
        x = torch.cos(torch.pi * h * (torch.arange(columns) + 0.5) / columns)
        found.append(torch.einsum("byx,y,x->b", features[:, c], y / y.norm(), x / x.norm()))
    return torch.stack(found, dim=1)


@mutant(1, "every_wave")
def every_channel_by_every_wave(features, waves):
    found = []
    for v, h in waves:
        rows, columns = features.shape[2:]
        y = torch.cos(torch.pi * v * (torch.arange(rows) + 0.5) / rows)
        x = torch.cos(torch.pi * h * (torch.arange(columns) + 0.5) / columns)
        found.append(torch.einsum("bcyx,y,x->bc", features, y / y.norm(), x / x.norm()))
    return torch.cat(found, dim=1)
