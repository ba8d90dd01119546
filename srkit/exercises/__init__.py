"""What each exercise asks, how it is checked under the cell, and how it is graded. One definition serves both.

``check("tv_loss", tv_loss)`` answers a student in a second; ``grade("tv_loss", answer, seed)`` is the pure function a
grader calls, here or with the answer running somewhere else.
"""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.exercises import (  # each line files an exercise
    a2001sr,
    batch_norm,
    bayer,
    best_guess,
    calmest,
    channel_attention,
    charbonnier,
    content_loss,
    conv_cost,
    convolution,
    coupling,
    covariance_pool,
    coverage,
    cross_entropy,
    cubic_weights,
    cycle_loss,
    degrade,
    dense_block,
    dense_parameters,
    effective_kernel,
    espcn,
    father_and_son,
    find_pairs,
    fusion_weights,
    haar_bands,
    haar_image,
    hidden_change,
    image_step,
    in_windows,
    inner_cycle,
    insert_zeros,
    kernel_code,
    median_of_views,
    mix_weights,
    multi_scale_block,
    multiply_adds,
    nearest,
    newton_schulz,
    non_local,
    patch_distance,
    pixel_shuffle,
    plan_of_layers,
    project,
    project_back,
    psnr,
    pyramid_level,
    radial_spectrum,
    raster_mask,
    receptive_field,
    recursion_ensemble,
    recursive_block,
    residual_block,
    round_kernel,
    self_ensemble,
    should_cut,
    spectral_descriptor,
    srcnn,
    ssim_windows,
    stretch,
    supervise,
    tilted_kernel,
    to_bytes,
    to_float,
    to_luma,
    training_step,
    transposed,
    tv_loss,
    two_bands,
    up_projection,
)
from srkit.exercises._beside import Unusable, Value, measure
from srkit.exercises._grade import grade, judge
from srkit.exercises._model import EXERCISES, Case, Criterion, Exercise, Slip, Tolerance, add
from srkit.exercises._study import hint, predict, recall
from srkit.exercises._verdict import check, score

__all__ = [
    "EXERCISES",
    "Case",
    "Criterion",
    "Exercise",
    "Slip",
    "Tolerance",
    "Unusable",
    "Value",
    "add",
    "check",
    "grade",
    "hint",
    "judge",
    "measure",
    "predict",
    "recall",
    "score",
]

_FORMER = {
    "exercises._grade": "CHECK_SEED Finding Result SUBMISSION_SEED",
    "exercises._beside": "Foreign Observation",
    "exercises._study": "Note",
    "exercises._verdict": "Points Verdict",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
