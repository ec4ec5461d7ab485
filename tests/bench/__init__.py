"""Measurements: figures printed, nothing asserted about time. `python3 -m tests.bench` runs them."""
