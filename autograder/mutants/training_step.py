"""Wrong answers to exercise 11.3, the training step."""

import torch

from autograder.mutants import mutant


@mutant(2, "gradients_never_cleared")
def gradients_never_cleared(net, loss, optimiser, lr, hr):
    sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    optimiser.step()
    return value.item()


@mutant(1, "moved_too_early")
def step_before_backward(net, loss, optimiser, lr, hr):
    sr = net(lr)
    value = loss(sr, hr)
    optimiser.step()
    optimiser.zero_grad()
    value.backward()
    return value.item()


@mutant(1, "step_before_backward")
def one_step_behind(net, loss, optimiser, lr, hr):
    optimiser.step()
    optimiser.zero_grad()
    sr = net(lr)
    value = loss(sr, hr)
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


@mutant(3, "sr_and_hr_swapped")
def sr_and_hr_swapped(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    sr = net(lr)
    value = loss(hr, sr)
    value.backward()
    optimiser.step()
    return value.item()


@mutant(0, "clamped")
def clamped_before_the_loss(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    sr = net(lr).clamp(0, 1)
    value = loss(sr, hr)
    value.backward()
    optimiser.step()
    return value.item()


@mutant(2, "measured_after")
def loss_of_the_moved_weights(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    loss(net(lr), hr).backward()
    optimiser.step()
    return loss(net(lr), hr).item()


@mutant(0, "graph_cut")
def without_gradients(net, loss, optimiser, lr, hr):
    optimiser.zero_grad()
    with torch.no_grad():
        sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    optimiser.step()
    return value.item()
