"""What real use asked for: columns and tables that were missed while people worked with it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what was missed, mend what should not have been taken."""
    _replace_nul()


def _replace_nul() -> None:
    """Put U+FFFD in the place of U+0000: no text holds that any more, and no client would read it (W-5).

    PostgreSQL never took it in a text, but as an escape in JSON it did.
    """
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    address = "rowid" if is_sqlite else "ctid"
    seen = sa.inspect(bind)
    for table in seen.get_table_names():
        for column in seen.get_columns(table):
            name, kind, new = f'"{column["name"]}"', column["type"], ":new"
            if isinstance(kind, sa.JSON) and is_sqlite:
                where = f"instr(CAST({name} AS TEXT), '\\u0000') > 0"
            elif isinstance(kind, sa.JSON):
                where, new = f"strpos(CAST({name} AS TEXT), '\\u0000') > 0", "CAST(:new AS JSON)"
            elif is_sqlite and isinstance(kind, sa.String):
                where = f"instr(CAST({name} AS BLOB), x'00') > 0"
            else:
                continue
            found = sa.text(f"SELECT {address}, CAST({name} AS TEXT) FROM {table} WHERE {where}")  # noqa: S608 - names of our own tables only
            changed = sa.text(f"UPDATE {table} SET {name} = {new} WHERE {address} = :row")  # noqa: S608 - as above
            for row, old in bind.execute(found).all():
                mended = _mended_json(old) if isinstance(kind, sa.JSON) else _mended(old)
                bind.execute(changed, {"row": row, "new": mended})


def _mended_json(text: str) -> str:
    return json.dumps(_mended(json.loads(text)))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    return value
