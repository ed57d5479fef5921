"""A plugin: every session of a test has a twin in TypeScript, and both must be alike.

python -m pytest -p tests.support.twins tests/unit/connectors/client/test_session.py
"""


def pytest_configure() -> None:
    """Put a pair wherever a stage makes a session."""
    from tests.support import client_stage, twin_session

    vars(client_stage)["Session"] = twin_session.TwinSession
