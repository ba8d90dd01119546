"""Wrong answers to exercise 2.4, structural similarity."""

from autograder.mutants import mutant


@mutant(1, "constants_forgotten")
def no_constants(x, y, weights):
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)
    vx, vy = (x * x * weights).sum(-1) - mx**2, (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    return 2 * mx * my / (mx**2 + my**2) * 2 * cov / (vx + vy)


@mutant(1, "constants_for_255")
def constants_of_8_bit_levels(x, y, weights):
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)
    vx, vy = (x * x * weights).sum(-1) - mx**2, (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    return (2 * mx * my + 6.5025) / (mx**2 + my**2 + 6.5025) * (2 * cov + 58.5225) / (vx + vy + 58.5225)


@mutant(1, "covariance_once")
def the_two_before_the_covariance_is_missing(x, y, weights):
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)
    vx, vy = (x * x * weights).sum(-1) - mx**2, (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    return (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4) * (cov + 9e-4) / (vx + vy + 9e-4)


@mutant(1, "luminance_forgotten")
def structure_only(x, y, weights):
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)
    vx, vy = (x * x * weights).sum(-1) - mx**2, (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    return (2 * cov + 9e-4) / (vx + vy + 9e-4)


@mutant(1, "deviations")
def standard_deviations(x, y, weights):
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)
    vx, vy = (x * x * weights).sum(-1) - mx**2, (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    roots = vx.clamp_min(0).sqrt() + vy.clamp_min(0).sqrt()
    return (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4) * (2 * cov + 9e-4) / (roots + 9e-4)


@mutant(3, "weights_ignored")
def every_pixel_alike(x, y, weights):
    mx, my = x.mean(-1), y.mean(-1)
    vx, vy = x.var(-1, unbiased=False), y.var(-1, unbiased=False)
    cov = (x * y).mean(-1) - mx * my
    return (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4) * (2 * cov + 9e-4) / (vx + vy + 9e-4)


@mutant(0)
def one_number_for_all_windows(x, y, weights):
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)
    vx, vy = (x * x * weights).sum(-1) - mx**2, (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    return ((2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4) * (2 * cov + 9e-4) / (vx + vy + 9e-4)).mean()
