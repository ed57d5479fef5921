"""Mails that are broken: by programs, on their way, or on purpose."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.mails.shape import Shape, base64_lines, head, mail, multi, part, whole

_PLAIN = "text/plain; charset=utf-8"


def _nested(depth: int, kind: str) -> bytes:
    layers = "".join(
        f'Content-Type: multipart/{kind}; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)
    )
    return (head() + layers + "\ninnermost").encode()


def _repeated(name: str, value: str, times: int) -> str:
    return head() + f"{name}: {value}\n" * times


def shapes() -> Iterator[Shape]:
    """All of them."""
    yield from _heads()
    yield from _bodies()
    yield from _bombs()
    yield from _lines()


_BAD_DATES = (
    ("words", "yesterday"),
    ("a day that is none", "Tue, 45 Oct 2023 14:03:12 +0200"),
    ("a zone that is none", "Tue, 03 Oct 2023 14:03:12 +9900"),
    ("a year before all", "Mon, 01 Jan 0001 00:00:00 +1400"),
    ("a year behind all", "Fri, 31 Dec 99999 23:59:59 +0000"),
    ("nothing", ""),
    ("German", "Di, 03 Okt 2023 14:03:12 +0200"),
)
_GOOD_DATES = (
    ("a zone by name", "Tue, 03 Oct 2023 08:03:12 EDT"),
    ("a comment", "Tue, 3 Oct 2023 14:03:12 +0200 (CEST)"),
    ("two digits of a year", "3 Oct 23 12:03:12 +0000"),
    ("no day of the week", "3 Oct 2023 14:03:12 +0200"),
    ("no seconds", "Tue, 3 Oct 2023 14:03 +0200"),
    ("no zone", "Tue, 3 Oct 2023 12:03:12"),
)
_RECEIVERS = (
    ("nobody", ""),
    ("undisclosed", "undisclosed-recipients:;"),
    ("a group", "Team: a@x.example, b@x.example;"),
    ("rubbish", "<<<>>>,,,@@@"),
    ("semicolons", "a@x.example; b@x.example"),
    ("a comment never closed", "a@x.example (Ann"),
    ("a quote never closed", '"Ann <a@x.example>'),
    ("brackets", "(" * 500),
    ("a thousand", ", ".join(f"u{n}@x.example" for n in range(1000))),
)


def _heads() -> Iterator[Shape]:
    yield Shape("nothing", b"", {"text": "", "remote": None})
    yield Shape("one line break", b"\r\n", {})
    yield Shape("headers and no body", head().encode(), {"subject": "Question"})
    yield Shape("a body and no headers", b"\r\nHello\r\n", {"text_has": "Hello"})
    yield Shape("words where headers belong", b"Hello there\r\nfriend\r\n", {})
    yield Shape("bytes of an image", bytes(range(256)) * 8, {})
    yield Shape("UTF-16 throughout", "Subject: x\n\nhello".encode("utf-16"), {})
    yield Shape("a byte order mark in front", b"\xef\xbb\xbf" + mail(head(), "Hi\n"), {})
    yield Shape(
        "a line of mbox in front",
        b"From ann@x Tue Oct  3\n" + mail(head(), "Hi\n"),
        {"subject": "Question"},
    )
    yield Shape(
        "line feeds alone", mail(head(), "Hello\n").replace(b"\r\n", b"\n"), {"text_has": "Hello"}
    )
    yield Shape("carriage returns alone", mail(head(), "Hello\n").replace(b"\r\n", b"\r"), {})
    yield Shape(
        "line ends mixed", mail(head(), "a\n").replace(b"\r\n", b"\n", 3), {"text_has": "a"}
    )
    yield Shape(
        "NULs everywhere", mail(head("a\x00b"), "x\x00y\n"), {"text": "xy\n", "subject": "ab"}
    )
    yield Shape("a header twice", mail(head() + "Subject: Second\n", "x"), {"subject": "Question"})
    yield Shape("a space before the colon", mail(head().replace("Subject:", "Subject :"), "x"), {})
    yield Shape(
        "no space behind the colon", mail(head().replace(": ", ":"), "x"), {"subject": "Question"}
    )
    yield Shape("headers in capitals", mail(head().upper(), "x"), {"subject": "QUESTION"})
    yield Shape(
        "a name of a header in eight bits", mail(head() + "X-\udcfc: y\n", "x"), {"text_has": "x"}
    )
    for name, date in _BAD_DATES:
        yield Shape(f"a date: {name}", mail(head(Date=date), "x"), {"text": "x"})
    for name, date in _GOOD_DATES:
        yield Shape(f"a date: {name}", mail(head(Date=date), "x"), {"day": "2023-10-03"})
    for name, value in _RECEIVERS:
        yield Shape(f"to: {name}", mail(head(To=value), "x"), {"text": "x"})


_CARRIED = (
    ("base64 cut short", "base64", "cmVhZGFibGUgdGV4dA", "readable text"),
    ("base64 in one line", "base64", "cmVhZGFibGUgdGV4dA==", "readable text"),
    ("base64 that is none", "base64", "readable text here", ""),
    ("quoted-printable that is none", "quoted-printable", "100% = all =ZZ =", "100% = all"),
    ("quoted-printable with long lines", "quoted-printable", "x" * 2000 + "=C3=A4", "ä"),
    ("an encoding that is none", "utf-8", "readable", "readable"),
    ("an encoding with a comment", "7bit (plain)", "readable", "readable"),
    ("binary", "binary", "readable", "readable"),
)


def _bodies() -> Iterator[Shape]:
    yield from _types()
    yield from _cut()
    yield from _encodings()


def _cut() -> Iterator[Shape]:
    text = part(_PLAIN, "readable")
    yield Shape(
        "no boundary said",
        mail(head(Content_Type="multipart/mixed"), f"--b\n{text}\n--b--\n"),
        {"text_has": "readable"},
    )
    yield Shape(
        "a boundary that does not come",
        mail(head(Content_Type='multipart/mixed; boundary="x"'), "readable\n"),
        {"text_has": "readable"},
    )
    yield Shape(
        "an empty boundary",
        mail(head(Content_Type='multipart/mixed; boundary=""'), "readable\n"),
        {"text_has": "readable"},
    )
    cut = whole(
        head(),
        multi(
            "mixed",
            text,
            part("image/png", base64_lines(b"x" * 400), Content_Transfer_Encoding="base64"),
        ),
    )
    yield Shape("cut in the middle of a file", cut[:-300], {"text_has": "readable", "count": 1})
    yield Shape(
        "without its last boundary",
        cut.rsplit(b"--b1--", 1)[0],
        {"text_has": "readable", "count": 1},
    )
    yield Shape(
        "the same boundary inside", whole(head(), multi("mixed", multi("alternative", text))), {}
    )
    yield Shape(
        "a preamble and no parts",
        mail(head(Content_Type='multipart/mixed; boundary="b"'), "readable\n--b--\n"),
        {"text_has": "readable"},
    )
    yield Shape(
        "base64 around a whole multipart",
        whole(head(Content_Transfer_Encoding="base64"), multi("mixed", text)),
        {"text_has": "readable"},
    )
    yield Shape(
        "a mail in a mail without headers",
        whole(head(), multi("mixed", text, part("message/rfc822", "no headers here"))),
        {"text_has": "readable"},
    )


def _types() -> Iterator[Shape]:
    yield Shape(
        "a type without a slash",
        mail(head(Content_Type="text"), "readable\n"),
        {"text_has": "readable"},
    )
    yield Shape(
        "a type of HTML without its semicolon",
        mail(head(Content_Type="text/html charset=utf-8"), "<p>Ä</p>"),
        {"html_has": "Ä"},
    )
    yield Shape(
        "a type in capitals",
        mail(head(Content_Type='TEXT/PLAIN; CHARSET="UTF-8"'), "Ä\n"),
        {"text_has": "Ä"},
    )
    yield Shape(
        "a type twice",
        mail(head() + "Content-Type: text/plain\nContent-Type: text/html\n", "readable"),
        {"text": "readable"},
    )
    yield Shape(
        "two charsets in a type",
        mail(head(Content_Type="text/plain; charset=utf-8; charset=koi8-r"), "Ä\n"),
        {"text_has": "Ä"},
    )


def _encodings() -> Iterator[Shape]:
    for name, how, body, has in _CARRIED:
        headers = head(Content_Type=_PLAIN, Content_Transfer_Encoding=how)
        yield Shape(f"body: {name}", mail(headers, body), {"text_has": has})


def _bombs() -> Iterator[Shape]:
    yield Shape("forty multiparts in each other", _nested(39, "mixed"), {"text_has": "innermost"})
    yield Shape(
        "five hundred multiparts in each other", _nested(500, "mixed"), {"name_is": "original.eml"}
    )
    yield Shape(
        "three thousand multiparts in each other",
        _nested(3000, "alternative"),
        {"name_is": "original.eml"},
    )
    yield Shape(
        "mails in mails without end",
        (head() + "Content-Type: message/rfc822\n\n" * 2000).encode(),
        {},
    )
    parts = b"--b\n\nx\n" * 20_000
    yield Shape(
        "twenty thousand parts",
        mail(head(Content_Type="multipart/mixed; boundary=b"), parts),
        {"name_is": "original.eml"},
    )
    few = b"--b\nContent-Type: application/x\n\nx\n" * 3_000
    yield Shape(
        "three thousand parts",
        mail(head(Content_Type="multipart/mixed; boundary=b"), few),
        {"name_is": "original.eml"},
    )


def _lines() -> Iterator[Shape]:
    yield Shape(
        "a header of a megabyte", mail(head("x" * 1_000_000), "x"), {"subject_starts": "xxx"}
    )
    yield Shape(
        "a hundred thousand headers",
        mail(_repeated("X-A", "b", 100_000), "x"),
        {"subject": "Question"},
    )
    yield Shape(
        "a thousand Received", mail(_repeated("Received", "from a by b", 1000), "x"), {"text": "x"}
    )
    yield Shape(
        "encoded words without end", mail(head("=?utf-8?q?a?= " * 5000), "x"), {"text": "x"}
    )
    yield Shape("encoded words that hang", mail(head("=?a?q?" * 3000), "x"), {"text": "x"})
    yield Shape(
        "parameters without end",
        mail(head(Content_Type="text/plain; " + "a=b; " * 5000), "x"),
        {"text": "x"},
    )
    yield Shape(
        "a name in a thousand pieces",
        mail(
            head(
                Content_Disposition="attachment; "
                + "".join(f"filename*{n}=a; " for n in range(1000))
            ),
            "x",
        ),
        {},
    )
    yield Shape("comments in comments", mail(head(To="(" * 5000 + ")" * 5000), "x"), {"text": "x"})
    yield Shape("a line of ten megabytes", mail(head(), b"x" * 10_000_000), {"text_starts": "xxx"})
    yield from _long()


def _long() -> Iterator[Shape]:
    """What takes for ever where the time grows with the square of the length."""
    flowed = head(Content_Type="text/plain; format=flowed")
    yield Shape(
        "one paragraph of 200,000 lines",
        mail(flowed, "flowing \n" * 200_000),
        {"text_starts": "flow"},
    )
    uu = "begin 644 u.bin\n" + "M" + "0" * 60 + "\n"
    lines = "M" + "0" * 60 + "\n"
    coded = head(
        Content_Transfer_Encoding="x-uuencode",
        Content_Disposition='attachment; filename="u.bin"',
        Content_Type="application/octet-stream",
    )
    yield Shape(
        "200,000 lines of uuencode", mail(coded, uu + lines * 200_000 + "`\nend\n"), {"count": 1}
    )
    daemon = head("Undeliverable", From="MAILER-DAEMON@x.example")
    yield Shape("a report of line breaks", mail(daemon, "\n" * 2_000_000), {})
    yield Shape("a report of one long word", mail(daemon, "a" * 2_000_000), {})
    yield Shape(
        "a report of angles",
        mail(
            head("Undeliverable", From="MAILER-DAEMON@x.example", Content_Type="text/html"),
            "<" * 1_000_000,
        ),
        {},
    )
    yield Shape(
        "a text of dashes", mail(head(), "-- a line of SQL\n" * 12_000), {"name_is": "original.eml"}
    )
