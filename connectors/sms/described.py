"""A provider that is described: the request by which a text is sent, and how its answer is read."""

from base64 import b64encode
from collections.abc import Mapping

from attrs import field, frozen

from connectors.sms.answers import AnswerRules
from connectors.sms.templates import BadTemplate, Template, Values
from protocol.sms_text import SmsEncoding, count

PLACES = frozenset(
    {
        "to", "to_digits", "from", "from_digits", "text", "text_type", "segments", "message_id",
        "attempt", "receipts",
    }
)  # fmt: skip
"""What a template may name besides the values of its account."""


@frozen(kw_only=True)
class HttpRequest:
    """A request as it is sent.

    Attributes:
        method: How.
        url: Where to.
        headers: Its headers.
        body: Its body.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")


@frozen(kw_only=True)
class Described:
    """How a provider is asked to send a text.

    Attributes:
        method: The method of the request.
        url: Its URL.
        headers: Its headers by name.
        body: Its body, if it has one.
        content_type: What the body is.
        user: Name for HTTP Basic authentication; None: none is used.
        password: Its secret.
        answer: How the answer is read.
    """

    method: str
    url: Template
    headers: Mapping[str, Template] = field(factory=dict)
    body: Template | None = None
    content_type: str = ""
    user: str | None = None
    password: str = field(default="", repr=False)
    answer: AnswerRules = field(factory=AnswerRules)

    def check_names(self, values: Values) -> None:
        """Hold that every place has a value.

        Raises:
            BadTemplate: One has none.
        """
        templates = [self.url, *self.headers.values(), *([self.body] if self.body else [])]
        known = PLACES | values.keys()
        for name in sorted(frozenset().union(*(one.names for one in templates)) - known):
            raise BadTemplate(f"there is no ${{{name}}}; there are {', '.join(sorted(known))}")

    def request(self, values: Values) -> HttpRequest:
        """Make the request for one text.

        Raises:
            BadValue: One of the values cannot stand where it would have to.
        """
        headers = {name: template.fill(values) for name, template in self.headers.items()}
        body = b""
        if self.body is not None:
            headers["Content-Type"] = self.content_type
            body = self.body.fill(values).encode("utf-8", "replace")
        if self.user is not None:
            pair = b64encode(f"{self.user}:{self.password}".encode())
            headers["Authorization"] = f"Basic {pair.decode()}"
        url = self.url.fill(values)
        return HttpRequest(method=self.method, url=url, headers=headers, body=body)


def message_values(
    *, to: str, sender: str, text: str, message_id: str, attempt: int, receipts: str
) -> dict[str, str]:
    """The values of one message, by the names that templates know.

    Args:
        to: Whom it goes to.
        sender: Whom it is from.
        text: What it says.
        message_id: How the broker calls it.
        attempt: Which attempt this is.
        receipts: URL that receipts are to be posted to.
    """
    it = count(text)
    return {
        "to": to,
        "to_digits": to.removeprefix("+"),
        "from": sender,
        "from_digits": sender.removeprefix("+"),
        "text": text,
        "text_type": "text" if it.encoding is SmsEncoding.GSM7 else "unicode",
        "segments": str(it.segments),
        "message_id": message_id,
        "attempt": str(attempt),
        "receipts": receipts,
    }
