"""The providers that are known: how they are asked, how they answer, and how they call us.

| preset | sends by | texts come as | receipts |
| --- | --- | --- | --- |
| `twilio` | `Messages.json` of the account, a form | a form | `MessageStatus` |
| `vonage` | `sms/json`, a form | a form, JSON or a query | `status` |
| `session` | a session with `numberToDial` and `msg`, JSON | the JSON of a session | ours, see below |

Session APIs as that of Tropo start a program at the provider, which sends the text; what they
answer says that it was started. They have no receipts of their own; a program may post
`{"receipt": {"id", "status", "reason"}}` with `delivered`, `read` or `undelivered`.
"""

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from connectors.sms.answers import AnswerRules, Outcome
from connectors.sms.locators import locator
from connectors.sms.templates import FORM
from connectors.sms.webhooks import Answer, ReceiptFields, ReportKind, TextFields


@frozen(kw_only=True)
class Preset:
    """A provider.

    Attributes:
        url: Template of the URL.
        body: Template of the body.
        content_type: What the body is.
        headers: Templates of headers.
        basic: Whether `user` and `password` are sent by HTTP Basic authentication.
        answer: How its answers are read.
        texts: How it calls us for a text.
        receipts: How it calls us for a receipt.
        taken: What it is answered.
        international: Whether its numbers begin with the country and lack the plus sign.
    """

    url: str
    body: str
    content_type: str
    headers: Mapping[str, str] = field(factory=dict)
    basic: bool = False
    answer: AnswerRules
    texts: TextFields
    receipts: ReceiptFields
    taken: Answer = field(factory=Answer)
    international: bool = False


TWILIO: Final = Preset(
    url="https://api.twilio.com/2010-04-01/Accounts/${user}/Messages.json",
    body="To=${to}&From=${from}&Body=${text}&StatusCallback=${receipts}",
    content_type=FORM,
    basic=True,
    answer=AnswerRules(
        code=locator("json:/code"),
        codes={
            "14107": Outcome.THROTTLED,
            "20429": Outcome.THROTTLED,
            "30001": Outcome.THROTTLED,
            "20003": Outcome.TEMPORARY,
            "20500": Outcome.TEMPORARY,
            "20503": Outcome.TEMPORARY,
        },
        needs_code=False,
        id=locator("json:/sid"),
        text=locator("json:/message"),
    ),
    texts=TextFields(
        id="/MessageSid",
        sender="/From",
        receiver=("/To",),
        text="/Body",
        media=tuple(f"/MediaUrl{number}" for number in range(10)),
    ),
    receipts=ReceiptFields(
        id="/MessageSid",
        status="/MessageStatus",
        statuses={
            "delivered": ReportKind.DELIVERED,
            "read": ReportKind.READ,
            "undelivered": ReportKind.UNDELIVERED,
            "failed": ReportKind.UNDELIVERED,
            "canceled": ReportKind.UNDELIVERED,
        },
        reason=("/ErrorCode", "/ErrorMessage"),
    ),
    taken=Answer(content_type="text/xml", body="<Response/>"),
)

VONAGE: Final = Preset(
    url="https://rest.nexmo.com/sms/json",
    body="api_key=${user}&api_secret=${password}&from=${from_digits}&to=${to_digits}&text=${text}"
    "&type=${text_type}&status-report-req=1&callback=${receipts}&client-ref=${message_id}",
    content_type=FORM,
    answer=AnswerRules(
        code=locator("json:/messages/*/status"),
        codes={
            "0": Outcome.SENT,
            "1": Outcome.THROTTLED,
            "4": Outcome.TEMPORARY,  # credentials
            "5": Outcome.TEMPORARY,  # an error inside
            "8": Outcome.TEMPORARY,  # the account is barred
            "9": Outcome.TEMPORARY,  # no money left
            "10": Outcome.THROTTLED,  # too many connections
            "14": Outcome.TEMPORARY,  # signature
        },
        id=locator("json:/messages/*/message-id"),
        text=locator("json:/messages/*/error-text"),
    ),
    texts=TextFields(
        id="/messageId",
        sender="/msisdn",
        receiver=("/to",),
        text="/text",
        when="/message-timestamp",
        part=("/concat-ref", "/concat-total", "/concat-part"),
    ),
    receipts=ReceiptFields(
        id="/messageId",
        status="/status",
        statuses={
            "delivered": ReportKind.DELIVERED,
            "expired": ReportKind.UNDELIVERED,
            "failed": ReportKind.UNDELIVERED,
            "rejected": ReportKind.UNDELIVERED,
        },
        reason=("/err-code",),
    ),
    international=True,
)

SESSION: Final = Preset(
    url="https://api.tropo.com/1.0/sessions",
    body='{"token": "${password}", "numberToDial": "${to_digits}", "msg": "${text}"}',
    content_type="application/json",
    headers={"Accept": "application/json"},
    answer=AnswerRules(
        code=locator("json:/success"),
        codes={"true": Outcome.SENT},
        id=locator("json:/id"),
        text=locator("json:/reason"),
    ),
    texts=TextFields(
        id="/session/id",
        sender="/session/from/id",
        receiver=("/session/to/id", "/session/to"),
        text="/session/initialText",
        when="/session/timestamp",
        only={"/session/from/channel": "TEXT"},
    ),
    receipts=ReceiptFields(
        id="/receipt/id",
        status="/receipt/status",
        statuses={
            "delivered": ReportKind.DELIVERED,
            "read": ReportKind.READ,
            "undelivered": ReportKind.UNDELIVERED,
        },
        reason=("/receipt/reason",),
    ),
    taken=Answer(content_type="application/json", body='{"tropo": []}'),
    international=True,
)

PRESETS: Final[Mapping[str, Preset]] = {"twilio": TWILIO, "vonage": VONAGE, "session": SESSION}
