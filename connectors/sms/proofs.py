"""The proof that a webhook was called by the provider: a signature or a secret, and how old it may be.

Theory of operation
------------------- A proof is checked over the octets that came, before anything in them is understood.
Names and values of forms are percent-decoded as octets, no text is decoded, and all comparisons take
the same time wherever the two differ. Where something signed says when it was made, it must be recent;
else a repetition is known by the provider's identifier, for the broker takes each of these once and
reports change nothing the second time.

A provider may have several secrets at a time, so that they can be changed without a gap.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from connectors.sms.calls import FORM, Call, fields_once, pairs


class Unproved(Exception):
    """Whoever called the webhook did not prove that they are the provider."""


class Proof(Protocol):
    """A way to prove it."""

    def check(self, call: Call, now: float) -> None:
        """Hold that a call came from the provider.

        Args:
            call: The call.
            now: The time of day, in seconds since 1970.

        Raises:
            Unproved: It is not proved.
            Malformed: It cannot be read.
        """


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


def _hash(algorithm: str, key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, algorithm).digest()


# --- Twilio


@frozen(kw_only=True)
class TwilioProof:
    """`X-Twilio-Signature`: an HMAC over the URL and the sorted fields of a form.

    A body of JSON is not a part of that; its SHA-256 is in the query, and so in the URL. Which key signs is
    said by `X-Twilio-Webhooks-Signature-Settings`; without it, it is the token of the account, with SHA-1.

    Attributes:
        tokens: Tokens of the account; none: only `keys` sign.
        keys: Shared keys by name, for HMAC-SHA256.
    """

    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    keys: Mapping[str, bytes] = field(factory=dict, repr=False)

    def check(self, call: Call, now: float) -> None:
        """Hold that a call is signed."""
        given = call.headers.get("x-twilio-signature")
        if given is None:
            raise Unproved("no signature")
        algorithm, secrets = self._signers(call)
        fields = self._fields(call)
        sound = False
        for url in _spellings(call):
            for secret in secrets:
                wanted = b64encode(_hash(algorithm, secret, url + fields))
                sound |= _same(wanted, given.strip())
        if not sound:
            raise Unproved("the signature is not right")

    def _signers(self, call: Call) -> tuple[str, tuple[bytes, ...]]:
        settings = call.headers.get("x-twilio-webhooks-signature-settings")
        if settings is None:
            return "sha1", self.tokens
        parts = (one.partition("=") for one in settings.decode("latin-1").split(","))
        said = {name.strip(): value.strip() for name, _, value in parts}
        if said.get("algorithm") != "HMAC_SHA256":
            raise Unproved("an algorithm that is not known")
        key = self.keys.get(said.get("key", ""))
        return "sha256", () if key is None else (key,)

    def _fields(self, call: Call) -> bytes:
        if call.kind == FORM:
            return b"".join(name + value for name, value in sorted(set(pairs(call.body))))
        if call.body:
            said = [value for name, value in pairs(call.query) if name == b"bodySHA256"]
            wanted = hashlib.sha256(call.body).hexdigest().encode()
            if len(said) != 1 or not _same(wanted, said[0].lower()):
                raise Unproved("the body is not signed")
        return b""


def _spellings(call: Call) -> Iterable[bytes]:
    """The URL with and without the port that its scheme has anyway: which of them is signed varies."""
    scheme, _, rest = call.full_url.partition(b"://")
    host, slash, path = rest.partition(b"/")
    port = {b"https": b":443", b"http": b":80"}.get(scheme, b"")
    yield call.full_url
    if host.endswith(port):
        yield scheme + b"://" + host.removesuffix(port) + slash + path
    elif b":" not in host:
        yield scheme + b"://" + host + port + slash + path


# --- Vonage


class VonageMethod(StrEnum):
    """How an account of Vonage signs."""

    MD5_HASH = "md5hash"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"


@frozen(kw_only=True)
class VonageProof:
    """The field `sig`: over all others, sorted, with `timestamp` and `nonce` among them.

    Attributes:
        secrets: Signature secrets of the account.
        method: How it signs.
        window: How old a call may be, in seconds. Vonage repeats what was not taken for a day,
            with the time of the first try.
        ahead: How far its clock may be before ours.
    """

    secrets: tuple[bytes, ...] = field(repr=False)
    method: VonageMethod = VonageMethod.MD5_HASH
    window: float = 25 * 3600.0
    ahead: float = 300.0

    def check(self, call: Call, now: float) -> None:
        """Hold that a call is signed, and recent."""
        fields = dict(fields_once(call))
        given = fields.pop(b"sig", None)
        if given is None:
            raise Unproved("no signature")
        said = b"".join(
            b"&" + name + b"=" + value.translate(bytes.maketrans(b"&=", b"__"))
            for name, value in sorted(fields.items())
        )
        sound = False
        for secret in self.secrets:
            sound |= _same(self._sign(secret, said), given.strip().lower())
        if not sound:
            raise Unproved("the signature is not right")
        self._check_age(fields.get(b"timestamp", b""), now)

    def _sign(self, secret: bytes, said: bytes) -> bytes:
        if self.method is VonageMethod.MD5_HASH:
            return hashlib.md5(said + secret, usedforsecurity=False).hexdigest().encode()
        return _hash(self.method.value, secret, said).hex().encode()

    def _check_age(self, written: bytes, now: float) -> None:
        if not written.isdigit() or len(written) > 12:
            raise Unproved("no time is signed")
        if not now - self.window <= int(written) <= now + self.ahead:
            raise Unproved("signed too long ago, or in the future")


# --- whoever can do no better, or does it in the usual way


@frozen(kw_only=True)
class SecretProof:
    """A secret that the provider was given with the URL.

    It stands as the password of HTTP Basic authentication, behind `Bearer`, or as `key` in the query.

    Attributes:
        secrets: Those that are taken.
    """

    secrets: tuple[bytes, ...] = field(repr=False)

    def check(self, call: Call, now: float) -> None:
        """Hold that a call has the secret."""
        given = _password(call.headers.get("authorization", b""))
        if given is None:
            given = next((value for name, value in pairs(call.query) if name == b"key"), b"")
        sound = False
        for secret in self.secrets:
            sound |= _same(secret, given)
        if not sound:
            raise Unproved("the secret is not right")


def _password(authorization: bytes) -> bytes | None:
    scheme, _, given = authorization.strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return given.strip()
    if scheme.lower() == b"basic":
        try:
            return b64decode(given.strip(), validate=True).partition(b":")[2]
        except ValueError:
            return b""
    return None


@frozen(kw_only=True)
class BodyProof:
    """A header with an HMAC over the octets of the body, as many providers sign.

    Attributes:
        secrets: The keys.
        header: Name of the header, in small letters.
        algorithm: `sha1`, `sha256` or `sha512`.
        prefix: What stands before the signature, as `sha256=`.
    """

    secrets: tuple[bytes, ...] = field(repr=False)
    header: str
    algorithm: str = "sha256"
    prefix: bytes = b""

    def check(self, call: Call, now: float) -> None:
        """Hold that the body is signed, in hexadecimal or in base64."""
        if not call.body:
            raise Unproved("there is no body that could be signed")
        given = call.headers.get(self.header, b"").strip()
        if not given.startswith(self.prefix):
            raise Unproved("no signature")
        given = given.removeprefix(self.prefix)
        sound = False
        for secret in self.secrets:
            digest = _hash(self.algorithm, secret, call.body)
            sound |= _same(digest.hex().encode(), given.lower())
            sound |= _same(b64encode(digest), given)
        if not sound:
            raise Unproved("the signature is not right")
