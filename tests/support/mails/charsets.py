"""Letters in every charset that is met, in bodies and in headers, said rightly, wrongly and not at all."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator

from tests.support.mails.shape import Shape, head, mail

_WRITTEN = (
    ("utf-8", "utf-8", "Größe 東京 😀"),
    ("UTF8", "utf-8", "naïve café"),
    ("us-ascii", "ascii", "plain words"),
    ("iso-8859-1", "latin-1", "Grüße aus Köln"),
    ("iso-8859-1", "cp1252", "“quoted” 5 €…"),
    ("windows-1252", "cp1252", "„so“ 10 €"),
    ("cp-1252", "cp1252", "déjà vu"),
    ("iso-8859-2", "iso8859-2", "Żółć gęślą"),
    ("windows-1250", "cp1250", "Příliš žluťoučký"),
    ("iso-8859-5", "iso8859-5", "Привет"),
    ("koi8-r", "koi8-r", "Здравствуйте"),
    ("koi8-u", "koi8-u", "Привіт"),
    ("windows-1251", "cp1251", "Добрый день"),
    ("win-1251", "cp1251", "Вопрос"),
    ("x-cp1251", "cp1251", "Счёт"),
    ("iso-8859-7", "iso8859-7", "Καλημέρα"),
    ("windows-1253", "cp1253", "Ερώτηση"),
    ("iso-8859-9", "iso8859-9", "Teşekkürler"),
    ("windows-1254", "cp1254", "Şikâyet"),
    ("iso-8859-8-i", "iso8859-8", "שלום"),
    ("windows-1255", "cp1255", "שאלה"),
    ("windows-1256", "cp1256", "مرحبا"),
    ("iso-8859-15", "iso8859-15", "10 € Œuvre"),
    ("shift_jis", "cp932", "こんにちは①"),
    ("x-sjis", "cp932", "質問です"),
    ("iso-2022-jp", "iso2022_jp", "お問い合わせ"),
    ("euc-jp", "euc_jp", "注文番号"),
    ("gb2312", "gb18030", "你好问题"),
    ("gbk", "gbk", "订单號碼"),
    ("gb18030", "gb18030", "退货"),
    ("big5", "big5", "您好"),
    ("hz-gb-2312", "hz", "中文"),
    ("euc-kr", "euc_kr", "안녕하세요"),
    ("ks_c_5601-1987", "cp949", "문의합니다"),
    ("tis-620", "tis-620", "สวัสดี"),
    ("utf-16", "utf-16", "Größe"),
    ("utf-7", "utf-7", "Grüße"),
    ("unicode-1-1-utf-7", "utf-7", "Käse"),
    ("macintosh", "mac_roman", "naïveté"),
    ("windows-1257", "cp1257", "Ačiū"),
    ("windows-1258", "cp1258", "Tiêng Viêt"),
)
"""What a mail calls the charset, in which it is written, a text."""

_WRONG = (
    ("utf-8", "latin-1", "Gr", "a body said to be UTF-8 that is Latin-1"),
    ("iso-8859-1", "utf-8", "Grüße", "a body said to be Latin-1 that is UTF-8"),
    ("us-ascii", "utf-8", "Grüße", "a body said to be ASCII that is UTF-8"),
    ("us-ascii", "cp1252", "Grüße", "a body said to be ASCII with eight bits"),
    ("x-unknown", "utf-8", "Grüße", "an unknown charset that is UTF-8"),
    ("x-unknown", "cp1252", "Grüße", "an unknown charset that is Windows'"),
    ("", "utf-8", "Grüße", "no charset, UTF-8"),
    ("", "cp1252", "Grüße", "no charset, Latin-1"),
    ("idna", "utf-8", "Grüße", "a codec that is none of mail"),
    ("base64", "utf-8", "Grüße", "a codec of bytes as a charset"),
    ("utf-8\x00", "utf-8", "Grüße", "a charset with a NUL in it"),
    ("'utf-8'", "utf-8", "Grüße", "a charset in single quotes"),
    ("default", "utf-8", "Grüße", "the charset `default`"),
    ("utf-8", "utf-16-le", "G", "a body said to be UTF-8 that is UTF-16"),
)


def shapes() -> Iterator[Shape]:
    """All of them."""
    for index, (said, codec, text) in enumerate(_WRITTEN):
        yield _carried(said, codec, text, index)
    for said, codec, has, name in _WRONG:
        kind = f"text/plain; charset={said}" if said else "text/plain"
        headers = head(Content_Type=kind, Content_Transfer_Encoding="8bit")
        yield Shape(name, mail(headers, "Grüße\n".encode(codec)), {"text_has": has})
    yield from _headers()


def _carried(said: str, codec: str, text: str, index: int) -> Shape:
    """A mail whose body and subject are in a charset, in turn by each way to carry it."""
    data = text.encode(codec)
    how = ("base64", "quoted-printable", "8bit")[index % 3] if codec != "utf-16" else "base64"
    body = {"base64": base64.encodebytes(data), "quoted-printable": quopri.encodestring(data)}.get(
        how, data
    )
    if index % 2:
        word = f"=?{said}?B?{base64.b64encode(data).decode()}?="
    else:
        word = f"=?{said}?Q?{''.join(f'={byte:02X}' for byte in data)}?="
    headers = head(
        word, Content_Type=f'text/plain; charset="{said}"', Content_Transfer_Encoding=how
    )
    wanted = {"text_has": text, "subject": text}
    return Shape(f"{said} of {codec} by {how}", mail(headers, body + b"\r\n"), wanted)


def _headers() -> Iterator[Shape]:
    """Subjects and names in all their spellings."""
    cut = (
        base64.b64encode("你好世界".encode()[:4]).decode(),
        base64.b64encode("你好世界".encode()[4:]).decode(),
    )
    for name, subject, wanted in (
        ("raw UTF-8 in the subject", "Grüße", "Grüße"),
        ("raw Latin-1 in the subject", "Gr\udcfc\udcdfe", "Grüße"),
        ("a letter cut between words", f"=?utf-8?B?{cut[0]}?=\n =?utf-8?B?{cut[1]}?=", "你好世界"),
        (
            "an encoded word with spaces in it",
            "=?utf-8?Q?Gr=C3=BC=C3=9Fe an alle?=",
            "Grüße an alle",
        ),
        ("an encoded word with a question mark", "=?utf-8?Q?Wo=3F Wie??=", "Wo? Wie?"),
        ("an encoded word glued to text", "Re:=?utf-8?Q?Gr=C3=BC=C3=9Fe?=!", "Re:Grüße!"),
        ("two charsets in a subject", "=?iso-8859-1?Q?=FC?= =?utf-8?Q?=C3=A4?=", "üä"),
        ("an encoded word with a language", "=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("an encoded word never ended", "=?utf-8?B?w7xiZXI", "=?utf-8?B?w7xiZXI"),
        ("an encoded word without its padding", "=?utf-8?B?w7xiZXI?=", "über"),
        ("an encoded word of an unknown charset", "=?x-odd?Q?=FC?=", "ü"),
        ("a subject over many lines", "one\n two\n\tthree", "one two three"),
        ("no subject at all", "", ""),
        ("a subject with a NUL and a bell", "a\x00b\x07c", "abc"),
        ("a subject of spaces", "   ", ""),
        ("Re: in many languages", "AW: Re: Antw: SV: R: Frage", "AW: Re: Antw: SV: R: Frage"),
    ):
        yield Shape(name, mail(head(subject), "Hello\n"), {"subject": wanted})
    for name, value, address, shown in (
        (
            "an encoded name",
            "=?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <j@x.example>",
            "j@x.example",
            "Jörg Müller",
        ),
        (
            "an encoded name in quotes",
            '"=?utf-8?Q?M=2C_J=C3=B6rg?=" <j@x.example>',
            "j@x.example",
            "M, Jörg",
        ),
        ("a raw name in Latin-1", "J\udcf6rg <j@x.example>", "j@x.example", "Jörg"),
        ("a name with a comma and no quotes", "Müller, Jörg <j@x.example>", "j@x.example", None),
        ("an address in single quotes", "'j@x.example' <j@x.example>", "j@x.example", None),
        ("a bare address", "j@x.example", "j@x.example", ""),
        ("an address without brackets behind a name", "Jörg j@x.example", "j@x.example", None),
        ("an address with a comment", "j@x.example (Jörg)", "j@x.example", None),
        ("an address never closed", "Jörg <j@x.example", "j@x.example", None),
        ("an address of plus and dots", "<a.b+tag@sub.x.example>", "a.b+tag@sub.x.example", ""),
        ("an international address", "Jörg <jörg@exämple.example>", "jörg@exämple.example", "Jörg"),
        ("a quoted local part", '"odd local"@x.example', None, None),
        ("two writers", "a@x.example, b@x.example", "a@x.example", ""),
        ("an old name behind the address", "<@relay.example:j@x.example>", "j@x.example", ""),
    ):
        found: dict[str, str] = {} if address is None else {"remote": address}
        if shown is not None:
            found |= {"remote_name": shown}
        yield Shape(f"from: {name}", mail(head(From=value), "Hello\n"), found)
