"""The files in a `winmail.dat`: all of them, or the whole stays packed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.parse import parse
from connectors.email.tnef import files_in
from tests.support.mails.shape import base64_lines
from tests.support.tnef import attribute, file, number, odd_properties, wide, winmail

REPORT = file(
    b"QUARTE~1.PDF",
    b"%PDF-1.7",
    *odd_properties(),
    wide(0x3707, "Čtvrtletí.pdf"),
    wide(0x370E, "application/PDF"),
    wide(0x3712, "<image1@here>"),
    number(0x3705, 1),
)
OLD = file("Größe.txt".encode("cp1252"), b"ten")
EMBEDDED = file(b"A mail", None, number(0x3705, 5))


def test_the_files_in_it_have_their_names_and_types() -> None:
    (report, old), are_all = files_in(winmail(REPORT, OLD))
    assert are_all
    assert (report.name, report.data) == ("Čtvrtletí.pdf", b"%PDF-1.7")
    assert (report.content_type, report.content_id) == ("application/pdf", "image1@here")
    assert (old.name, old.data, old.content_id) == ("Größe.txt", b"ten", None)


def test_what_outlook_alone_can_open_stays_in_the_whole() -> None:
    files, are_all = files_in(winmail(OLD, EMBEDDED))
    assert ([one.data for one in files], are_all) == ([b"ten"], False)
    assert files_in(winmail()) == ([], False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF",
        winmail(REPORT)[1:],
        winmail(REPORT)[:-20],
        winmail(attribute("attachment", 0x8010, b"a file that has not begun")),
        winmail(file(b"x", b"y", b"\xff\x0f\x05\x37\0\0\0\0")),
        winmail(file(b"x", b"y", b"\x02\x01\x05\x37" + b"\xff" * 8)),
    ],
)
def test_what_is_broken_stays_packed(data: bytes) -> None:
    assert files_in(data) == ([], False)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_nothing_that_comes_ends_the_program(noise: bytes, at: int) -> None:
    whole = winmail(REPORT, OLD)
    files_in(noise)
    files_in(whole[:6] + noise)
    files_in(whole[:at] + noise + whole[at + len(noise) :])


def test_a_count_is_its_senders_word() -> None:
    """Four thousand million properties end where the bytes do."""
    endless = b"\xff\xff\xff\xff" + b"\x03\x00\x01\x00\0\0\0\0" * 3
    assert files_in(winmail(file(b"x", b"y") + attribute("attachment", 0x9005, endless)))[0] == []


@pytest.mark.parametrize(
    ("kind", "packed", "names"),
    [
        ("application/ms-tnef", winmail(REPORT, OLD), ["Čtvrtletí.pdf", "Größe.txt"]),
        ("application/vnd.ms-tnef", winmail(OLD, EMBEDDED), ["Größe.txt", "winmail.dat"]),
        ('application/octet-stream; name="WINMAIL.DAT"', winmail(OLD), ["Größe.txt"]),
        ("application/ms-tnef", winmail(file(b"..\\a/b", b"")), ["_a_b"]),
        ("application/ms-tnef", winmail(file(b"", b"z")), ["attachment.bin"]),
        ("application/ms-tnef", b"broken", ["winmail.dat"]),
        ('application/octet-stream; name="a.dat"', winmail(OLD), ["a.dat"]),
    ],
)
def test_a_mail_brings_the_files(kind: str, packed: bytes, names: list[str]) -> None:
    mail = (
        b"From: eva@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\n\nSee the files.\n"
        b"--x\nContent-Transfer-Encoding: base64\nContent-Type: " + kind.encode() + b"\n\n"
    )
    found = parse(mail + base64_lines(packed).encode() + b"\n--x--\n")
    assert [one.name for one in found.attachments] == names
    assert (found.text or "").strip() == "See the files."
