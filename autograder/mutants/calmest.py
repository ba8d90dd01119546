"""Wrong answers to exercise 13.2, stopping early."""

from autograder.mutants import mutant


@mutant(3, "no_patience")
def the_calmest_of_all(images, window, patience):
    steps = range(window - 1, len(images))
    return min(steps, key=lambda i: images[i - window + 1 : i + 1].var(0, correction=0).mean().item())


@mutant(1, "where_it_ends")
def the_step_at_which_it_stops(images, window, patience):
    least, best = float("inf"), 0
    for step in range(window - 1, len(images)):
        variance = images[step - window + 1 : step + 1].var(0, correction=0).mean().item()
        if variance < least:
            least, best = variance, step
        elif step - best >= patience:
            break
    return step


@mutant(0, "beginning_of_the_window")
def number_of_the_window(images, window, patience):
    least, best = float("inf"), 0
    for start in range(len(images) - window + 1):
        variance = images[start : start + window].var(0, correction=0).mean().item()
        if variance < least:
            least, best = variance, start
        elif start - best >= patience:
            break
    return best


@mutant(1, "two_images_only")
def the_step_before(images, window, patience):
    least, best = float("inf"), 0
    for step in range(window - 1, len(images)):
        difference = (images[step] - images[step - 1]).square().mean().item()
        if difference < least:
            least, best = difference, step
        elif step - best >= patience:
            break
    return best


@mutant(0)
def the_variance_itself(images, window, patience):
    steps = range(window - 1, len(images))
    return min(images[i - window + 1 : i + 1].var(0, correction=0).mean().item() for i in steps)


@mutant(1)
def the_last(images, window, patience):
    return len(images) - 1
