"""`parley explain` of a conversation (B-30, B-54)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from broker.config.model import SECOND
from broker.core.facts.causes import AttemptOutcome, WrapupEnd
from broker.core.facts.messages import ConversationWrapupEnded, ConversationWrapupStarted
from broker.reporting.explain.command import explain_main
from broker.store import Store
from protocol.values import MessageStatus
from tests.support import letters
from tests.support.letters import ALICE, AT, TALK
from tests.support.mail import MAIL_CONFIG, Post
from tests.support.playbook import Playbook

WAIT = """
[[wait_rules]]
name = "Help"
for = "messages"
level = 1
after = "1m"
projects = ["Support"]
priority = 7
"""


def told(url: str, asked: str, *more: str) -> tuple[int, str]:
    out = io.StringIO()
    status = explain_main([asked, "--store", url, *more], out, clock=AT + 100)
    return status, out.getvalue()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A life with an attempt that came to nothing."""
    found = f"sqlite:///{tmp_path}/store.db"
    store = Store.open(found)
    store.begin_life(AT)
    failed = letters.delivered(
        MessageStatus.FAILED, AttemptOutcome.PERMANENT, error="permanent: no such box"
    )
    store.commit([*letters.a_life(), failed, *letters.the_end()])
    store.note_life(AT + 100)
    store.close()
    return found


def test_the_story_is_told(url: str) -> None:
    status, text = told(url, TALK)
    assert status == 0
    lines = [line.split("  ", 1)[-1] for line in text.splitlines()]
    assert lines[0].startswith(f"Conversation {TALK}: Closed, gateway ")
    assert lines[1] == "Subject: Boots"
    for said in (
        "The conversation began.",
        "Message 1 came from eva@example.org.",
        f"{ALICE} took it.",
        "Message 2 was refused for good: permanent: no such box",
        "It was put aside.",
        f"{ALICE} closed it (Solved).",
    ):
        assert said in lines, said


def test_only_what_concerns_an_agent(url: str) -> None:
    text = told(url, TALK, "--agent", ALICE)[1]
    assert "took it" in text
    assert "came from" not in text


@pytest.mark.parametrize(
    ("over", "said"),
    [
        (None, f"{ALICE} wraps up until 20.0 s later."),
        (("agent", "Sold"), f"{ALICE} wrapped up for 12.0 s (agent, code Sold)."),
        (("expired", None), f"{ALICE} wrapped up for 12.0 s (expired)."),
    ],
)
def test_the_work_after_it_is_told(
    url: str, over: tuple[str, str | None] | None, said: str
) -> None:
    """B-57: behind its end."""
    store, at = Store.open(url, create=False), AT + 20
    who = {**letters.WHICH, "agent": ALICE}
    store.commit([ConversationWrapupStarted(**who, at=at, until=at + 20 * SECOND)])
    if over is not None:
        cause, code = over
        ended = ConversationWrapupEnded(
            **who, at=at + 12 * SECOND, cause=WrapupEnd(cause), code=code
        )
        store.commit([ended])
    store.note_life(AT + 30 * SECOND)
    store.close()
    lines = [line.split("  ", 1)[-1] for line in told(url, TALK)[1].splitlines()]
    behind = lines.index(f"{ALICE} closed it (Solved).") + 1
    assert lines[behind] == said


def test_the_same_for_programs(url: str) -> None:
    found = json.loads(told(url, TALK, "--json")[1])
    assert found["conversation"]["remote_address"] == "eva@example.org"
    assert found["story"][0]["what"] == "started"


def test_what_is_neither_a_chat_nor_a_conversation(url: str) -> None:
    assert told(url, letters.guid(77))[0] == 1


def test_what_the_rules_said_is_told(tmp_path: Path) -> None:
    """B-57..B-59: each way that a conversation may go."""
    play = Playbook(MAIL_CONFIG + WAIT)
    post = Post(play)
    post.brings("My invoice")
    post.brings(SubjectField="Our newsletter")
    post.brings(SpamLevel=3)
    Post(play, "sms", "Texts").brings("")
    play.wait(60)
    url, config = f"sqlite:///{tmp_path}/store.db", tmp_path / "parley.toml"
    config.write_text(MAIL_CONFIG + WAIT + f'\n[store]\nurl = "{url}"\n', encoding="utf-8")
    store = Store.open(url)
    store.begin_life(play.now - 1)
    store.commit([fact for fact in play.facts if fact.durable])
    store.close()
    talks = play.state.messages.conversations
    said = [told(str(config), talk)[1] for talk in talks]
    assert "project Sales." in said[0]
    widened = 'Wait rule "Help" of level 1 applied after 1:00'
    assert f"{widened}: agents of Support may take it too; its priority rose by 7." in said[0]
    assert "matched and closes it." in said[1]
    assert "Nobody is to work on it: spam." in said[2]
    assert "No message rule matched: it is put aside" in said[3]
