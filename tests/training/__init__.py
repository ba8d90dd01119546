"""Tests of srkit.training."""
