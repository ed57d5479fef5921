"""Mails with every kind of part: files with odd names, mails in mails, signatures, invitations."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.mails.shape import Shape, base64_lines, head, mail, multi, part, whole

_PLAIN = "text/plain; charset=utf-8"
_FILE = base64_lines(b"content of a file")
_CALENDAR = (
    "BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nSUMMARY:Call\nEND:VEVENT\nEND:VCALENDAR"
)

_NAMES = (
    ("plain", 'filename="report.pdf"', "report.pdf"),
    ("no quotes", "filename=report.pdf", "report.pdf"),
    ("no quotes and spaces", "filename=my report.pdf", "my report.pdf"),
    ("RFC 2231", "filename*=utf-8''%C3%9Cbersicht.pdf", "Übersicht.pdf"),
    ("RFC 2231 in Latin-1", "filename*=iso-8859-1'de'%DCbersicht.pdf", "Übersicht.pdf"),
    ("RFC 2231 in pieces", "filename*0*=utf-8''%C3%9Cber;\n filename*1=sicht.pdf", "Übersicht.pdf"),
    ("RFC 2231 out of order", "filename*1=b.pdf;\n filename*0=a", "ab.pdf"),
    ("an encoded word in quotes", 'filename="=?utf-8?Q?=C3=9Cbersicht=2Epdf?="', "Übersicht.pdf"),
    (
        "encoded words in quotes over lines",
        'filename="=?utf-8?B?w5xiZXI=?=\n =?utf-8?B?c2ljaHQucGRm?="',
        "Übersicht.pdf",
    ),
    ("an encoded word without quotes", "filename==?utf-8?Q?=C3=9Cbersicht.pdf?=", "Übersicht.pdf"),
    ("raw UTF-8", 'filename="Übersicht.pdf"', "Übersicht.pdf"),
    ("raw Latin-1", 'filename="\udcdcbersicht.pdf"', "Übersicht.pdf"),
    ("a path of Unix", 'filename="../../etc/passwd"', "_.._etc_passwd"),
    ("a path of Windows", 'filename="C:\\\\temp\\\\a.pdf"', "C__temp_a.pdf"),
    ("a direction turned round", 'filename="gpj.\u202eexe.pdf"', "gpj._exe.pdf"),
    ("a NUL", 'filename="a\x00b.pdf"', "ab.pdf"),
    ("nothing", 'filename=""', "attachment.pdf"),
    ("no parameter", "", "attachment.pdf"),
    ("dots", 'filename="..."', "attachment.pdf"),
    ("300 letters", f'filename="{"n" * 300}.pdf"', f"{'n' * 116}.pdf"),
    ("semicolons", 'filename="a;b.pdf"', "a;b.pdf"),
    ("a name that has no end", 'filename="open.pdf', "open.pdf"),
)


def shapes() -> Iterator[Shape]:
    """All of them."""
    text = part(_PLAIN, "see below")
    for name, said, wanted in _NAMES:
        file = part(
            "application/pdf",
            _FILE,
            Content_Transfer_Encoding="base64",
            Content_Disposition=f"attachment; {said}".rstrip("; "),
        )
        data = whole(head(), multi("mixed", text, file))
        yield Shape(f"a file with {name}", data, {"names": (wanted,), "text_has": "see below"})
    yield from _files(text)
    yield from _enclosed(text)
    yield from _signed(text)
    yield from _calendars(text)


_PARTS = (
    (
        "its name in the type alone",
        part('image/png; name="x.png"', _FILE, Content_Transfer_Encoding="base64"),
        "x.png",
    ),
    (
        "a text as a file",
        part('text/plain; name="log.txt"', "line", Content_Disposition="attachment"),
        "log.txt",
    ),
    (
        "a text inline with a name",
        part(_PLAIN, "x", Content_Disposition='inline; filename="n.txt"'),
        "n.txt",
    ),
    (
        "HTML as a file",
        part("text/html", "<p>", Content_Disposition='attachment; filename="p.html"'),
        "p.html",
    ),
    (
        "CSV",
        part("text/csv; charset=utf-8", "a;b", Content_Disposition='attachment; filename="t.csv"'),
        "t.csv",
    ),
    ("a card", part("text/vcard", "BEGIN:VCARD"), "contact.vcf"),
    (
        "TNEF",
        part(
            "application/ms-tnef",
            base64_lines(b"\x78\x9f\x3e\x22\x01\x00"),
            Content_Transfer_Encoding="base64",
        ),
        "winmail.dat",
    ),
    (
        "a broken TNEF",
        part('application/ms-tnef; name="winmail.dat"', "!!", Content_Transfer_Encoding="base64"),
        "winmail.dat",
    ),
    ("an unknown type", part("application/x-odd", _FILE), "attachment.bin"),
    (
        "a type of one word",
        part("pdf", _FILE, Content_Disposition='attachment; filename="z.pdf"'),
        "z.pdf",
    ),
    (
        "uuencode",
        part(
            "application/octet-stream",
            "begin 644 u.txt\n#0V%T\n`\nend",
            Content_Transfer_Encoding="x-uuencode",
            Content_Disposition='attachment; filename="u.txt"',
        ),
        "u.txt",
    ),
    (
        "an unknown encoding",
        part(
            "application/pdf",
            "data",
            Content_Transfer_Encoding="8-bits",
            Content_Disposition='attachment; filename="e.pdf"',
        ),
        "e.pdf",
    ),
    (
        "base64 with rubbish in it",
        part(
            "application/pdf",
            "Y29u\n*dGVu!dA",
            Content_Transfer_Encoding="BASE64 ",
            Content_Disposition='attachment; filename="b.pdf"',
        ),
        "b.pdf",
    ),
    ("a body outside", part("message/external-body; access-type=URL", "x"), "attachment.bin"),
    ("a piece of a mail", part("message/partial; id=1; number=1", "x"), "attachment.bin"),
)


def _files(text: str) -> Iterator[Shape]:
    for name, file, wanted in _PARTS:
        wanted_names = (
            {"name_is": wanted} if wanted.startswith("attachment") else {"names": (wanted,)}
        )
        yield Shape(f"a part: {name}", whole(head(), multi("mixed", text, file)), wanted_names)
    many = (
        part("image/png", _FILE, Content_Disposition=f'attachment; filename="{n}.png"')
        for n in range(40)
    )
    yield Shape("forty files", whole(head(), multi("mixed", text, *many)), {"count": 40})


def _enclosed(text: str) -> Iterator[Shape]:
    inner = head("The first one") + f"Content-Type: {_PLAIN}\n\nwhat was said"
    yield Shape(
        "a mail in a mail",
        whole(head(), multi("mixed", text, part("message/rfc822", inner))),
        {"names": ("The first one.eml",), "text": "see below"},
    )
    encoded = part(
        "message/rfc822", base64_lines(inner.encode()), Content_Transfer_Encoding="base64"
    )
    yield Shape(
        "a mail in a mail in base64",
        whole(head(), multi("mixed", text, encoded)),
        {"content_has": b"what was said"},
    )
    twice = part("message/rfc822", head("Outer") + part("message/rfc822", inner))
    yield Shape(
        "a mail in a mail in a mail",
        whole(head(), multi("mixed", text, twice)),
        {"names": ("Outer.eml",)},
    )
    digest = multi("digest", "\n" + inner, "\n" + inner)
    yield Shape("a digest", whole(head(), digest), {"count": 2})
    yield Shape(
        "a forwarded mail as the whole",
        whole(head(), part("message/rfc822", inner)),
        {"names": ("The first one.eml",)},
    )
    yield Shape(
        "a mail in Outlook's rich text",
        whole(
            head(Content_Type="application/ms-tnef", Content_Transfer_Encoding="base64"),
            "\n" + _FILE,
        ),
        {"names": ("winmail.dat",)},
    )


def _signed(text: str) -> Iterator[Shape]:
    signature = part(
        'application/pkcs7-signature; name="smime.p7s"', _FILE, Content_Transfer_Encoding="base64"
    )
    yield Shape(
        "S/MIME, signed in clear",
        whole(head(), multi("signed", text, signature, parameters="; protocol=x")),
        {"text": "see below", "names": ("smime.p7s",)},
    )
    opaque = head(
        Content_Type="application/pkcs7-mime; smime-type=signed-data",
        Content_Transfer_Encoding="base64",
    )
    yield Shape("S/MIME, signed and closed", mail(opaque, _FILE), {"names": ("smime.p7m",)})
    sealed = head(
        Content_Type='application/x-pkcs7-mime; name="smime.p7m"',
        Content_Transfer_Encoding="base64",
    )
    yield Shape("S/MIME, encrypted", mail(sealed, _FILE), {"names": ("smime.p7m",)})
    pgp = part("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----")
    yield Shape(
        "PGP/MIME, signed",
        whole(head(), multi("signed", text, pgp)),
        {"names": ("signature.asc",), "text": "see below"},
    )
    version = part("application/pgp-encrypted", "Version: 1")
    data = part('application/octet-stream; name="encrypted.asc"', "-----BEGIN PGP MESSAGE-----")
    yield Shape(
        "PGP/MIME, encrypted",
        whole(head(), multi("encrypted", version, data)),
        {"names": ("version.asc", "encrypted.asc")},
    )
    clear = "-----BEGIN PGP SIGNED MESSAGE-----\n\nHello\n-----BEGIN PGP SIGNATURE-----\n"
    yield Shape("PGP in the text", mail(head(), clear), {"text_has": "BEGIN PGP SIGNED"})
    both = multi(
        "mixed", multi("signed", text, signature, boundary="b2"), part(_PLAIN, "scanned, no virus")
    )
    yield Shape(
        "a signed mail with a footer",
        whole(head(), both),
        {"text_has": "no virus", "names": ("smime.p7s",)},
    )


def _calendars(text: str) -> Iterator[Shape]:
    for method in ("REQUEST", "REPLY", "CANCEL"):
        kind = f"text/calendar; charset=utf-8; method={method}"
        calendar = part(kind, _CALENDAR.format(method=method))
        yield Shape(
            f"an invitation, {method}",
            whole(head(), multi("alternative", text, part("text/html", "<p>see</p>"), calendar)),
            {"text": "see below", "names": ("invitation.ics",)},
        )
    alone = part('text/calendar; name="meeting.ics"', _CALENDAR.format(method="REQUEST"))
    yield Shape("an invitation alone", whole(head(), alone), {"names": ("meeting.ics",)})
    google = part(
        'application/ics; name="invite.ics"',
        _FILE,
        Content_Transfer_Encoding="base64",
        Content_Disposition='attachment; filename="invite.ics"',
    )
    both = multi(
        "mixed",
        multi("alternative", text, part("text/calendar", "BEGIN:VCALENDAR"), boundary="b2"),
        google,
    )
    yield Shape(
        "an invitation of Google's, twice",
        whole(head(), both),
        {"names": ("invitation.ics", "invite.ics")},
    )
