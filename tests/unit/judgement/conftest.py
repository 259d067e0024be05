"""Made-up examples are not timed: how long one takes says more about what else the machine does."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
