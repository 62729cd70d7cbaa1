"""Property tests draw the same examples in every run, and take their time on a machine under load."""

from hypothesis import settings

settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.load_profile("reproducible")
