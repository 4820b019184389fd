"""Worlds with a known truth, asked through the public `compare` and `Study`: `python -m tests.calibration`."""
