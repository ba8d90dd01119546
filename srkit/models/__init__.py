"""The shelf: every network of the course, by name, on one contract.

A new network is one file beside this one and one line in the list of imports below.
"""

from srkit.models import a2001sr  # the shelf
from srkit.models._create import card, create, names
from srkit.models._registry import MODELS, Card, Entry, Score, register_model

__all__ = ["MODELS", "Card", "Entry", "Score", "a2001sr", "card", "create", "names", "register_model"]
