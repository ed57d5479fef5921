"""What every test run has."""

import os

from hypothesis import settings

pytest_plugins = ["pytester", "tests.support.requires"]

# How long an example takes says nothing. Continuous integration tries the same examples each time.
settings.register_profile(
    "parley",
    deadline=None,
    print_blob=True,
    derandomize=os.environ.get("PARLEY_REQUIRE_ALL") == "1",
)
settings.load_profile("parley")
