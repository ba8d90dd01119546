"""Wrong answers to exercise 14.1, the spectrum in rings."""

import torch

from autograder.mutants import mutant


@mutant(1, "centred_once")
def only_the_power_is_centred(image, rings):
    power = torch.fft.fftshift(torch.fft.fft2(image)).abs() ** 2 / image.numel()
    fy, fx = (torch.fft.fftfreq(n) for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * 2 * rings).long()
    return torch.stack([power[ring == i].mean() for i in range(rings)])


@mutant(0, "sum_of_the_ring")
def sums_in_place_of_means(image, rings):
    power = torch.fft.fft2(image).abs() ** 2 / image.numel()
    fy, fx = (torch.fft.fftfreq(n) for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * 2 * rings).long()
    return torch.stack([power[ring == i].sum() for i in range(rings)])


@mutant(0, "amplitude")
def amplitude_not_squared(image, rings):
    power = torch.fft.fft2(image).abs() / image.numel()
    fy, fx = (torch.fft.fftfreq(n) for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * 2 * rings).long()
    return torch.stack([power[ring == i].mean() for i in range(rings)])


@mutant(0, "not_divided")
def power_that_grows_with_the_image(image, rings):
    power = torch.fft.fft2(image).abs() ** 2
    fy, fx = (torch.fft.fftfreq(n) for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * 2 * rings).long()
    return torch.stack([power[ring == i].mean() for i in range(rings)])


@mutant(1, "corners_in_the_last_ring")
def corners_in_the_last_ring(image, rings):
    power = torch.fft.fft2(image).abs() ** 2 / image.numel()
    fy, fx = (torch.fft.fftfreq(n) for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * 2 * rings).long().clamp(max=rings - 1)
    return torch.stack([power[ring == i].mean() for i in range(rings)])


@mutant(3, "waves_per_image")
def rings_round_in_waves_per_image(image, rings):
    power = torch.fft.fft2(image).abs() ** 2 / image.numel()
    fy, fx = (torch.fft.fftfreq(n) * n for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() / min(image.shape) * 2 * rings).long()
    return torch.stack([power[ring == i].mean() for i in range(rings)])


@mutant(0)
def rings_up_to_one_wave_per_pixel(image, rings):
    power = torch.fft.fft2(image).abs() ** 2 / image.numel()
    fy, fx = (torch.fft.fftfreq(n) for n in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * rings).long()
    return torch.stack([power[ring == i].mean() for i in range(rings)])
