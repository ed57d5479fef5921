"""What real use asked for: columns and tables that were missed while people worked with it."""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

DAY: Final = 86_400_000_000
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what was missed, mend what should not have been taken."""
    _replace_nul()
    _readers()
    _waits()
    _slots()
    _forms()
    _contacts()
    _logins()
    _lives()
    _room()
    _parkings()


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


def _readers() -> None:
    """Who may read a chat that has ended: whoever was in it then.

    Of what ended more than a day before the last chat did nobody needs to know it any more.
    """
    op.add_column("chats", sa.Column("readers", sa.JSON(), nullable=True))
    chats = sa.table("chats", *map(sa.column, ("no", "agent", "closed_at")), sa.column("readers"))
    chats.c.readers.type = sa.JSON()
    moves = sa.table("chat_events", *map(sa.column, ("seq", "chat_no", "status")))
    parties = sa.table("parties", *map(sa.column, ("seq", "chat_no", "agent", "left_at")))
    database = op.get_bind()
    newest = database.scalar(sa.select(sa.func.max(chats.c.closed_at)))
    if newest is None:
        return
    ended = sa.select(chats.c.no, chats.c.agent, chats.c.closed_at).where(
        chats.c.closed_at > newest - DAY, chats.c.agent.is_not(None)
    )
    for no, owner, at in database.execute(ended).all():
        before = sa.select(moves.c.status).where(moves.c.chat_no == no, moves.c.status != "Closed")
        if database.scalar(before.order_by(moves.c.seq.desc()).limit(1)) not in ("Answered", "ICR"):
            continue
        joined = sa.select(parties.c.agent).where(parties.c.chat_no == no, parties.c.left_at == at)
        others = database.scalars(joined.order_by(parties.c.seq)).all()
        database.execute(sa.update(chats).where(chats.c.no == no).values(readers=[owner, *others]))


def _waits() -> None:
    """How long visitors have waited: once, as far as an older database can tell."""
    op.add_column("chats", sa.Column("waited", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("chats", sa.Column("waiting_since", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE chats SET waiting_since = enqueued_at WHERE status IN ('Waiting', 'Alerting')"
    )
    op.execute(
        "UPDATE chats SET waited = COALESCE(answered_at, closed_at) - enqueued_at"
        " WHERE enqueued_at IS NOT NULL AND COALESCE(answered_at, closed_at) > enqueued_at"
        " AND (status = 'Answered' OR closed_at >"
        " (SELECT MAX(closed_at) FROM chats) - 86400000000)"
    )


def _slots() -> None:
    """One panel, one page and one co-browsing state for each direction, and whether it was confirmed."""
    op.execute("CREATE TABLE slots_before AS SELECT * FROM chat_slots")
    op.drop_table("chat_slots")
    op.create_table(
        "chat_slots",
        sa.Column("chat_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("time_sent", sa.BigInteger(), nullable=False),
        sa.Column("outbound", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=36), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["chat_no"], ["chats.no"], name=op.f("fk_chat_slots_chat_no")),
        sa.PrimaryKeyConstraint("chat_no", "outbound", "model", name=op.f("pk_chat_slots")),
    )
    columns = "chat_no, model, id, party_name, text, time_sent, outbound, at, agent"
    op.execute(f"INSERT INTO chat_slots ({columns}) SELECT {columns} FROM slots_before")  # noqa: S608 - columns of our own
    op.drop_table("slots_before")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _forms() -> None:
    """A form without a chat is its gateway's; a chat knows its form of the start and the default one.

    Whose the old ones without a chat are is not known: no gateway can overwrite them any more.
    """
    op.add_column("chats", sa.Column("start_form", sa.String(length=36), nullable=True))
    op.add_column("chats", sa.Column("default_form", sa.String(length=36), nullable=True))
    op.add_column("form_results", sa.Column("gateway", sa.String(length=36), nullable=True))
    op.drop_index("uq_form_results_alone", table_name="form_results")
    alone = _where("chat_no IS NULL")
    op.create_index(
        "uq_form_results_alone", "form_results", ["gateway", "result_id"], unique=True, **alone
    )
    op.create_index("ix_form_results_alone_at", "form_results", ["at"], unique=False, **alone)


def _logins() -> None:
    """Who logged in where last, by the name of their session; nobody knows it of earlier logins."""
    op.add_column("agents", sa.Column("login", sa.String(length=36), nullable=True))
    op.add_column("agents", sa.Column("seated_at", sa.BigInteger(), nullable=True))


def _lives() -> None:
    op.create_table(
        "lives",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_lives")),
        sa.CheckConstraint("(ended_at IS NULL) = (cause IS NULL)", name=op.f("ck_lives_ended")),
    )


def _room() -> None:
    """Which full chat one goes on from, and which were let go before their time."""
    op.add_column("chats", sa.Column("earlier", sa.String(length=36), nullable=True))
    op.add_column("chats", sa.Column("dropped_at", sa.BigInteger(), nullable=True))


def _parkings() -> None:
    """When the owner of a parked chat was told that it will come back, and when it did so last."""
    op.add_column("parkings", sa.Column("warned_at", sa.BigInteger(), nullable=True))
    op.add_column("chats", sa.Column("unparked_at", sa.BigInteger(), nullable=True))


def _contacts() -> None:
    """Whom chats are with, and by what they are known."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("chats", sa.Column("contact", sa.String(length=36), nullable=True))
    op.add_column("chats", sa.Column("contact_name", sa.Text(), nullable=True))
    op.create_table(
        "contacts",
        sa.Column("no", number, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("gateway", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_contacts")),
    )
    op.create_index(
        "uq_contacts_known", "contacts", ["id"], unique=True, **_where("retired_at IS NULL")
    )
    op.create_table(
        "contact_addresses",
        sa.Column("gateway", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("contact_no", number, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "kind", "value", name=op.f("pk_contact_addresses")),
    )
