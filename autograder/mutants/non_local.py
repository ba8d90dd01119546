"""Wrong answers to exercise 7.4, non-local attention."""

import torch

from autograder.mutants import mutant


@mutant(1, "query_axis")
def shares_over_those_who_ask(query, key, value):
    q, k, v = (maps.flatten(2) for maps in (query, key, value))
    shares = torch.softmax(q.mT @ k, dim=1)
    return (v @ shares.mT).reshape(value.shape)


@mutant(1, "scaled")
def as_transformers_do(query, key, value):
    q, k, v = (maps.flatten(2) for maps in (query, key, value))
    shares = torch.softmax(q.mT @ k / query.shape[1] ** 0.5, dim=2)
    return (v @ shares.mT).reshape(value.shape)


@mutant(0, "no_softmax")
def likeness_itself(query, key, value):
    q, k, v = (maps.flatten(2) for maps in (query, key, value))
    return (v @ (q.mT @ k).mT).reshape(value.shape)


@mutant(0, "reshaped")
def rows_of_places_taken_for_channels(query, key, value):
    q, k, v = (maps.flatten(2) for maps in (query, key, value))
    shares = torch.softmax(q.mT @ k, dim=2)
    return (shares @ v.mT).reshape(value.shape)


@mutant(0, "skip")
def with_a_skip(query, key, value):
    q, k, v = (maps.flatten(2) for maps in (query, key, value))
    shares = torch.softmax(q.mT @ k, dim=2)
    return value + (v @ shares.mT).reshape(value.shape)


@mutant(1)
def shares_over_the_whole_table(query, key, value):
    q, k, v = (maps.flatten(2) for maps in (query, key, value))
    n = q.shape[2]
    shares = torch.softmax((q.mT @ k).flatten(1), dim=1).view(-1, n, n) * n
    return (v @ shares.mT).reshape(value.shape)
