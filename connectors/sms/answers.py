"""What a provider's answer says of a message: rules as a table, and the judgement by them.

Theory of operation
------------------- A provider says what became of a message by a code in the body, by the status of the
answer, or by both. The code counts where it is in the table `codes`; otherwise the status does, and an
answer that claims success without the code that every success has is *unknown*: somebody took the
request, and nobody knows what they did (B-55). One request may have made several messages (Vonage cuts
long texts), each with a code and an identifier. If some were taken and others not, the message must not
be sent again: it is refused for good.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from connectors.sms.locators import Document, Locator

LONGEST_TEXT: Final = 300
LONGEST_ID: Final = 250
LONGEST_REST: Final = 3_600.0
"""A provider is not believed that wants a longer rest, in seconds."""


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"


STATUSES: Final[Mapping[str, Outcome]] = {
    "2xx": Outcome.SENT,
    "3xx": Outcome.TEMPORARY,
    "401": Outcome.TEMPORARY,
    "403": Outcome.TEMPORARY,
    "407": Outcome.TEMPORARY,
    "408": Outcome.TEMPORARY,
    "425": Outcome.TEMPORARY,
    "429": Outcome.THROTTLED,
    "4xx": Outcome.PERMANENT,
    "502": Outcome.UNKNOWN,
    "504": Outcome.UNKNOWN,
    "5xx": Outcome.TEMPORARY,
}
"""By status, or by its first digit. A wrong secret is no fault of the message, so that waits; who relayed a
request and got no answer does not know more than we do."""


@frozen(kw_only=True)
class AnswerRules:
    """How the answers of a provider are read.

    Attributes:
        code: Where it says what became of the message; None: the status says it.
        codes: What the codes mean.
        other_codes: What the others mean.
        needs_code: Whether a success has a code, so that an answer without is not understood.
        id: Where it says how it calls the message.
        text: Where it says what is wrong, in words.
        statuses: What the statuses mean, where it is not as in `STATUSES`.
    """

    code: Locator | None = None
    codes: Mapping[str, Outcome] = field(factory=dict)
    other_codes: Outcome = Outcome.PERMANENT
    needs_code: bool = True
    id: Locator | None = None
    text: Locator | None = None
    statuses: Mapping[str, Outcome] = field(factory=dict)


@frozen(kw_only=True)
class Verdict:
    """What became of an attempt.

    Attributes:
        outcome: In a word.
        ids: How the provider calls what it took, in order.
        text: What it says about a failure.
        retry_after: For how long it wants to be left alone, in seconds.
    """

    outcome: Outcome
    ids: tuple[str, ...] = ()
    text: str = ""
    retry_after: float | None = None


def judge(status: int, answer: Document, rules: AnswerRules) -> Verdict:
    """Read an answer by the rules of its provider."""
    by_status = _by_status(status, rules)
    codes = rules.code.find(answer) if rules.code is not None else ()
    outcomes = {_by_code(code, by_status, rules) for code in codes}
    if len(outcomes) > 1:
        outcome = Outcome.PERMANENT if Outcome.SENT in outcomes else _mildest(outcomes)
    elif outcomes:
        (outcome,) = outcomes
    elif rules.code is not None and rules.needs_code and by_status is Outcome.SENT:
        outcome = Outcome.UNKNOWN
    else:
        outcome = by_status
    if outcome is Outcome.SENT:
        ids = rules.id.find(answer) if rules.id is not None else ()
        return Verdict(outcome=outcome, ids=_names(ids))
    partly = f"{sum(code in _sent(rules) for code in codes)} of {len(codes)} parts were taken"
    said = _said(status, answer, codes, rules)
    return Verdict(
        outcome=outcome,
        text=f"{partly}; {said}" if Outcome.SENT in outcomes else said,
        retry_after=_rest(answer) if outcome is Outcome.THROTTLED else None,
    )


def _by_status(status: int, rules: AnswerRules) -> Outcome:
    table = {**STATUSES, **rules.statuses}
    return table.get(str(status)) or table.get(f"{status // 100}xx", Outcome.UNKNOWN)


def _by_code(code: str, by_status: Outcome, rules: AnswerRules) -> Outcome:
    if code in rules.codes:
        return rules.codes[code]
    return rules.other_codes if by_status is Outcome.SENT else by_status


def _mildest(outcomes: set[Outcome]) -> Outcome:
    order = (Outcome.UNKNOWN, Outcome.TEMPORARY, Outcome.THROTTLED, Outcome.PERMANENT)
    return next(one for one in order if one in outcomes)


def _sent(rules: AnswerRules) -> frozenset[str]:
    return frozenset(code for code, it in rules.codes.items() if it is Outcome.SENT)


def _said(status: int, answer: Document, codes: tuple[str, ...], rules: AnswerRules) -> str:
    words = rules.text.find(answer) if rules.text is not None else ()
    parts = [f"HTTP {status}", *(f"code {code}" for code in dict.fromkeys(codes)), *words[:1]]
    return ": ".join(parts)[:LONGEST_TEXT]


def _rest(answer: Document) -> float | None:
    said = answer.headers.get("retry-after", "").strip()
    if not said.isdecimal() or not said.isascii() or len(said) > 9:
        return None
    return min(float(said), LONGEST_REST)


def _names(found: tuple[str, ...]) -> tuple[str, ...]:
    names = (one.strip() for one in found)
    return tuple(one for one in names if 0 < len(one) <= LONGEST_ID and one.isprintable())
