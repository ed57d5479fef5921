"""The rules that judge a chat: gate, pre, project, and wait rules (B-1, B-3, B-26, B-27).

In each group the first rule by rank counts whose limits all hold; an absent limit is not tested.
Patterns are *searched* in the value (anchor them with ``^`` and ``$`` to match the whole), and a
value that is not there is the empty text. What is searched is bounded: it comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final, TypeVar

from attrs import field, frozen

from broker.config.model import (
    Config,
    GateRule,
    Hours,
    PreRule,
    ProjectRule,
    RuleLimits,
    Span,
    WaitRule,
    WorkKind,
)
from broker.core.form_values import form_values
from broker.core.state import Chat
from protocol.hours import covers
from protocol.limits import text_length
from protocol.values import Guid, Signal, from_micros

USER_TOKEN: Final = text_length("ChatServiceInfo", "UserToken")
EXT_RESPONSE: Final = text_length("ChatServiceInfo", "ExtResponse")

_A_DAY: Final = timedelta(days=1)
_DAY: Final = 24 * 60

R = TypeVar("R", PreRule, ProjectRule)


@frozen(kw_only=True)
class Applicant:
    """What rules can know about a chat that begins, or may begin.

    Attributes:
        gateway_id: The gateway that it comes through.
        culture: The language that the visitor prefers.
        user_token: Who the visitor is, by the web site's word.
        ext_response: The result of logic outside.
        form: What was filled in, by control.
    """

    gateway_id: Guid
    culture: str | None = None
    user_token: str | None = None
    ext_response: str | None = None
    form: Mapping[Guid, str] = field(factory=dict)


@frozen(kw_only=True)
class GateVerdict:
    """What the gate rules say; the occupancy is judged by whoever asks (B-27).

    Attributes:
        rule: The rule that matched; None: no rule did, the gate is open and the occupancy counts.
        open: Whether it is inside the opening hours.
        forced: The signal whatever the occupancy; None: the occupancy counts. None outside hours.
        fallback: The signal outside hours, and when no agent is there.
        scenario: The form to be shown before the chat.
    """

    rule: GateRule | None = None
    open: bool = True
    forced: Signal | None = None
    fallback: Signal = Signal.CLOSED
    scenario: Guid | None = None

    @property
    def decided(self) -> Signal | None:
        """The signal where the occupancy does not matter, else None."""
        return self.forced if self.open else self.fallback


def gate(config: Config, applicant: Applicant, now_micros: int) -> GateVerdict:
    """Judge by the gate rules; their hours are opening hours and no limit."""
    for rule in config.gate_rules:
        if _matches(rule.limits, applicant):
            hours = rule.limits.hours
            inside = hours is None or within(hours, now_micros)
            return GateVerdict(
                rule=rule,
                open=inside,
                forced=rule.signal if inside else None,
                fallback=rule.fallback,
                scenario=rule.scenario,
            )
    return GateVerdict()


def pre(config: Config, applicant: Applicant, now_micros: int) -> PreRule | None:
    """Find the rule that chooses an automated partner."""
    return _first(config.pre_rules, applicant, now_micros)


def project(
    config: Config, applicant: Applicant, now_micros: int, wanted: Guid | None = None
) -> ProjectRule | None:
    """Find the rule that chooses the project; among those of a wanted one, if it is known."""
    rules = config.project_rules
    if wanted is not None:
        rules = tuple(rule for rule in rules if rule.project == wanted)
    return _first(rules, applicant, now_micros)


def next_wait(
    config: Config, chat: Chat, over: Callable[[WaitRule], int], wall: Callable[[int], int]
) -> tuple[int, WaitRule] | None:
    """Find the wait rule that is next for a waiting chat, and when it is due (B-26).

    Of the levels above the last applied one the lowest counts that has a rule whose limits hold; of
    that level the first such rule. Hours are those of the moment at which the rule is due.

    Args:
        config: The configuration.
        chat: A chat that waits.
        over: When it will have waited long enough for a rule, on the clock of deadlines.
        wall: What time of day that is.
    """
    if chat.waiting.enqueued_at is None:
        return None
    level, project = chat.routing.wait_level, chat.routing.project
    who: Applicant | None = None
    for rule in above(config, WorkKind.CHATS, level, project):
        due, hours = over(rule), rule.limits.hours
        who = who or applicant_of(chat)
        if _matches(rule.limits, who) and (hours is None or within(hours, wall(due))):
            return due, rule
    return None


def above(config: Config, work: WorkKind, level: int, project: Guid | None) -> Iterator[WaitRule]:
    """The wait rules of one kind of work that are above a level, and for a project, in their order."""
    for rule in config.wait_rules:
        if rule.work is work and rule.level > level and rule.project in (None, project):
            yield rule


def applicant_of(chat: Chat, more: Mapping[Guid, str] | None = None) -> Applicant:
    """What rules can know about a chat that is there.

    Args:
        chat: The chat.
        more: What is being filled in just now.
    """
    form: dict[Guid, str] = {}
    for result in chat.forms.results.values():
        form.update(form_values(result))
    return Applicant(
        gateway_id=chat.gateway,
        culture=chat.visitor.culture,
        user_token=chat.visitor.user_token,
        ext_response=chat.visitor.ext_response,
        form=form | dict(more or {}),
    )


def within(hours: Hours, now_micros: int) -> bool:
    """Whether a moment lies inside the hours, by the clock on the wall of their zone.

    In the hour that is repeated when summer time ends both passes count; the hour that is
    left out when it begins never comes. A span belongs to the day on which it begins.
    """
    local = from_micros(now_micros).astimezone(hours.zone)
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - _A_DAY
    return covers(minute, begun_on(hours, today), begun_on(hours, yesterday))


def begun_on(hours: Hours, day: date) -> tuple[Span, ...]:
    """The spans that begin on a day; what is said of one year counts before what is said of each."""
    if hours.calendar is not None:
        for year in (day.year, None):
            dated = (year, day.month, day.day)
            if dated in hours.calendar.open:
                return hours.calendar.open[dated]
            if dated in hours.calendar.closed:
                return ()
    return hours.week[day.weekday()]


def speaks(wanted: str, culture: str | None) -> bool:
    """Whether a culture is the wanted one or a narrower one: `en` takes `en-US`, not `eng`."""
    if culture is None:
        return False
    have, want = culture.replace("_", "-").lower(), wanted.lower()
    return have == want or have.startswith(f"{want}-")


def _first(rules: Iterable[R], applicant: Applicant, now_micros: int) -> R | None:
    for rule in rules:
        hours = rule.limits.hours
        if _matches(rule.limits, applicant) and (hours is None or within(hours, now_micros)):
            return rule
    return None


def _matches(limits: RuleLimits, applicant: Applicant) -> bool:
    """Whether all limits hold, except hours; the cheap ones first."""
    if limits.gateway is not None and limits.gateway != applicant.gateway_id:
        return False
    if limits.culture is not None and not speaks(limits.culture, applicant.culture):
        return False
    token, answer = applicant.user_token or "", applicant.ext_response or ""
    if limits.user_token is not None and not limits.user_token.found_in(token[:USER_TOKEN]):
        return False
    if limits.ext_response is not None and not limits.ext_response.found_in(answer[:EXT_RESPONSE]):
        return False
    return all(
        expected.recognises(applicant.form.get(control, "")) for control, expected in limits.form
    )
