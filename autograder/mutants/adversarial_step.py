"""Wrong answers to exercise 9.4, one turn of both sides."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {
    "gradients_never_cleared": 7,
    "discriminator_never_cleared": 7,
    "weights_ignored": 4,
    "generator_first": 0,
    "real_images_forgotten": 0,
}


@mutant(0, "not_detached")
def still_tied_to_the_generator(generator, discriminator, optimisers, phi, weights, lr, hr):
    sr = generator(lr)
    loss = F.softplus(-discriminator(hr)).mean() + F.softplus(discriminator(sr)).mean()
    optimisers[1].zero_grad()
    loss.backward()
    optimisers[1].step()
    total = weights["pixel"] * (sr - hr).abs().mean() + weights["adversarial"] * F.softplus(-discriminator(sr)).mean()
    optimisers[0].zero_grad()
    total.backward()
    optimisers[0].step()
    return {"pixel": 0.0, "content": 0.0, "adversarial": 0.0, "total": total.item(), "discriminator": loss.item()}


def terms_of(discriminator, phi, sr, hr):
    change = (phi(sr) - phi(hr)).flatten(1)
    return {
        "pixel": torch.sqrt((sr - hr) ** 2 + 1e-6).mean(),
        "content": (change.norm(dim=1) / change.shape[1]).mean(),
        "adversarial": F.softplus(-discriminator(sr)).mean(),
    }


@mutant(4, "graph_kept")
def losses_as_tensors(generator, discriminator, optimisers, phi, weights, lr, hr):
    sr = generator(lr)
    loss = F.softplus(-discriminator(hr)).mean() + F.softplus(discriminator(sr.detach())).mean()
    optimisers[1].zero_grad()
    loss.backward()
    optimisers[1].step()
    terms = terms_of(discriminator, phi, sr, hr)
    total = sum(weights[name] * term for name, term in terms.items())
    optimisers[0].zero_grad()
    total.backward()
    optimisers[0].step()
    return {**terms, "total": total, "discriminator": loss}


@mutant(7, "discriminator_never_cleared")
def the_discriminator_keeps_what_the_generator_left(generator, discriminator, optimisers, phi, weights, lr, hr):
    sr = generator(lr)
    loss = F.softplus(-discriminator(hr)).mean() + F.softplus(discriminator(sr.detach())).mean()
    loss.backward()
    optimisers[1].step()
    terms = terms_of(discriminator, phi, sr, hr)
    total = sum(weights[name] * term for name, term in terms.items())
    optimisers[0].zero_grad()
    total.backward()
    optimisers[0].step()
    return {name: float(value) for name, value in {**terms, "total": total, "discriminator": loss}.items()}


@mutant(0)
def no_dict(generator, discriminator, optimisers, phi, weights, lr, hr):
    return F.l1_loss(generator(lr), hr).item()
