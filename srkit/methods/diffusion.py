"""The Stable Diffusion x4 upscaler: an image generated from noise, conditioned on the LR image.

R. Rombach, A. Blattmann, D. Lorenz, P. Esser, B. Ommer, "High-Resolution Image Synthesis with Latent Diffusion Models",
CVPR 2022; the upscaler came with Stable Diffusion 2.0. The small image, a little noisy, is laid beside a latent image
of pure noise; a U-Net takes the noise away in many small steps, and a decoder turns the latent into pixels. Much of
what comes out was never seen by the camera: look at it, do not measure by it.

The networks are those of the ``diffusers`` library (``pip install "srkit[diffusion]"``), their weights those of a
folder on this machine; nothing is downloaded. Large images are enlarged in overlapping tiles that fade into each other.
"""

from __future__ import annotations

import contextlib
import math
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.inference.tiling import Span, cut
from srkit.layers.vgg import import_torchvision
from srkit.methods._method import Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import register_method
from srkit.models import weights_home
from srkit.ops.pixels import pad_to_multiple
from srkit.ops.resize import imresize

__all__ = ["FOLDER", "UNET", "VAE", "StableDiffusion"]

CARD = MethodCard(
    title="Stable Diffusion x4 upscaler",
    year=2022,
    citation='R. Rombach, A. Blattmann, D. Lorenz, P. Esser, B. Ommer, "High-Resolution Image Synthesis with Latent '
    'Diffusion Models", CVPR 2022',
    url="https://arxiv.org/abs/2112.10752",
    idea="The image is drawn from noise in the latent space of an autoencoder, with the small image in view.",
)

FOLDER = "stable-diffusion-x4-upscaler"
"""What the folder of the weights is called, beside the other downloaded weights."""

UNET = {
    "sample_size": 128,
    "in_channels": 7,
    "out_channels": 4,
    "block_out_channels": (256, 512, 512, 1024),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "only_cross_attention": (True, True, True, False),
    "attention_head_dim": 8,
    "cross_attention_dim": 1024,
    "num_class_embeds": 1000,
    "use_linear_projection": True,
}
"""The published U-Net, as arguments of diffusers' ``UNet2DConditionModel``: 473 398 020 parameters."""

VAE = {
    "block_out_channels": (128, 256, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 256,
    "scaling_factor": 0.08333,
}
"""The published autoencoder, as arguments of diffusers' ``AutoencoderKL``: 55 325 927 parameters."""


class _Stopped(Exception):
    """The method was stopped in the middle of a tile; carries the latent image so far."""

    def __init__(self, latents: Tensor) -> None:
        super().__init__()
        self.latents = latents


@register_method("stable_diffusion_x4", CARD)
class StableDiffusion(Method):
    """Enlarge by 4 with a latent diffusion model.

    Args:
        weights: folder with the pipeline's weights in diffusers' layout; None looks for :data:`FOLDER` among the
            downloaded weights.
        pipeline: a diffusers ``StableDiffusionUpscalePipeline`` that is there already, instead of ``weights``.
        prompt: what the image shows, in words; may be empty.
        steps: of taking noise away, for each tile.
        guidance: how much more the words count than no words; 1 turns the second evaluation of every step off.
        noise_level: how noisy the small image is made first, 0 to 350; more noise, more invention.
        rng: where all noise comes from; None begins anew with seed 0 for each image. The noise is drawn on its device.
        tile: LR pixels a side that are enlarged at once; memory grows with its square.
        overlap: LR pixels that a tile sees beyond, and over which neighbours fade into each other.

    Raises:
        BadInput: a number out of its range, or both ``weights`` and ``pipeline``.
    """

    def __init__(
        self,
        *,
        weights: str | Path | None = None,
        pipeline: Any = None,
        prompt: str = "",
        steps: int = 75,
        guidance: float = 9.0,
        noise_level: int = 20,
        rng: torch.Generator | None = None,
        tile: int = 128,
        overlap: int = 16,
    ) -> None:
        if weights is not None and pipeline is not None:
            raise BadInput("Give the folder of the weights or a pipeline that is made already, not both.")
        if steps < 1 or not 0 <= noise_level <= 350 or guidance < 1 or not 0 <= overlap < tile or tile < 16:
            raise BadInput(
                "steps is 1 or more, noise_level 0 to 350, guidance 1 or more, tile 16 or more and larger than "
                f"overlap; given: {steps}, {noise_level}, {guidance}, {tile} and {overlap}."
            )
        self.weights, self.prompt, self.rng = weights, prompt, rng
        self.steps, self.guidance, self.noise_level = steps, guidance, noise_level
        self.tile, self.overlap = tile, overlap
        self._pipeline = pipeline

    def pipeline(self) -> Any:
        """Return the pipeline; its weights are read at the first call.

        Raises:
            BadInput: diffusers or transformers is not installed.
            BadFile: the weights are not there, or cannot be read.
        """
        if self._pipeline is None:
            self._pipeline = _load(Path(self.weights) if self.weights else weights_home() / FOLDER)
        return self._pipeline

    @torch.no_grad()
    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Enlarge ``(3, h, w)`` tile by tile; where the method is stopped, the tiles not yet begun are bicubic."""
        if scale != 4:
            raise BadInput(f"The Stable Diffusion upscaler enlarges by 4 and nothing else; x{scale} was asked for.")
        pipeline = self.pipeline().to(lr.device)
        pipeline.set_progress_bar_config(disable=True)
        rng = self.rng or torch.Generator(lr.device).manual_seed(0)
        rows, columns = (cut(side, tile=self.tile, halo=self.overlap, blend=True) for side in lr.shape[-2:])
        watch = Watch(progress, total=self.steps * len(rows) * len(columns))
        large = torch.zeros(3, *(4 * side for side in lr.shape[-2:])).to(lr)
        with watch.listening():
            for row, column in product(rows, columns):
                part = lr[:, row.start : row.stop, column.start : column.stop]
                piece = self._enlarge(part, pipeline, rng, watch) if watch.goes_on() else imresize(part, 4)
                place = large[:, 4 * row.start : 4 * row.stop, 4 * column.start : 4 * column.stop]
                place += piece.clamp(0, 1) * _share(row, column, part)
        return watch.result(large, f"done: {self.steps} steps for each of {len(rows) * len(columns)} tiles")

    def _enlarge(self, lr: Tensor, pipeline: Any, rng: torch.Generator, watch: Watch) -> Tensor:
        """Enlarge one tile ``(3, h, w)``, padded to what the networks divide without a rest."""
        divisor = math.lcm(pipeline.vae_scale_factor, 2 ** (len(pipeline.unet.config.block_out_channels) - 1))
        whole = pad_to_multiple(lr, divisor)[None].clamp(0, 1)  # (1, 3, H, W)

        def count(step: int, time: Any, latents: Tensor) -> None:
            watch.stepped()
            if not watch.goes_on():
                raise _Stopped(latents)

        image: Tensor
        try:
            (image,) = pipeline(
                prompt=self.prompt,
                image=whole,
                num_inference_steps=self.steps,
                guidance_scale=self.guidance,
                noise_level=self.noise_level,
                generator=rng,
                output_type="pt",
                callback=count,
            ).images
        except _Stopped as stopped:
            latents = stopped.latents / pipeline.vae.config.scaling_factor
            image = pipeline.vae.decode(latents, return_dict=False)[0][0] / 2 + 0.5
        return image[:, : 4 * lr.shape[-2], : 4 * lr.shape[-1]].to(lr)  # (3, 4*h, 4*w)


def _share(row: Span, column: Span, like: Tensor) -> Tensor:
    """Return a tile's share of each of its output pixels, ``(4*h, 4*w)``."""
    return row.weight(4, like)[:, None] * column.weight(4, like)[None, :]


def _load(folder: Path) -> Any:
    try:
        with contextlib.suppress(BadInput):
            import_torchvision()  # which transformers imports where it is installed
        from diffusers import StableDiffusionUpscalePipeline
    except ImportError as error:
        raise BadInput(
            f"The Stable Diffusion upscaler needs the libraries diffusers and transformers ({error}). "
            'Install them with: pip install "srkit[diffusion]"'
        ) from error
    if not (folder / "model_index.json").is_file():
        raise BadFile(
            f"There are no weights of the Stable Diffusion upscaler in {folder}: model_index.json is missing. They "
            "have 5 GB and a licence of their own (CreativeML Open RAIL++-M). Fetch them once from "
            "https://huggingface.co/stabilityai/stable-diffusion-x4-upscaler into that folder, or give the folder "
            "where they are: the setting weights=FOLDER."
        )
    try:
        return StableDiffusionUpscalePipeline.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, KeyError) as error:
        raise BadFile(f"The weights in {folder} cannot be read: {error!r}") from error
