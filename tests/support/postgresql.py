"""A PostgreSQL server of the tests' own, from what the system has installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from attrs import field, frozen
from sqlalchemy import NullPool, create_engine

from broker.store import Store


def programs() -> Path | None:
    """The folder with initdb and postgres, the newest if there are several."""
    found = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return max(found, key=lambda path: float(path.parts[-3])).parent if found else None


@frozen
class Server:
    """A running server; it listens on a socket in its own folder and nowhere else."""

    folder: Path
    user: str | None = None
    names: Iterator[int] = field(factory=lambda: count(1))
    kept: list[str] = field(factory=list)

    def start(self) -> None:
        """Start it; it syncs nothing."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        self._control("-o", options, "-l", self.folder / "log", "start")

    def stop(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str | Path) -> None:
        bin_ = programs()
        assert bin_ is not None
        subprocess.run(
            [bin_ / "pg_ctl", "-D", self.folder / "data", "-w", *arguments],
            user=self.user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def fresh(self, more: str = "") -> str:
        """Make an empty database and give its address."""
        name = f"store{next(self.names)}"
        engine = create_engine(
            self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} {more}")
        engine.dispose()
        return self.url(name)

    def emptied(self) -> str:
        """The address of a database with tables and no row in them, which is the same each time.

        That is cheaper than to make one, and to remove its thousand files.
        """
        if not self.kept:
            self.kept.append(self.fresh())
            Store.open(self.kept[0]).close()
        (url,) = self.kept
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            # Nobody is left who might hold a lock.
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            tables = connection.exec_driver_sql(
                "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            ).scalar_one()
            connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY")
        engine.dispose()
        return url


@contextmanager
def running() -> Iterator[Server]:
    """Run a server in a folder of its own."""
    bin_ = programs()
    assert bin_ is not None
    # A socket's path is short, and the server refuses to run as root.
    place = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        account = pwd.getpwnam(user)
        os.chown(place, account.pw_uid, account.pw_gid)
    data = place / "data"
    initdb: list[str | Path] = [
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "-N",
    ]
    subprocess.run([*initdb, "--no-locale"], user=user, check=True, capture_output=True, cwd=place)
    server = Server(place, user)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(place)
