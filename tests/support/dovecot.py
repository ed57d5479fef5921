"""A Dovecot of the tests' own, without any privilege, in a folder of its own."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from attrs import define
from imapclient import IMAPClient

from tests.support.certificates import Authority

PASSWORD = "secret of the mailbox"
_CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login {mechanisms}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mail_plugins = quota
mail_fsync = never
maildir_very_dirty_syncs = no
{oauth}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u quota_rule=*:storage={quota}
}}
protocol imap {{
  mail_plugins = quota imap_quota
  imap_capability = {capability}
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage={quota}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""
_OAUTH = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2
}}
"""


def program() -> str | None:
    """The server, where Debian puts it."""
    return shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@define(eq=False)
class Dovecot:
    """A running server with one mailbox.

    Attributes:
        folder: Where it lives.
        user: The account that it runs under; None: ours.
        plain: The port for talk that begins without TLS.
        tls: The port for TLS.
    """

    folder: Path
    user: str | None
    plain: int
    tls: int
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        found = program()
        assert found is not None
        self._process = subprocess.Popen(
            [found, "-F", "-c", self.folder / "dovecot.conf"],
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(200):
            assert self._process.poll() is None, self._told()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.plain), 1) as line:
                line.settimeout(5)
                if line.recv(4).startswith(b"*"):
                    return
            sleep(0.05)  # real time: another process starts
        raise AssertionError(self._told())

    def _told(self) -> str:
        log = self.folder / "log"
        return log.read_text("utf-8", "replace") if log.exists() else "no log"

    def stop(self) -> None:
        """Stop it, in the middle of whatever it does."""
        if self._process is None:
            return
        # Its processes for those who are logged in outlive it.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[IMAPClient]:
        """A connection of a person to the mailbox."""
        with IMAPClient("127.0.0.1", self.plain, ssl=False, timeout=10) as client:
            client.login("service", PASSWORD)
            client.select_folder(folder)
            yield client

    def context(self) -> ssl.SSLContext:
        """What another server needs that shows the same certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        return context

    def deliver(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into the mailbox."""
        with self.client() as client:
            for mail in mails:
                client.append(folder, mail)

    def forget_numbers(self) -> None:
        """Give the inbox another UIDVALIDITY, as after it was restored from a backup."""
        box = self.folder / "mail" / "service"
        for path in box.glob("dovecot.*"):
            path.unlink()
        numbers = box / "dovecot-uidlist"
        head, _, rest = numbers.read_text("ascii").partition("\n")
        renamed = re.sub(r"\bV(\d+)", lambda found: f"V{int(found[1]) + 1}", head)
        numbers.write_text(f"{renamed}\n{rest}", "ascii")


@contextmanager
def running(
    *,
    quota: str = "100M",
    capability: str = "",
    tokeninfo: str | None = None,
) -> Iterator[Dovecot]:
    """Run a server with the mailbox of `service`.

    Its certificate is of an authority that is in `ca.pem` of its folder, for `localhost`.

    Args:
        quota: How much the mailbox holds.
        capability: What it says that it can, in place of what it can.
        tokeninfo: Where it asks for tokens: the beginning of an address.
    """
    folder = Path(tempfile.mkdtemp(prefix="parley-imap-"))
    user = "dovecot" if os.geteuid() == 0 else None
    account = pwd.getpwnam(user) if user else pwd.getpwuid(os.geteuid())
    server = Dovecot(folder, user, free_port(), free_port())
    values = {
        "folder": folder,
        "user": account.pw_name,
        "group": grp.getgrgid(account.pw_gid).gr_name,
        "plain": server.plain,
        "tls": server.tls,
        "quota": quota,
        "capability": capability,
        "mechanisms": "xoauth2 oauthbearer" if tokeninfo else "",
    }
    text = _CONFIGURATION.format(**values, oauth=_OAUTH.format(folder=folder) if tokeninfo else "")
    (folder / "dovecot.conf").write_text(text)
    (folder / "users").write_text(f"service:{{PLAIN}}{PASSWORD}\n")
    (folder / "oauth2").write_text(
        f"tokeninfo_url = {tokeninfo}\nusername_attribute = email\n"
        "active_attribute = active\nactive_value = yes\n"
    )
    Authority(folder)
    if user:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
