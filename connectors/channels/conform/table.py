"""The table of scenarios: which clause each is about, and what it cannot be played without."""

from collections.abc import Awaitable, Callable
from typing import Final

from attrs import frozen

from connectors.channels.conform import inbound, outbound, session
from connectors.channels.conform.stage import Stage


@frozen
class Scenario:
    """One row.

    Attributes:
        name: What it is called.
        clause: The clause that it is about.
        play: Plays it.
        needs: What it cannot be played without: `inject`, `bad address`, `program`.
        long: It waits for as long as the clause says, which is most of a minute or more.
    """

    name: str
    clause: str
    play: Callable[[Stage], Awaitable[None]]
    needs: frozenset[str] = frozenset()
    long: bool = False

    @property
    def does(self) -> str:
        """What happens in it."""
        return (self.play.__doc__ or "").partition("\n")[0].rstrip(".")


_IN: Final = frozenset({"inject"})
_PROGRAM: Final = frozenset({"program"})
SCENARIOS: Final = (
    Scenario("hello", "W-10", session.hello),
    Scenario("gateways", "W-17", session.gateways),
    Scenario("sent", "B-52", outbound.sent),
    Scenario("sent-again", "B-52", outbound.sent_again),
    Scenario("asked-at-once", "B-52", outbound.asked_at_once),
    Scenario("answer-lost", "B-52", outbound.answer_lost),
    Scenario("sent-after-reconnect", "B-52", outbound.after_reconnect),
    Scenario("many", "B-53", outbound.many),
    Scenario("foreign-gateway", "B-52", outbound.foreign_gateway),
    Scenario("out-gateway-gone", "W-17", outbound.gateway_gone),
    Scenario("impossible", "B-55", outbound.impossible, frozenset({"bad address"})),
    Scenario("killed-after-answer", "B-52", outbound.killed_after, _PROGRAM),
    Scenario("large", "W-3", outbound.large),
    Scenario("together", "W-1", outbound.together),
    Scenario("strange", "W-5", session.strange),
    Scenario("taken", "B-50", inbound.taken, _IN),
    Scenario("answered-twice", "B-50", inbound.answered_twice, _IN),
    Scenario("answered-late", "B-50", inbound.answered_late, _IN, long=True),
    Scenario("unanswered", "B-50", inbound.unanswered, _IN, long=True),
    Scenario("not-taken", "B-50", inbound.not_taken, _IN),
    Scenario("broker-dies", "B-50", inbound.broker_dies, _IN),
    Scenario("broker-dies-with-it", "B-50", inbound.broker_dies_with_it, _IN),
    Scenario("throttled", "W-14", inbound.throttled, _IN),
    Scenario("refused", "W-14", inbound.refused, _IN),
    Scenario("killed-before-answer", "B-50", inbound.killed, _IN | _PROGRAM),
    Scenario("in-gateway-gone", "W-17", inbound.gateway_gone, _IN),
    Scenario("in-gateway-changed", "W-17", inbound.gateway_changed, _IN),
    Scenario("ping", "W-12", session.ping),
    Scenario("silent-broker", "W-12", session.silent_broker),
    Scenario("shut-down", "W-13", session.shut_down),
    Scenario("back-off", "W-13", session.back_off),
    Scenario("wrong-token", "W-14", session.wrong_token, _PROGRAM),
    Scenario("stopped", "W-13", session.stopped, _PROGRAM),
)
