"""The section `[sms]` of the file of an SMS connector; docs/connectors/sms.md says all of it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from attrs import field, frozen

from connectors.channels.converter import Secret, between, not_empty
from connectors.channels.settings import Ca, host_and_port
from connectors.sms.answers import Outcome
from connectors.sms.locators import locator
from connectors.sms.proofs import VonageMethod
from connectors.sms.templates import FORM
from connectors.sms.webhooks import ReportKind
from protocol.numbers import regions


def _region(value: str) -> str:
    if value not in regions():
        raise ValueError("must be a country of two capital letters, as US")
    return value


def _locator(value: str) -> str:
    locator(value)
    return value


def _pointer(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("must be a JSON pointer, as /message/id")
    return value


def _public(value: str) -> str:
    if not value.startswith(("https://", "http://")) or value.endswith("/") or "?" in value:
        raise ValueError("must be a URL without a slash at its end")
    return value


Pointer = Annotated[str, _pointer]
Place = Annotated[str, _locator]


@frozen(kw_only=True)
class Web:
    """`[sms.web]`: where the providers call us.

    Attributes:
        listen: Where it listens.
        public_url: The same, as the providers know it: signatures are made over that.
        body: The longest body that is read, in bytes.
        calls: How many calls are served at the same time.
        reply_within: How long a call waits for the broker, in seconds; then the provider is to come again.
    """

    listen: Annotated[str, host_and_port]
    public_url: Annotated[str, _public]
    body: Annotated[int, between(1_024, 1_048_576)] = 65_536
    calls: Annotated[int, between(1, 1_000)] = 64
    reply_within: Annotated[float, between(1, 120)] = 10.0


@frozen(kw_only=True)
class Request:
    """`[sms.accounts.NAME.request]`: how a provider is asked to send a text, and what its answer says."""

    url: Annotated[str, not_empty]
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = field(factory=dict)
    body: str | None = None
    content_type: str = FORM
    basic: bool = False
    code: Place | None = None
    codes: dict[str, Outcome] = field(factory=dict)
    other_codes: Outcome = Outcome.PERMANENT
    needs_code: bool = True
    id: Place | None = None
    text: Place | None = None
    statuses: dict[str, Outcome] = field(factory=dict)


@frozen(kw_only=True)
class Texts:
    """`[sms.accounts.NAME.texts]`: where in a call of the provider stands what of a text."""

    id: Pointer
    sender: Pointer
    receiver: Pointer
    text: Pointer
    when: Pointer | None = None
    part: tuple[Pointer, ...] = ()
    only: dict[str, str] = field(factory=dict)
    international: bool = False


@frozen(kw_only=True)
class Receipts:
    """`[sms.accounts.NAME.receipts]`: where in a call stands what of a receipt."""

    id: Pointer
    status: Pointer
    statuses: Annotated[dict[str, ReportKind], not_empty]
    reason: tuple[Pointer, ...] = ()


@frozen(kw_only=True)
class Proof:
    """`[sms.accounts.NAME.proof]`: how a call proves that it is the provider's.

    Attributes:
        kind: In which way; None: as the provider of that name does it, else by a secret.
        secret: The secret; Twilio takes the password of the account where there is none.
        old_secret: The one before it, as long as both are in use.
        method: How Vonage signs.
        key_name: Name of a shared key of Twilio, for HMAC-SHA256; `secret` is the key.
        header: Name of the header with the signature of a body.
        algorithm: How that is made.
        prefix: What stands before it in the header.
        window: How old a signed time may be, in seconds.
    """

    kind: Literal["twilio", "vonage", "secret", "body"] | None = None
    secret: Secret | None = None
    old_secret: Secret | None = None
    method: VonageMethod = VonageMethod.MD5_HASH
    key_name: str | None = None
    header: str = "x-signature"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    prefix: str = ""
    window: Annotated[float, between(60, 604_800)] = 25 * 3600.0


@frozen(kw_only=True)
class Smpp:
    """`[sms.accounts.NAME.smpp]`: the SMSC of an account.

    Attributes:
        host: Where it is.
        port: Its port.
        tls: Whether TLS is spoken.
        ca: File with the certificates that are trusted; None: those of the system.
        system_type: What the SMSC wants to be told.
        address_range: Likewise.
        alphabet: What it takes its default alphabet for.
        long: How a longer text goes: in parts with headers, or whole.
        wide_reference: Whether the reference of parts has sixteen bits.
        receipts: Whether delivery receipts are asked for.
        receipt_ids: Whether receipts name a message as its answer did, or in decimal what that had in
        hexadecimal.
        window: Messages that may be without an answer.
        per_second: Messages that may be sent in a second; 0: no limit.
        answer_wait: How long an answer may take, in seconds.
        idle: After how long without a word the SMSC is asked whether it is there.
        taking: Deliveries that may be without our answer.
        rest: For how long nothing is sent after the SMSC was asked too much of.
        reply_within: How long a delivery waits for the broker; then the SMSC is to come again.
    """

    host: Annotated[str, not_empty]
    port: Annotated[int, between(1, 65_535)] = 2775
    tls: bool = False
    ca: Ca | None = None
    system_type: str = ""
    address_range: str = ""
    alphabet: Literal["gsm7", "latin-1", "ascii"] = "gsm7"
    long: Literal["udh", "payload"] = "udh"
    wide_reference: bool = False
    receipts: bool = True
    receipt_ids: Literal["same", "decimal"] = "same"
    window: Annotated[int, between(1, 1_000)] = 10
    per_second: Annotated[float, between(0, 10_000)] = 0.0
    answer_wait: Annotated[float, between(1, 600)] = 30.0
    idle: Annotated[float, between(1, 600)] = 30.0
    taking: Annotated[int, between(1, 1_000)] = 50
    rest: Annotated[float, between(0, 600)] = 1.0
    reply_within: Annotated[float, between(1, 120)] = 10.0


@frozen(kw_only=True)
class AccountSettings:
    """`[sms.accounts.NAME]`: an account at a provider, or at an SMSC.

    Attributes:
        provider: Which provider it is.
        gateway: The message gateway that it carries for, by its address.
        number: The number that texts are sent from, where the broker names none.
        region: The country of numbers without one.
        user: Name of the account; `system_id` of SMPP.
        password: Its secret.
        values: Whatever else templates name.
        url: In place of the provider's own URL, as a template.
        request: How it is asked, if it is described here.
        texts: How it calls us for a text, likewise.
        receipts: How it calls us for a receipt, likewise.
        proof: How it proves that it is the provider.
        smpp: Its SMSC.
        timeout: How long an answer may take, in seconds.
    """

    provider: Literal["twilio", "vonage", "session", "described", "smpp"]
    gateway: Annotated[str, not_empty]
    number: str | None = None
    region: Annotated[str, _region] | None = None
    user: str | None = None
    password: Secret | None = None
    values: dict[str, str] = field(factory=dict)
    url: str | None = None
    request: Request | None = None
    texts: Texts | None = None
    receipts: Receipts | None = None
    proof: Proof | None = None
    smpp: Smpp | None = None
    timeout: Annotated[float, between(1, 80)] = 30.0


@frozen(kw_only=True)
class SmsSettings:
    """`[sms]`.

    Attributes:
        accounts: The accounts by name; the name stands in the URLs that their providers call.
        web: Where they call.
        parts_wait: How long the parts of a longer text wait for each other, in seconds.
        parts_most: How many parts may wait.
    """

    accounts: Annotated[dict[str, AccountSettings], not_empty]
    web: Web | None = None
    parts_wait: Annotated[float, between(1, 604_800)] = 3_600.0
    parts_most: Annotated[int, between(1, 100_000)] = 1_000

    def gateways(self) -> Iterator[tuple[str, str]]:
        """Where gateways are named, and which."""
        for name, account in self.accounts.items():
            yield f"accounts.{name}.gateway", account.gateway
