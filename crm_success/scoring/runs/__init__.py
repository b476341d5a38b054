"""Scoring in the background: what a run prepares, does batch by batch, and says at its end."""
