"""Tests of srkit.papers."""
