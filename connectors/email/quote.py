"""The mail that is answered, below the answer, as mail programs show it."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Final

from connectors.email.mail import Quote

LONGEST: Final = 64 * 1024
"""Letters of a mail that are quoted."""

_WROTE: Final = {
    "cs": ("{name} napsal(a) dne {date}:", "{name} napsal(a):"),
    "da": ("Den {date} skrev {name}:", "{name} skrev:"),
    "de": ("Am {date} schrieb {name}:", "{name} schrieb:"),
    "en": ("On {date}, {name} wrote:", "{name} wrote:"),
    "es": ("El {date}, {name} escribió:", "{name} escribió:"),
    "fr": ("Le {date}, {name} a écrit :", "{name} a écrit :"),
    "hu": ("{name} ezt írta ({date}):", "{name} ezt írta:"),
    "it": ("Il {date}, {name} ha scritto:", "{name} ha scritto:"),
    "nl": ("Op {date} schreef {name}:", "{name} schreef:"),
    "pl": ("{date} {name} napisał(a):", "{name} napisał(a):"),
    "pt": ("Em {date}, {name} escreveu:", "{name} escreveu:"),
    "sv": ("Den {date} skrev {name}:", "{name} skrev:"),
}
_DATES: Final = {
    "cs": "%d.%m.%Y %H:%M",
    "de": "%d.%m.%Y um %H:%M",
    "en": "%d %b %Y at %H:%M",
    "pl": "%d.%m.%Y %H:%M",
}
_QUOTED: Final = re.compile(r"^>|^-{3,}.*(Original|Forwarded).*-{3,}$", re.MULTILINE)
_QUOTED_HTML: Final = re.compile(r"<blockquote|class=[\"']?(gmail_quote|moz-cite)", re.IGNORECASE)


def attribution(quote: Quote, culture: str | None) -> str:
    """The line above what is quoted, in the language of the answer."""
    language = (culture or "en").partition("-")[0].lower()
    dated, undated = _WROTE.get(language, _WROTE["en"])
    if quote.date is None:
        return undated.format(name=quote.writer)
    return dated.format(name=quote.writer, date=_date(quote.date, language))


def _date(when: datetime, language: str) -> str:
    # `%b` would be in the language of the process.
    form = _DATES.get(language, "%d.%m.%Y %H:%M") if language in _WROTE else _DATES["en"]
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return when.strftime(form.replace("%b", months[when.month - 1]))


def quoted_text(text: str, quote: Quote, culture: str | None) -> str:
    """An answer with what it answers below it, each line behind `>`."""
    if quote.text is None or _QUOTED.search(text):
        return text
    lines = quote.text[:LONGEST].strip("\n").split("\n")
    below = "\n".join((">" if line.startswith(">") or not line else "> ") + line for line in lines)
    return f"{text.rstrip()}\n\n{attribution(quote, culture)}\n{below}\n"


def quoted_html(body: str, quote: Quote, culture: str | None) -> str:
    """The same of HTML."""
    if _QUOTED_HTML.search(body):
        return body
    if quote.html is not None and len(quote.html) <= LONGEST:
        inner = quote.html
    elif quote.text is not None:
        inner = html.escape(quote.text[:LONGEST]).replace("\n", "<br>\n")
    else:
        return body
    line = html.escape(attribution(quote, culture))
    style = "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex"
    below = f'<div>{line}</div>\n<blockquote type="cite" style="{style}">\n{inner}\n</blockquote>\n'
    end = re.search(r"</body\s*>", body, re.IGNORECASE)
    at = end.start() if end else len(body)
    return f"{body[:at]}\n<br>\n{below}{body[at:]}"
