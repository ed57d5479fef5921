"""What `make run` starts, as a newcomer uses it: a mail from the folder is answered in the terminal."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from broker.child import ServedBroker
from tests.support.terminals import PATIENCE, ROOT, Piped, Tmux, command, sample_broker

RUN = ROOT / ".ci" / "run.py"


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, ServedBroker]:
    """A folder as `make run` makes it, on ports of its own."""
    broker = sample_broker(tmp_path)
    where = f"{broker.address[0]}:{broker.address[1]}"
    text = (ROOT / ".ci" / "mail.toml").read_text("utf-8").replace("127.0.0.1:7070", where)
    (tmp_path / "mail.toml").write_text(text, "utf-8")
    (tmp_path / "mail" / "in").mkdir(parents=True)
    return tmp_path, broker


@contextmanager
def running(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """The program that `make run` runs, until the block is left."""
    child = subprocess.Popen(
        [sys.executable, str(RUN), "parley.toml", "mail.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline().startswith("listening on ")
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait(PATIENCE)
        child.stdout.close()


def test_a_mail_that_is_dropped_is_answered_in_the_terminal(
    place: tuple[Path, ServedBroker],
) -> None:
    """B-50, B-57, B-62: through the broker and two of its clients, on their way in and out."""
    folder, broker = place
    with running(folder) as child, Piped(command("agent", broker, "--ready")) as alice:
        shutil.copy(ROOT / ".ci" / "hello.eml", folder / "mail" / "in")
        alice.shows("writes, When do you open?")
        alice.types("/accept")
        alice.shows("[1] Jana Nova <jana@example.org>: When do you open?")
        for line in ("/answer", "At nine.", "", "Alice", "."):
            alice.types(line)
        alice.shows("message [3] is sent")
        alice.types("/finish")
        alice.shows("the conversation is closed")
        assert alice.leaves() == 0
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 0
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (folder / "mail" / "out").iterdir()
    ]
    (answer,) = [one for one in mails if "Auto-Submitted" not in one]
    assert (answer["To"], answer["In-Reply-To"]) == (
        "Jana Nova <jana@example.org>",
        "<hello@example.org>",
    )
    body = answer.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:3] == ["At nine.", "", "Alice"]
    assert not list((folder / "mail" / "in").iterdir())


@pytest.mark.requires("tmux")
def test_a_mail_is_answered_on_the_full_screen_and_in_an_editor(
    place: tuple[Path, ServedBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, broker = place
    editor = folder / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "At ten, perhaps.\\n\\nAlice\\n" > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    with running(folder), Tmux(folder / "tmux") as tmux:
        alice = tmux.opens("alice", command("agent", broker, "--ready"))
        alice.shows("● connected", "ready")
        shutil.copy(ROOT / ".ci" / "hello.eml", folder / "mail" / "in")
        alice.shows("#1 Email: Jana Nova calls,", "/accept 1 or /reject 1")
        alice.enters("/accept")
        alice.shows("I would like to see the red boots.", "[#1 Email: Jana Nova]")
        alice.enters("/answer")
        alice.shows("a line with a dot alone sends them")
        alice.enters("At nine.")
        alice.shows("draft: At nine.")
        alice.presses("Enter")
        alice.enters("Bob")
        alice.shows("draft: At nine.", "\nBob")
        alice.enters("/edit")
        alice.shows("draft: At ten, perhaps.", "\nAlice")
        alice.enters(".")
        alice.shows("At ten, perhaps.", "Alice  ✓", "message [3] is sent")
        alice.enters("/park 2h")
        alice.shows("put aside until ", "[#1 Email: Jana Nova, put aside]")
        alice.enters("/quit")


def _html_mail() -> bytes:
    """A mail that has HTML alone, and a file whose name leads elsewhere."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = "Jana Nova <jana@example.org>", "office@example.com"
    mail["Subject"], mail["Message-ID"] = "The plan", "<plan@example.org>"
    mail.set_content("<p>Here is <b>the plan</b>.</p><script>1</script>", subtype="html")
    mail.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="../plan.csv")
    return mail.as_bytes()


@pytest.mark.requires("tmux")
def test_html_is_read_a_file_is_saved_and_a_message_is_begun(
    place: tuple[Path, ServedBroker],
) -> None:
    """B-61, B-62: on a real terminal, through the broker and its mailbox."""
    folder, broker = place
    saved = folder / "saved"
    saved.mkdir()
    (saved / "plan.csv").write_text("mine")
    with running(folder), Tmux(folder / "tmux") as tmux:
        alice = tmux.opens("alice", command("agent", broker, "--ready"))
        alice.shows("● connected", "ready")
        (folder / "mail" / "in" / "plan.eml").write_bytes(_html_mail())
        alice.shows("#1 Email: Jana Nova calls,")
        alice.enters("/accept")
        alice.shows("Here is the plan.", "plan.csv (8 bytes)", ": open, answer by ")
        alice.enters(f"/save {saved}")
        alice.shows("saved as ")
        alice.enters("/finish")
        alice.shows("the conversation is closed")
        alice.enters("/mail new Office mail eva@example.org")
        alice.shows("#2 eva@example.org: being written", "/subject TEXT")
        alice.enters("/subject Your boots")
        alice.shows("subject: Your boots")
        alice.enters("They are here.")
        alice.shows("to eva@example.org: They are here.")
        alice.enters(".")
        alice.shows("message [1] is sent", "the conversation is yours")
        alice.enters("/quit")
    assert (saved / "plan.csv").read_text() == "mine"
    others = [file for file in saved.iterdir() if file.name != "plan.csv"]
    assert [file.read_bytes() for file in others] == [b"a,b\n1,2\n"]
    mails = [file.read_bytes() for file in (folder / "mail" / "out").iterdir()]
    assert any(b"They are here." in mail and b"To: eva@example.org" in mail for mail in mails)


def test_when_the_channel_ends_that_is_said_and_the_broker_goes_on(
    place: tuple[Path, ServedBroker],
) -> None:
    folder, broker = place
    file = folder / "mail.toml"
    file.write_text(file.read_text("utf-8").replace('"mail-secret"', '"wrong"'), "utf-8")
    with running(folder) as child, Piped(command("agent", broker)) as alice:
        assert child.stdout is not None
        lines = iter(child.stdout.readline, "")
        assert any("Mail is not carried any more: parley email ended with 3" in x for x in lines)
        alice.shows("connected")
        assert alice.leaves() == 0


def test_the_broker_that_cannot_start_ends_it_with_its_status(
    place: tuple[Path, ServedBroker],
) -> None:
    folder, _ = place
    (folder / "parley.toml").write_text("[server", "utf-8")
    child = subprocess.run(
        [sys.executable, str(RUN), "parley.toml", "mail.toml"],
        cwd=folder,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (child.returncode, b"is not valid TOML" in child.stderr) == (2, True)
