"""Databases as older versions made them."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from broker.store.migrate import SCRIPTS


def engine_of(url: str) -> Engine:
    """Connections that begin what they are told to begin, whatever the driver thinks."""
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def plain(connection: Any, _record: object) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

    return engine


def make_tables(connection: Connection, schema: str) -> None:
    """Make the tables that an empty database had at a schema of earlier."""
    script = Config()
    script.set_main_option("script_location", str(SCRIPTS))
    script.attributes["connection"] = connection
    command.upgrade(script, schema)


def make_old(url: str, schema: str) -> None:
    """Make an empty database of an earlier schema."""
    engine = engine_of(url)
    with engine.connect() as connection, connection.begin():
        make_tables(connection, schema)
    engine.dispose()
