"""What every test run has."""

pytest_plugins = ["pytester", "tests.support.requires"]
