"""What the settings come to: accounts with their requests, tables and proofs, all faults found at once."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from attrs import evolve, field, frozen

from connectors.channels.converter import Fault, FaultsError, Secret
from connectors.sms.answers import AnswerRules
from connectors.sms.described import Described
from connectors.sms.locators import locator
from connectors.sms.presets import PRESETS, Preset
from connectors.sms.proofs import BodyProof, SecretProof, TwilioProof, VonageProof
from connectors.sms.proofs import Proof as Proves
from connectors.sms.settings import AccountSettings, Proof, Request, Smpp, SmsSettings, Texts
from connectors.sms.smpp_session import Account as SmppAccount
from connectors.sms.templates import body_template, header_template, url_template
from connectors.sms.webhooks import Answer, ReceiptFields, TextFields
from protocol.numbers import SmsAddress, sms_address

T = TypeVar("T")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@frozen(kw_only=True)
class HttpSide:
    """A provider by HTTP.

    Attributes:
        described: How it is asked to send.
        values: What its templates name.
        timeout: How long its answer may take.
        texts: How it calls us for a text; None: it does not.
        receipts: How it calls us for a receipt; None: it does not.
        proof: How it proves itself when it calls.
        taken: What it is answered then.
        international: Whether its numbers lack the plus sign.
    """

    described: Described
    values: Mapping[str, str] = field(repr=False)
    timeout: float
    texts: TextFields | None
    receipts: ReceiptFields | None
    proof: Proves | None
    taken: Answer
    international: bool


@frozen(kw_only=True)
class SmppSide:
    """An SMSC.

    Attributes:
        account: Who binds.
        smpp: Everything else.
    """

    account: SmppAccount
    smpp: Smpp


@frozen(kw_only=True)
class Account:
    """An account.

    Attributes:
        name: Its name.
        gateway: The gateway that it carries for.
        number: The address that texts are sent from, where the broker names none.
        region: The country of numbers without one.
        side: What is at the other end.
    """

    name: str
    gateway: str
    number: SmsAddress | None
    region: str | None
    side: HttpSide | SmppSide

    def address(self, written: str) -> SmsAddress | None:
        """Read an address as a person writes it."""
        return sms_address(written, self.region)

    def called(self, written: str) -> str:
        """The one spelling of an address that came from the far side; itself where there is none."""
        bare = isinstance(self.side, SmppSide) or self.side.international
        found = sms_address(written, self.region, international=bare)
        return written if found is None else found.text


def accounts_of(settings: SmsSettings) -> tuple[Account, ...]:
    """Make the accounts.

    Raises:
        FaultsError: Some of the settings do not fit together.
    """
    found: list[Account] = []
    faults: list[Fault] = []
    for name, one in settings.accounts.items():
        path = f"sms.accounts.{name}"
        try:
            found.append(_account(name, one, path))
        except FaultsError as error:
            faults += error.faults
        if one.provider != "smpp" and settings.web is None:
            faults.append(Fault(path, f"{one.provider} calls us: where is [sms.web]?"))
    gateways = [one.gateway for one in settings.accounts.values()]
    for gateway in sorted({one for one in gateways if gateways.count(one) > 1}):
        faults.append(Fault("sms.accounts", f"two accounts carry for the gateway {gateway}"))
    if faults:
        raise FaultsError(tuple(faults))
    return tuple(found)


def _account(name: str, settings: AccountSettings, path: str) -> Account:
    if not _NAME.fullmatch(name):
        raise FaultsError((Fault(path, "its name must be of small letters, digits, - and _"),))
    number = None
    if settings.number is not None:
        number = sms_address(settings.number, settings.region)
        if number is None:
            raise FaultsError((Fault(f"{path}.number", "is neither a number nor a name"),))
    side = _smpp_side if settings.provider == "smpp" else _http_side
    return Account(
        name=name,
        gateway=settings.gateway,
        number=number,
        region=settings.region,
        side=side(settings, path),
    )


def _smpp_side(settings: AccountSettings, path: str) -> SmppSide:
    if settings.smpp is None:
        raise FaultsError((Fault(f"{path}.smpp", "is missing"),))
    lengths = (("user", settings.user or "", 15), ("password", _told(settings.password), 8))
    for key, value, most in lengths:
        if not value or len(value) > most or not value.isascii():
            raise FaultsError((Fault(f"{path}.{key}", f"SMPP takes 1 to {most} letters of ASCII"),))
    account = SmppAccount(
        system_id=settings.user or "",
        password=_told(settings.password),
        system_type=settings.smpp.system_type,
        address_range=settings.smpp.address_range,
    )
    return SmppSide(account=account, smpp=settings.smpp)


def _http_side(settings: AccountSettings, path: str) -> HttpSide:
    preset = PRESETS.get(settings.provider)
    if preset is None and settings.request is None:
        raise FaultsError((Fault(f"{path}.request", "is missing: how is the provider asked?"),))
    request = settings.request or _request_of(preset, settings.url)
    values = {
        **settings.values,
        **({"user": settings.user} if settings.user is not None else {}),
        **({"password": settings.password.value} if settings.password is not None else {}),
    }
    described = _checked(f"{path}.request", lambda: _described(request, settings))
    if settings.request is None and preset is not None:
        described = evolve(described, answer=preset.answer)
    _checked(f"{path}.request", lambda: described.check_names(values))
    texts = _texts(settings.texts) if settings.texts else preset.texts if preset else None
    receipts = preset.receipts if preset else None
    if settings.receipts is not None:
        it = settings.receipts
        receipts = ReceiptFields(
            id=it.id,
            status=it.status,
            statuses={word.lower(): kind for word, kind in it.statuses.items()},
            reason=it.reason,
        )
    calls = texts is not None or receipts is not None
    return HttpSide(
        described=described,
        values=values,
        timeout=settings.timeout,
        texts=texts,
        receipts=receipts,
        proof=_proof(settings, f"{path}.proof") if calls else None,
        taken=preset.taken if preset else Answer(),
        international=settings.texts.international
        if settings.texts
        else preset is not None and preset.international,
    )


def _request_of(preset: Preset | None, url: str | None) -> Request:
    assert preset is not None
    return Request(
        url=url or preset.url,
        headers=dict(preset.headers),
        body=preset.body,
        content_type=preset.content_type,
        basic=preset.basic,
    )


def _described(request: Request, settings: AccountSettings) -> Described:
    return Described(
        method=request.method,
        url=url_template(request.url),
        headers={name: header_template(value) for name, value in request.headers.items()},
        body=None if request.body is None else body_template(request.body, request.content_type),
        content_type=request.content_type,
        user=(settings.user or "") if request.basic else None,
        password=_told(settings.password),
        answer=AnswerRules(
            code=locator(request.code) if request.code else None,
            codes=request.codes,
            other_codes=request.other_codes,
            needs_code=request.needs_code,
            id=locator(request.id) if request.id else None,
            text=locator(request.text) if request.text else None,
            statuses=request.statuses,
        ),
    )


def _texts(texts: Texts) -> TextFields:
    part = texts.part
    return TextFields(
        id=texts.id,
        sender=texts.sender,
        receiver=(texts.receiver,),
        text=texts.text,
        when=texts.when,
        part=(part[0], part[1], part[2]) if len(part) == 3 else None,
        only=texts.only,
    )


def _proof(settings: AccountSettings, path: str) -> Proves:
    proof = settings.proof or Proof()
    kind = proof.kind or (settings.provider if settings.provider in PRESETS else "secret")
    secrets = tuple(
        one.value.encode() for one in (proof.secret, proof.old_secret) if one is not None
    )
    if kind == "twilio":
        if proof.key_name is not None and secrets:
            return TwilioProof(keys={proof.key_name: secrets[0]})
        secrets = secrets or (_told(settings.password).encode(),)
    if not all(secrets) or not secrets:
        raise FaultsError((Fault(f"{path}.secret", "is missing: calls must prove themselves"),))
    if kind == "twilio":
        return TwilioProof(tokens=secrets)
    if kind == "vonage":
        return VonageProof(secrets=secrets, method=proof.method, window=proof.window)
    if kind == "body":
        return BodyProof(
            secrets=secrets,
            header=proof.header.lower(),
            algorithm=proof.algorithm,
            prefix=proof.prefix.encode(),
        )
    return SecretProof(secrets=secrets)


def _told(secret: Secret | None) -> str:
    return "" if secret is None else secret.value


def _checked(path: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except ValueError as error:
        raise FaultsError((Fault(path, str(error)),)) from None
