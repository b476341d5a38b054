"""Settings for the whole plain suite. Fixtures stand beside the tests that use them."""

from hypothesis import settings

# The same examples on every machine, and no failure because a machine was busy.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
