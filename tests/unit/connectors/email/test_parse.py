"""Every shape of mail is read, and what is in it is found."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.email.mail import Mail
from connectors.email.parse import parse
from tests.support.mails import SHAPES, Shape

PYTHONS_OWN = Path(sysconfig.get_path("stdlib"), "test", "test_email", "data")

_CHECKS: Mapping[str, Callable[[Mail], Any]] = {
    "names": lambda mail: tuple(each.name for each in mail.attachments),
    "inline": lambda mail: tuple(each.name for each in mail.attachments if each.is_inline),
    "count": lambda mail: len(mail.attachments),
    "outcomes": lambda mail: tuple(each.outcome for each in mail.reports),
    "recipient": lambda mail: mail.reports[0].recipient,
    "status": lambda mail: mail.reports[0].status,
    "remote": lambda mail: mail.remote and mail.remote.address,
    "remote_name": lambda mail: mail.remote and mail.remote.name,
    "last_reference": lambda mail: mail.references[-1],
    "day": lambda mail: mail.date and mail.date.date().isoformat(),
}
_HELD: Mapping[str, Callable[[Mail, Any], bool]] = {
    "text_has": lambda mail, has: has in (mail.text or ""),
    "text_starts": lambda mail, has: (mail.text or "").startswith(has),
    "html_has": lambda mail, has: has in (mail.html or ""),
    "subject_starts": lambda mail, has: mail.subject.startswith(has),
    "reported": lambda mail, name: name in mail.reports[0].message_ids,
    "name_is": lambda mail, name: any(each.name == name for each in mail.attachments),
    "content_has": lambda mail, has: any(has in each.data for each in mail.attachments),
}


def test_there_are_shapes_enough() -> None:
    assert len(SHAPES) >= 200
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
    assert len({shape.data for shape in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_is_read(shape: Shape) -> None:
    mail = parse(shape.data)
    _is_sound(mail, len(shape.data))
    for what, wanted in shape.wanted.items():
        if what in _HELD:
            assert _HELD[what](mail, wanted), (what, wanted, mail.text, mail.html, mail.reports)
        else:
            found = _CHECKS[what](mail) if what in _CHECKS else getattr(mail, what)
            assert found == wanted, what


@pytest.mark.requires("python-mails")
def test_what_python_tests_itself_with_is_read() -> None:
    paths = sorted([*PYTHONS_OWN.rglob("msg_*.txt"), *PYTHONS_OWN.rglob("*.eml")])
    assert len(paths) >= 48
    for path in paths:
        data = path.read_bytes()
        mail = parse(data)
        _is_sound(mail, len(data))
        assert (
            mail.subject or mail.text or mail.html or mail.attachments or path.name == "msg_18.txt"
        ), path


def _is_sound(mail: Mail, size: int) -> None:
    """What is read is of the size of what came, and can be stored and sent."""
    texts = [mail.text or "", mail.html or "", mail.subject, mail.message_id or ""]
    texts += [each.name for each in mail.attachments]
    texts += [str(box) for box in (*mail.to, *mail.cc, *mail.reply_to)]
    for text in texts:
        text.encode()
        assert "\x00" not in text
    assert len(mail.text or "") + len(mail.html or "") <= 12 * size + 200_000
    assert sum(len(each.data) for each in mail.attachments) <= 3 * size + 200_000
    assert len(mail.references) <= 100
    assert len(mail.attachments) <= 1001
    assert all(each.name and "/" not in each.name for each in mail.attachments)


_LINES = st.sampled_from(
    [
        b"From: a@b.c",
        b"Subject: =?utf-8?q?",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/related; boundary=b",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Disposition: attachment; filename*0*=",
        b"Action: failed",
        b"begin 644 x",
        b"--b",
        b"--b--",
        b"",
        b"",
        b" folded",
        b"=?utf-8?b?/w==?=",
    ]
)


@given(st.binary(max_size=2000))
@example(b"Content-Type: text/plain; charset=utf-7\n\n+AAA")
def test_any_bytes_are_read(data: bytes) -> None:
    _is_sound(parse(data), len(data))


@settings(max_examples=300)
@given(st.lists(_LINES | st.binary(max_size=40), max_size=40))
def test_any_lines_are_read(lines: list[bytes]) -> None:
    data = b"\r\n".join(lines)
    _is_sound(parse(data), len(data))


@settings(max_examples=200)
@given(st.sampled_from([s for s in SHAPES if len(s.data) < 20_000]), st.data())
def test_a_damaged_mail_is_read(shape: Shape, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(shape.data)))
    gone = data.draw(st.integers(0, 40))
    spoiled = shape.data[:at] + data.draw(st.binary(max_size=10)) + shape.data[at + gone :]
    _is_sound(parse(spoiled), len(spoiled))
