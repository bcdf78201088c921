"""Measurements, as ratios to a peer in the same run, and as growth. ``python -m benchmarks``."""
