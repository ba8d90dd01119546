"""The Stable Diffusion upscaler, end to end with a tiny pipeline that is made here and knows nothing."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit.errors import BadFile, BadInput
from srkit.layers.vgg import import_torchvision
from srkit.methods.diffusion import UNET, VAE, StableDiffusion

pytestmark = pytest.mark.skipif(  # imported by the functions that need it: it takes five CPU seconds
    not (find_spec("diffusers") and find_spec("transformers")), reason='needs pip install "srkit[diffusion]"'
)


@pytest.fixture(scope="module", autouse=True)
def _torchvision_beside_a_cpu_build() -> None:
    """What transformers imports where it is installed, declared so that it can be."""
    if find_spec("torchvision"):
        import_torchvision()


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def pipeline() -> Any:
    """A pipeline of the published shape, a few channels wide, with random weights."""
    import diffusers
    import transformers

    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={word: n for n, word in enumerate(words)}, merges=[], model_max_length=77
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        unet = _unet()
        vae = diffusers.AutoencoderKL(
            **{**VAE, "block_out_channels": (4, 4, 8), "layers_per_block": 1}, norm_num_groups=2
        )
        text = transformers.CLIPTextModel(
            transformers.CLIPTextConfig(
                vocab_size=len(words),
                hidden_size=16,
                intermediate_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                max_position_embeddings=77,
                bos_token_id=len(words) - 2,
                eos_token_id=len(words) - 1,
                pad_token_id=1,
            )
        )
    schedule = {"beta_start": 1e-4, "beta_end": 0.02, "num_train_timesteps": 1000}
    return diffusers.StableDiffusionUpscalePipeline(
        vae=vae.eval(),
        text_encoder=text.eval(),
        tokenizer=tokenizer,
        unet=unet.eval(),
        low_res_scheduler=diffusers.DDPMScheduler(**schedule),
        scheduler=diffusers.DDIMScheduler(**schedule, prediction_type="v_prediction", clip_sample=False),
    )


def _unet() -> Any:
    import diffusers

    small = {
        "block_out_channels": (8, 16),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "only_cross_attention": (True, False),
        "attention_head_dim": 2,
        "cross_attention_dim": 16,
        "layers_per_block": 1,
        "norm_num_groups": 4,
    }
    return diffusers.UNet2DConditionModel(**{**UNET, **small})


def _photo(h: int, w: int) -> Tensor:
    return torch.rand(3, h, w, generator=torch.Generator().manual_seed(1))


def _upscaler(pipeline: Any, **settings: Any) -> StableDiffusion:
    return StableDiffusion(pipeline=pipeline, **{"steps": 2, "tile": 16, "overlap": 4, "prompt": "a cat", **settings})


def test_the_published_networks_have_the_published_number_of_parameters() -> None:
    import diffusers

    with torch.device("meta"):
        networks = diffusers.UNet2DConditionModel(**UNET), diffusers.AutoencoderKL(**VAE)
    assert [srkit.models.parameters(network) for network in networks] == [473_398_020, 55_325_927]


def test_one_tile_is_what_the_library_s_pipeline_gives(pipeline: Any) -> None:
    lr = _photo(16, 12)
    result = _upscaler(pipeline).restore(lr, scale=4)
    theirs = pipeline(
        prompt="a cat",
        image=lr[None],
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
        output_type="pt",
    ).images[0]
    assert result.image.std() > 1e-3, "a picture without contrast would prove nothing"
    torch.testing.assert_close(result.image, theirs.clamp(0, 1))


def test_any_image_becomes_four_times_as_large_and_the_same_every_time(pipeline: Any) -> None:
    lr, before = _photo(19, 37), torch.default_generator.get_state()
    first, second = (_upscaler(pipeline).restore(lr, scale=4) for _ in range(2))
    assert first.image.shape == (3, 76, 148)
    assert first.complete
    assert first.steps == 2 * 2 * 3, "two steps in each of 2 x 3 tiles"
    assert first.image.equal(second.image)
    other = _upscaler(pipeline, rng=torch.Generator().manual_seed(7)).restore(lr, scale=4)
    assert (other.image - first.image).abs().max() > 1e-3, "another generator draws another image"
    assert torch.default_generator.get_state().equal(before)


def test_tiles_fade_into_each_other_and_equal_tiles_give_no_seam(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        StableDiffusion, "_enlarge", lambda self, lr, *rest: torch.full((3, *(4 * s for s in lr.shape[1:])), 0.6)
    )
    image = _upscaler(pipeline).restore(_photo(40, 33), scale=4).image
    torch.testing.assert_close(image, torch.full_like(image, 0.6))


def test_an_end_that_is_asked_for_gives_the_image_so_far(pipeline: Any) -> None:
    seen = []
    result = _upscaler(pipeline, steps=3).restore(
        _photo(16, 33), scale=4, progress=lambda done, total: seen.append((done, total)) or done == 2
    )
    assert seen == [(1, 9), (2, 9)]
    assert not result.complete
    assert result.image.shape == (3, 64, 132)
    assert result.image.isfinite().all()
    bicubic = srkit.ops.imresize(_photo(16, 33), 4).clamp(0, 1)
    torch.testing.assert_close(result.image[..., -16:], bicubic[..., -16:], msg="tiles not begun are bicubic")


def test_the_image_so_far_is_decoded_into_the_range_of_images(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    times = pipeline.vae_scale_factor
    monkeypatch.setattr(
        pipeline.vae, "decode", lambda z, **_: (torch.zeros(1, 3, *(times * side for side in z.shape[-2:])),)
    )
    stopped = _upscaler(pipeline, steps=3).restore(_photo(16, 16), scale=4, progress=lambda done, total: done == 2)
    torch.testing.assert_close(stopped.image, torch.full((3, 64, 64), 0.5), msg="0 of the decoder is half of white")


def test_guidance_of_one_evaluates_once_and_more_twice(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    handle = pipeline.unet.register_forward_pre_hook(lambda net, inputs: batches.append(len(inputs[0])))
    for guidance in (1.0, 3.0):
        _upscaler(pipeline, guidance=guidance).restore(_photo(16, 16), scale=4)
    handle.remove()
    assert batches == [1, 1, 2, 2]


def test_weights_in_a_folder_are_loaded_without_the_network(pipeline: Any, tmp_path: Path) -> None:
    pipeline.save_pretrained(tmp_path, safe_serialization=True)
    lr = _photo(8, 9)
    from_folder = srkit.methods.create("stable_diffusion_x4", weights=tmp_path, steps=2, prompt="a cat")
    assert from_folder.restore(lr, scale=4).image.equal(_upscaler(pipeline).restore(lr, scale=4).image)


def test_missing_weights_are_explained(tmp_path: Path) -> None:
    method = StableDiffusion(weights=tmp_path / "nowhere")
    with pytest.raises(BadFile, match=r"nowhere: model_index\.json is missing.*huggingface\.co/stabilityai"):
        method.restore(_photo(8, 8), scale=4)
    (tmp_path / "model_index.json").write_text("{}", "utf-8")
    with pytest.raises(BadFile, match="cannot be read"):
        StableDiffusion(weights=tmp_path).restore(_photo(8, 8), scale=4)


def test_a_missing_library_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(BadInput, match=r"pip install \"srkit\[diffusion\]\""):
        StableDiffusion(weights=tmp_path).restore(_photo(8, 8), scale=4)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"noise_level": 400}, {"guidance": 0.5}, {"tile": 8}, {"tile": 16, "overlap": 16}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(wrong))):
        StableDiffusion(**wrong)


def test_another_scale_and_two_sources_of_weights_are_refused(pipeline: Any) -> None:
    with pytest.raises(BadInput, match="by 4 and nothing else; x2"):
        _upscaler(pipeline).restore(_photo(8, 8), scale=2)
    with pytest.raises(BadInput, match="not both"):
        StableDiffusion(weights="folder", pipeline=pipeline)
