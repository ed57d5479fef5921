"""Mails as the programs of people write them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.mails.shape import Shape, base64_lines, head, mail, multi, part, whole

_PNG = base64_lines(b"\x89PNG\r\n\x1a\n" + bytes(range(64)))
_PDF = base64_lines(b"%PDF-1.7\n" + b"x" * 100)
_HTML = "text/html; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"


def _answer(program: str, quoted: str, **more: str) -> bytes:
    """An answer in text, with what it answers as a program quotes it."""
    headers = head(
        "Re: Your ticket",
        Content_Type=_PLAIN,
        In_Reply_To="<out-7@example.com>",
        References="<first@customer.example> <out-7@example.com>",
        **more,
    )
    return mail(headers, f"That helped, thanks.\n\n{quoted}\n> Did it help?\n")


_BOTH = (part(_PLAIN, "Hello *you*"), part(_HTML, "<p>Hello <b>you</b></p>"))

_PDF_FILE = part(
    'application/pdf; name="a.pdf"',
    _PDF,
    Content_Transfer_Encoding="base64",
    Content_Disposition='attachment; filename="a.pdf"',
)

_ANSWERS = (
    ("Gmail", {"X_Gm_Message_State": "AOJu0Y"}, "On Tue, Oct 3, 2023 at 2:00 PM Service wrote:"),
    (
        "Apple Mail",
        {"X_Mailer": "Apple Mail (2.3731)"},
        "> On 3. Oct 2023, at 14:00, Service wrote:",
    ),
    (
        "iPhone",
        {"X_Mailer": "iPhone Mail (21A350)"},
        "Sent from my iPhone\n\n> On 3 Oct 2023 wrote:",
    ),
    ("Thunderbird", {"User_Agent": "Mozilla Thunderbird"}, "Am 03.10.23 um 14:00 schrieb Service:"),
    (
        "Outlook",
        {"X_Mailer": "Microsoft Outlook 16.0"},
        "-----Original Message-----\nFrom: Service",
    ),
    ("Outlook Web", {"X_MS_Has_Attach": ""}, "________________________________\nFrom: Service"),
    (
        "Yahoo",
        {"X_Mailer": "WebService/1.1 YMailNorrin"},
        "On Tuesday, October 3, 2023, Service wrote:",
    ),
    (
        "mutt",
        {"User_Agent": "Mutt/2.2.9"},
        "On Tue, Oct 03, 2023 at 02:00:00PM +0200, Service wrote:",
    ),
    ("Alpine", {"User_Agent": "Alpine 2.26"}, "On Tue, 3 Oct 2023, Service wrote:"),
    (
        "Lotus Notes",
        {"X_Mailer": "Lotus Notes Release 9.0"},
        "From: Service/Corp\nDate: 03.10.2023",
    ),
    ("GMX", {"X_Priority": "3"}, "Gesendet: Dienstag, 03. Oktober 2023 um 14:00 Uhr\nVon: Service"),
    (
        "Proton",
        {"X_Pm_Message_Id": "q1"},
        "------- Original Message -------\nOn Tuesday, Service wrote:",
    ),
    ("KMail", {"User_Agent": "KMail/5.24"}, "Am Dienstag, 3. Oktober 2023, schrieb Service:"),
    (
        "Evolution",
        {"User_Agent": "Evolution 3.46"},
        "On Tue, 2023-10-03 at 14:00 +0200, Service wrote:",
    ),
    ("Samsung", {"X_Mailer": "SamsungEmail"}, "-------- Original message --------\nFrom: Service"),
    (
        "The Bat!",
        {"X_Mailer": "The Bat! (v10)"},
        "Tuesday, October 3, 2023, 2:00:00 PM, you wrote:",
    ),
    ("eM Client", {"User_Agent": "eM_Client/9.2"}, "------ Original Message ------\nFrom: Service"),
    ("Roundcube", {"User_Agent": "Roundcube Webmail/1.6"}, "Am 03.10.2023 14:00, schrieb Service:"),
)


def shapes() -> Iterator[Shape]:
    """All of them."""
    for program, more, quoted in _ANSWERS:
        wanted = {
            "text_has": "That helped",
            "in_reply_to": ("out-7@example.com",),
            "references": ("first@customer.example", "out-7@example.com"),
            "automatic": None,
        }
        yield Shape(f"an answer by {program}", _answer(program, quoted, **more), wanted)
    yield from _rich()
    yield from _texts()
    yield from _threads()


def _rich() -> Iterator[Shape]:
    bodies = {"text": "Hello *you*", "html_has": "<b>you</b>"}
    yield Shape("Gmail with both bodies", whole(head(), multi("alternative", *_BOTH)), bodies)
    page = part(_HTML, '<p><img src="cid:logo@1"></p>')
    logo = part(
        'image/png; name="logo.png"',
        _PNG,
        Content_ID="<logo@1>",
        Content_Transfer_Encoding="base64",
        Content_Disposition='inline; filename="logo.png"',
    )
    related = multi("related", page, logo, boundary="b2")
    inline = {"names": ("logo.png",), "inline": ("logo.png",)}
    yield Shape("Outlook with a logo", whole(head(), multi("related", page, logo)), inline)
    nested = multi("alternative", part(_PLAIN, "Hello"), related, boundary="b3")
    yield Shape(
        "mixed of alternative of related",
        whole(head(), multi("mixed", nested, _PDF_FILE)),
        {
            "text": "Hello",
            "html_has": "cid:logo@1",
            "names": ("logo.png", "a.pdf"),
            "inline": ("logo.png",),
        },
    )
    inner = multi(
        "mixed", part(_HTML, "<p>one</p>"), _PDF_FILE, part(_HTML, "<p>two</p>"), boundary="b2"
    )
    yield Shape(
        "Apple Mail with a file between two pieces of HTML",
        whole(head(), multi("alternative", part(_PLAIN, "one two"), inner)),
        {"text": "one two", "html_has": "two", "names": ("a.pdf",)},
    )
    yield Shape(
        "Apple Mail with a picture between two texts",
        whole(head(), multi("mixed", part(_PLAIN, "above"), logo, part(_PLAIN, "below"))),
        {"text_has": "below", "names": ("logo.png",), "inline": ()},
    )


def _texts() -> Iterator[Shape]:
    yield Shape(
        "HTML alone",
        whole(head(), part(_HTML, "<html><body>Hi</body></html>")),
        {"text": None, "html_has": "Hi"},
    )
    yield Shape(
        "HTML in UTF-16 named in its head",
        mail(
            head(Content_Type="text/html"),
            '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">Привет',
            "koi8-r",
        ),
        {"html_has": "Привет"},
    )
    yield Shape(
        "a mail that is nothing but a file",
        whole(head(), _PDF_FILE),
        {"text": None, "html": None, "names": ("a.pdf",)},
    )
    flowed = part(
        "text/plain; charset=utf-8; format=flowed",
        "This is a long line that \nwas broken.\n> quoted and \n> broken\n-- \nAnn",
    )
    yield Shape(
        "flowed text",
        whole(head(), flowed),
        {"text_has": "This is a long line that was broken.\n> quoted and broken\n-- \nAnn"},
    )
    delsp = part("text/plain; format=flowed; delsp=yes; charset=utf-8", "分かち \n書き")
    yield Shape("flowed text without its spaces", whole(head(), delsp), {"text_has": "分かち書き"})
    amp = multi(
        "alternative",
        part(_PLAIN, "offer"),
        part("text/x-amp-html", "<html amp4email></html>"),
        part(_HTML, "<p>offer</p>"),
    )
    yield Shape("AMP beside HTML", whole(head(), amp), {"text": "offer", "names": ()})
    empty = multi("alternative", part(_PLAIN, ""), part(_HTML, "<p>all is here</p>"))
    yield Shape("an empty text beside HTML", whole(head(), empty), {"html_has": "all is here"})
    footer = multi(
        "mixed", multi("alternative", *_BOTH, boundary="b2"), part(_PLAIN, "-- list footer")
    )
    yield Shape(
        "a footer behind both bodies",
        whole(head(), footer),
        {"text_has": "list footer", "html_has": "list footer"},
    )


def _threads() -> Iterator[Shape]:
    for name, more, wanted in (
        ("References alone", {"References": "<a@x> <b@x>"}, {"references": ("a@x", "b@x")}),
        (
            "References over lines",
            {"References": "<a@x>\n\t<b@x>\n <c@x>"},
            {"references": ("a@x", "b@x", "c@x")},
        ),
        ("References with commas", {"References": "<a@x>,<b@x>"}, {"references": ("a@x", "b@x")}),
        ("References without brackets", {"References": "a@x b@x"}, {"references": ("a@x", "b@x")}),
        ("References twice the same", {"References": "<a@x> <a@x>"}, {"references": ("a@x",)}),
        (
            "an old In-Reply-To of words",
            {"In_Reply_To": 'Message of "Mon, 1 Oct" from Ann <a@x>'},
            {"in_reply_to": ("a@x",)},
        ),
        ("an id without brackets", {"Message_ID": "plain@x"}, {"message_id": "plain@x"}),
        ("an id with spaces in it", {"Message_ID": "<a b@x>"}, {"message_id": "ab@x"}),
        ("an id without a domain", {"Message_ID": "<1234>"}, {"message_id": "1234"}),
        (
            "an id of square brackets",
            {"Message_ID": "<[a]@[10.0.0.1]>"},
            {"message_id": "[a]@[10.0.0.1]"},
        ),
        ("a long id", {"Message_ID": f"<{'a' * 300}@x>"}, {"message_id": f"{'a' * 300}@x"}),
        (
            "an id folded onto its own line",
            {"Message_ID": "\n <folded@x>"},
            {"message_id": "folded@x"},
        ),
        ("no id", {"Message_ID": ""}, {"message_id": None}),
        (
            "a hundred and fifty references",
            {"References": " ".join(f"<{n}@x>" for n in range(150))},
            {"last_reference": "149@x"},
        ),
    ):
        yield Shape(f"thread: {name}", mail(head(**more), "Hello\n"), wanted)
    for name, more, remote in (
        ("Reply-To elsewhere", {"Reply_To": "Ann <private@x.example>"}, "private@x.example"),
        (
            "a form of a web site",
            {"From": "noreply@site.example", "Reply_To": "visitor@x.example"},
            "visitor@x.example",
        ),
        (
            "a list that wants answers",
            {"Reply_To": "list@l.example", "List_Id": "<l.example>"},
            "ann@customer.example",
        ),
        ("Sender alone", {"From": "", "Sender": "boss@x.example"}, "boss@x.example"),
        ("neither From nor Sender", {"From": ""}, "ann@customer.example"),
    ):
        yield Shape(f"remote: {name}", mail(head(**more), "Hello\n"), {"remote": remote})
