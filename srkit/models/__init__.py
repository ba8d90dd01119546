"""The networks of the course, by name, on one contract.

A new network is one file beside this one and one line in the first list below.
"""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.models import (  # each line registers a network
    a2001sr,
    adrsr,
    bicubic,
    bilinear,
    bsrn,
    carn,
    cincgan,
    cnf,
    compact,
    csnln,
    dat,
    dbpn,
    deep_sr_itm,
    drcn,
    drrn,
    dsrn,
    dwsr,
    dynamic_high_pass,
    edsr,
    espcn,
    esrgan,
    fdan,
    fsrcnn,
    haesr,
    hat,
    idn,
    ikc,
    imdn,
    ipt,
    ircnn,
    joint_demosaic,
    kmsr,
    kxnet,
    lapsrn,
    liif,
    low_to_high,
    mambair,
    mdsr,
    memnet,
    metasr,
    ms_lapsrn,
    msrn,
    msrresnet,
    mwcnn,
    nearest,
    omnisr,
    pan,
    pixelcnn,
    pixeltcl,
    plksr,
    progressive_carn,
    prosr,
    rcan,
    rdn,
    rednet,
    rfdn,
    rlfn,
    rnan,
    safmn,
    san,
    separable_edsr,
    span,
    span_v2,
    srcnn,
    srdensenet,
    srfbn,
    srmd,
    srresnet,
    swin2sr,
    swinir,
    usrnet,
    vdsr,
    wavelet_residual,
    wavelet_srnet,
)
from srkit.models._atlas import atlas
from srkit.models._create import card, create, load, names
from srkit.models._exam import exam
from srkit.models._figure import draw
from srkit.models._files import save
from srkit.models._official import official, weights_home
from srkit.models._registry import Card, Layout, Score, register_model, score_table
from srkit.models.count import multiply_adds, parameters

__all__ = [
    "Card",
    "Layout",
    "Score",
    "atlas",
    "card",
    "create",
    "draw",
    "exam",
    "load",
    "multiply_adds",
    "names",
    "official",
    "parameters",
    "register_model",
    "save",
    "score_table",
    "weights_home",
]

_FORMER = {
    "models._atlas": "Atlas Row",
    "models._create": "load_into",
    "models._exam": "Report Verdict",
    "models._figure": "Drawing Mark",
    "models._points": "POINTS",
    "models._registry": "Entry MODELS",
    "models.count": "peak_memory",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
