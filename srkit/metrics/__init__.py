"""Metrics: PSNR and SSIM under a stated protocol; NIQE and LPIPS with files you bring."""

from __future__ import annotations

from srkit.metrics._registry import METRICS, register_metric
from srkit.metrics.explain import explain
from srkit.metrics.hdr import delta_e_itp, multi_exposure_psnr, pq_psnr
from srkit.metrics.lpips import Lpips
from srkit.metrics.niqe import Naturalness, niqe
from srkit.metrics.protocol import Protocol
from srkit.metrics.psnr import psnr
from srkit.metrics.ssim import ssim

__all__ = [
    "METRICS",
    "Lpips",
    "Naturalness",
    "Protocol",
    "delta_e_itp",
    "explain",
    "multi_exposure_psnr",
    "niqe",
    "pq_psnr",
    "psnr",
    "register_metric",
    "ssim",
]
