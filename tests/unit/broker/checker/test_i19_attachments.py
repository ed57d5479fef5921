"""What the checker says of attachments: I-19."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from attrs import evolve

from broker.checker.dump import AttachmentRow, BlobRow, Dump
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.i19_attachments import whole_attachments
from broker.checker.post import DraftRow, MessageRow
from protocol.blob import AttachmentInfo, BlobInfo, BlobStatusInfo
from protocol.chat import ChatSentenceInfo
from protocol.frame import Frame
from protocol.values import Guid

CHAT = Guid("00000000-0000-4000-a000-000000000001")
DATA = b"0123456789"
GOOD = BlobRow(
    no=1,
    id=Guid("00000000-0000-4000-a000-000000000002"),
    size=10,
    sha256=sha256(DATA).hexdigest(),
    scan="Clean",
    completed_at=1,
    attached_at=2,
    content=DATA,
)
NAMED = AttachmentRow(chat=CHAT, counter=3, blob_no=1)


def said(row: BlobRow, *payloads: object, named: AttachmentRow = NAMED) -> list[str]:
    """What the law says of a store, and of what a client got."""
    dialled = {"client": "web", "role": "connector", "peers": ["web"], "login": None}
    events = [Event(1, Kind.DIALLED, "web#1", None, dialled)]
    types = {BlobInfo: "SE_BLOB_DATA", BlobStatusInfo: "SE_BLOB_STATUS"}
    for payload in payloads:
        frame = Frame(types.get(type(payload), "SE_CHAT_SENTENCE"), payload)
        events.append(Event(2, Kind.GOT, "web#1", frame))
    story = Story.read(events, Dump(blobs=(row,), attachments=(named,)))
    return [violation.text for violation in whole_attachments(story)]


def piece(data: bytes, offset: int = 0) -> BlobInfo:
    return BlobInfo(peer="web", blob_id=GOOD.id, offset=offset, data=data)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"content": DATA[:-1]}, "not whole"),
        ({"content": b"x" * 10}, "not whole"),
        ({"completed_at": None}, "not whole"),
        ({"attached_at": None}, "not kept"),
        ({"dropped_at": 3}, "not kept"),
        ({"no": 2}, "not whole"),
    ],
)
def test_what_is_named_is_whole_and_kept(changed: dict[str, Any], text: str) -> None:
    assert said(GOOD) == []
    (found,) = said(evolve(GOOD, **changed))
    assert found.endswith(text)


def test_what_is_given_out_is_what_is_stored() -> None:
    assert said(GOOD, piece(DATA), piece(DATA[4:7], 4), piece(b"", 10)) == []
    assert len(said(GOOD, piece(DATA[4:7], 5))) == 1
    assert len(said(GOOD, evolve(piece(DATA), blob_id=CHAT))) == 1


@pytest.mark.parametrize("scan", ["Infected", "Failed", "Pending"])
def test_what_is_not_clean_is_given_out_to_nobody(scan: str) -> None:
    (found,) = said(evolve(GOOD, scan=scan), piece(DATA))
    assert found.endswith(scan)
    assert said(evolve(GOOD, scan="Off"), piece(DATA)) == []


def test_what_is_called_complete_is() -> None:
    told = BlobStatusInfo(peer="web", blob_id=GOOD.id, offset=10, is_complete=True)
    assert said(GOOD, told) == []
    assert said(GOOD, evolve(told, blob_id=CHAT, is_complete=False)) == []
    (found,) = said(GOOD, evolve(told, blob_id=CHAT))
    assert "complete" in found


def test_a_sentence_is_told_with_what_it_is_stored_with() -> None:
    told = ChatSentenceInfo(counter=3, attachments=(AttachmentInfo(blob_id=GOOD.id),))
    assert said(GOOD, told) == []
    (found,) = said(GOOD, evolve(told, counter=4))
    assert "not stored" in found


def of_post(row: BlobRow, **posted: object) -> list[str]:
    """What the law says of a store with a message or a draft."""
    story = Story.read([], Dump(blobs=(row,), **posted))  # type: ignore[arg-type]  # of either kind
    return [violation.text for violation in whole_attachments(story)]


NAMES = {"Attachments": [{"BlobId": GOOD.id, "Name": "a.pdf"}]}
DRAFT = DraftRow(conversation=CHAT, agent=CHAT, at=3, content=NAMES)
LETTER = MessageRow(
    id=CHAT, no=1, counter=1, gateway=CHAT, inbound=True, at=3, chat=CHAT, header=NAMES
)


def test_what_messages_and_drafts_name_is_whole() -> None:
    """A draft holds what it names without its being named for good."""
    assert of_post(GOOD, messages=(LETTER,), drafts=(DRAFT,)) == []
    assert of_post(evolve(GOOD, attached_at=None), drafts=(DRAFT,)) == []
    assert of_post(GOOD, drafts=(evolve(DRAFT, content={}),)) == []


@pytest.mark.parametrize("changed", [{"content": DATA[:-1]}, {"dropped_at": 9}, {"id": CHAT}])
def test_what_they_name_and_is_gone_is_found(changed: dict[str, Any]) -> None:
    row = evolve(GOOD, **changed)
    assert "the draft names" in of_post(row, drafts=(DRAFT,))[0]
    assert f"message {CHAT} names" in of_post(row, messages=(LETTER,))[0]


def test_what_a_message_names_is_kept_for_good() -> None:
    assert "not kept" in of_post(evolve(GOOD, attached_at=None), messages=(LETTER,))[0]
