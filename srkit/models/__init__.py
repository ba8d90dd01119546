"""The shelf: every network of the course, by name, on one contract.

A new network is one file beside this one and one line in the list of imports below.
"""

from srkit.models import (  # the shelf
    a2001sr,
    bicubic,
    edsr,
    espcn,
    rcan,
    srcnn,
)
from srkit.models._create import card, create, names
from srkit.models._files import save
from srkit.models._load import load, load_into
from srkit.models._registry import MODELS, Card, Entry, Layout, Score, register_model, score_table
from srkit.models._weights import weights_home

__all__ = [
    "MODELS",
    "Card",
    "Entry",
    "Layout",
    "Score",
    "card",
    "create",
    "load",
    "load_into",
    "names",
    "register_model",
    "save",
    "score_table",
    "weights_home",
]
