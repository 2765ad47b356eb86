"""What holds for all tests: samples are fixed, so that a red run is red again; the campaigns look further."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
