"""How good is a result: PSNR and SSIM, never without their protocol."""

from __future__ import annotations

from srkit.metrics._registry import METRICS, Metric, register_metric
from srkit.metrics.explain import Row, explain
from srkit.metrics.protocol import Protocol
from srkit.metrics.psnr import psnr
from srkit.metrics.ssim import ssim

__all__ = ["METRICS", "Metric", "Protocol", "Row", "explain", "psnr", "register_metric", "ssim"]
