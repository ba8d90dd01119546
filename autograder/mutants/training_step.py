"""Wrong answers to exercise 11.3, the training step."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "gradients_never_cleared": 2,
    "step_before_backward": 1,
    "sr_and_hr_swapped": 3,
    "clamped": 0,
    "measured_after": 2,
}


@mutant(1, "moved_too_early")
def step_before_backward(net, loss, optimiser, lr, hr):
    sr = net(lr)
    value = loss(sr, hr)
    optimiser.step()
    optimiser.zero_grad()
    value.backward()
    return value.item()


@mutant(1, "weights_unmoved")
def cleared_before_the_step(net, loss, optimiser, lr, hr):
    sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    optimiser.zero_grad()
    optimiser.step()
    return value.item()


@mutant(1, "weights_unmoved")
def never_told_to_move(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    return value.item()


@mutant(2, "tensor_returned")
def the_graph_kept_alive(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    optimiser.step()
    return value


@mutant(0, "graph_cut")
def without_gradients(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    with torch.no_grad():
        sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    optimiser.step()
    return value.item()
