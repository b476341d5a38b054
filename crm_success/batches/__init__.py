"""Leased work of any part: claimed, worked on, counted, opened again after a death, finished. Computes nothing itself."""
