"""Hypothesis draws the same examples every time: a red test stays red, a green one green."""

from hypothesis import settings

settings.register_profile("kit", derandomize=True, database=None, deadline=None, max_examples=10)
settings.register_profile("thorough", settings.get_profile("kit"), max_examples=200)
settings.load_profile("kit")
