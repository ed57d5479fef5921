"""What the tables are made of: kinds of columns, and the collection that all tables are in."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Text, event, text

NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A key that counts. On SQLite only the very word INTEGER makes a column the row's address."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def guid(name: str, *, null: bool = True) -> Column[str]:
    """A Guid."""
    return Column(name, String(36), nullable=null)


def text_(name: str, *, null: bool = True) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=null)


def time(name: str, *, null: bool = True) -> Column[int]:
    """A moment, or a length of time."""
    return Column(name, BigInteger, nullable=null)


def seq() -> Column[int]:
    """A number that counts the rows."""
    return Column("seq", NUMBER, primary_key=True, autoincrement=True)


def where(condition: str) -> dict[str, Any]:
    """Which rows an index has; `_limit_indexes` tells it to the database."""
    return {"info": {"where": condition}}


@event.listens_for(metadata, "before_create")
def _limit_indexes(_target: MetaData, connection: Connection, **_options: Any) -> None:
    # Not said when an index is declared: that would load the drivers of all databases at each start.
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        if "where" in index.info:
            options = index.dialect_options[connection.dialect.name]
            options["where"] = text(index.info["where"])
