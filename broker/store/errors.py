"""What can go wrong with the store, as the rest of the broker sees it."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError


class StoreError(Exception):
    """The store cannot do what it was asked; the text says why and what to do."""


class StoreUnusableError(StoreError):
    """A database cannot be opened: it is in use, of another program, or of a newer version."""


class StoreGoneError(StoreUnusableError):
    """There is no database, or an empty one, where there was one."""


class StoreInUseError(StoreUnusableError):
    """Another broker has the database."""


class StoreAwayError(StoreUnusableError):
    """The database does not answer, or not well; a little later it may."""


class CommitError(StoreError):
    """A commit failed, and the store does nothing more.

    Nothing of the batch is there, or, if the connection was lost on the way, all of it: a fresh
    store reads what is there.
    """


class RowRefusedError(CommitError):
    """The database refused a row of a batch: nothing of it is there, and the store goes on."""


def plain(error: BaseException) -> str:
    """What a database said, in one line: without the statement, its values, and a link to a manual."""
    said = getattr(error, "orig", None) or error
    if isinstance(said, SQLAlchemyError) and said.args:
        said = said.args[0]
    return " ".join(str(said).split())
