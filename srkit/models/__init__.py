"""The shelf: every network of the course, by name, on one contract.

A new network is one file beside this one and one line in the first list below.
"""

from srkit.models import (  # each line puts a network on the shelf
    a2001sr,
    adrsr,
    bicubic,
    bilinear,
    carn,
    cnf,
    csnln,
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
    idn,
    ikc,
    ipt,
    ircnn,
    joint_demosaic,
    kmsr,
    kxnet,
    lapsrn,
    low_to_high,
    mdsr,
    memnet,
    metasr,
    ms_lapsrn,
    msrn,
    mwcnn,
    nearest,
    pixelcnn,
    pixeltcl,
    progressive_carn,
    prosr,
    rcan,
    rdn,
    rednet,
    rnan,
    san,
    separable_edsr,
    srcnn,
    srdensenet,
    srfbn,
    srmd,
    srresnet,
    swinir,
    usrnet,
    vdsr,
    wavelet_residual,
    wavelet_srnet,
)
from srkit.models._atlas import Atlas, Row, atlas
from srkit.models._create import card, create, names
from srkit.models._exam import Report, Verdict, exam
from srkit.models._figure import Drawing, Mark, draw
from srkit.models._files import save
from srkit.models._load import load, load_into
from srkit.models._points import POINTS
from srkit.models._registry import MODELS, Card, Entry, Layout, Score, register_model, score_table
from srkit.models._weights import weights_home
from srkit.models.count import multiply_adds, parameters, peak_memory

__all__ = [
    "MODELS",
    "POINTS",
    "Atlas",
    "Card",
    "Drawing",
    "Entry",
    "Layout",
    "Mark",
    "Report",
    "Row",
    "Score",
    "Verdict",
    "atlas",
    "card",
    "create",
    "draw",
    "exam",
    "load",
    "load_into",
    "multiply_adds",
    "names",
    "parameters",
    "peak_memory",
    "register_model",
    "save",
    "score_table",
    "weights_home",
]
