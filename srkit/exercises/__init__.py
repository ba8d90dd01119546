"""What each exercise asks, how it is checked under the cell, and how it is graded. One definition serves both.

``check("tv_loss", tv_loss)`` answers a student in a second; ``grade("tv_loss", answer, seed)`` is the pure function a
grader calls, here or with the answer running somewhere else.
"""

from srkit.exercises import (  # each line files an exercise
    a2001sr,
    channel_attention,
    charbonnier,
    content_loss,
    conv_cost,
    convolution,
    covariance_pool,
    coverage,
    cross_entropy,
    cubic_weights,
    cycle_loss,
    find_pairs,
    haar_bands,
    haar_image,
    in_windows,
    insert_zeros,
    kernel_code,
    nearest,
    newton_schulz,
    non_local,
    pixel_shuffle,
    plan_of_layers,
    project,
    psnr,
    receptive_field,
    recursion_ensemble,
    recursive_block,
    residual_block,
    round_kernel,
    self_ensemble,
    spectral_descriptor,
    ssim_windows,
    stretch,
    tilted_kernel,
    to_bytes,
    to_float,
    to_luma,
    training_step,
    transposed,
    tv_loss,
)
from srkit.exercises._grade import CHECK_SEED, SUBMISSION_SEED, Finding, Result, grade, judge
from srkit.exercises._measure import Foreign, Observation, measure
from srkit.exercises._model import EXERCISES, Case, Criterion, Exercise, Slip, Tolerance, Unusable, Value, add
from srkit.exercises._study import Note, hint, predict, recall
from srkit.exercises._verdict import Points, Verdict, check, score

__all__ = [
    "CHECK_SEED",
    "EXERCISES",
    "SUBMISSION_SEED",
    "Case",
    "Criterion",
    "Exercise",
    "Finding",
    "Foreign",
    "Note",
    "Observation",
    "Points",
    "Result",
    "Slip",
    "Tolerance",
    "Unusable",
    "Value",
    "Verdict",
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
