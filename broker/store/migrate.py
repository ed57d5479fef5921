"""Bringing a database to the newest schema, at the start of the broker."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from broker.store.blob_schema import metadata as metadata
from broker.store.errors import StoreGoneError, StoreUnusableError
from broker.store.schema import HEAD

if TYPE_CHECKING:  # loaded by an upgrade alone
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"

Around = Callable[[str, str], AbstractContextManager[object]]
"""What is done around an upgrade, given the schema before and after; it ends well once that is committed."""


def untold(_before: str, _after: str) -> AbstractContextManager[object]:
    """Do nothing around an upgrade."""
    return nullcontext()


def migrate(connection: Connection, *, make: bool = True, around: Around = untold) -> None:
    """Make the tables, or change older ones, in one transaction.

    Args:
        connection: The database.
        make: Whether an empty database may be made a new one.
        around: What is done around a change of older tables, which may take long.

    Raises:
        StoreGoneError: It is empty, and is not to be.
        StoreUnusableError: The database is of another program or of a newer version of this one.
    """
    with ExitStack() as told, connection.begin():
        tables = set(inspect(connection).get_table_names())
        version = None
        if "alembic_version" in tables:
            text = "SELECT version_num FROM alembic_version"
            version = connection.exec_driver_sql(text).scalar()
        if version == HEAD:
            return
        if version is None and not make:
            raise StoreGoneError("the database is empty, though there was something in it")
        if version is None and tables & set(metadata.tables):
            raise StoreUnusableError("the database has tables of another program")
        # Loading alembic takes a quarter of a second that a start at the newest schema saves.
        from alembic import command

        config = _configured(connection, version)
        if version is not None:
            told.enter_context(around(version, HEAD))
        command.upgrade(config, "head")


def _configured(connection: Connection, version: str | None) -> Config:
    """What alembic needs to change this database, if it is of a version that is known."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreUnusableError(
            f"the database is of a newer version of Parley (schema {version}, "
            f"this version knows up to {HEAD})"
        )
    return config
