"""Messages on their way out, whatever happens to them (I-2, I-10, I-12, I-16).

Agents write, withdraw and try again; connectors come, ask, answer rightly, late, twice or for somebody
else, report and go; time passes, the process ends and begins. After every step the state's own laws hold.
What a connector hears is judged besides, by what was said to the broker alone: no attempt begins while
another one may be open, and none once the message was said to be sent. In the end a connector that
answers gets everything that is left.
"""

from __future__ import annotations

import os
from typing import Any

from attrs import Factory, define
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.effects import Effect, Send
from broker.core.message_state import Message
from protocol.message import MessageContentInfo
from protocol.values import MessageStatus
from tests.support.mail import MAIL_CONFIG, gateway
from tests.support.playbook import Client, Playbook
from tests.support.registers import ask

EXAMPLES = int(os.environ.get("PARLEY_FUZZ_EXAMPLES", "300"))
CONFIG = MAIL_CONFIG.replace(
    'name = "Mail"\n', 'name = "Mail"\nin_flight = 2\nretries = ["30s", "2m"]\n', 1
)
DEADLINE = 90 * 1_000_000
ERRORS = (None, None, "busy", "permanent: no", "throttled: wait")
REPORTS = ("Delivered", "Read", "Bounced: no", "Undelivered: no")
OPENING = (("connect",), ("ask", 0), ("connect",), ("ask", 1), ("write", 0, 0, 0))
AGENTS = (("alice", "101"), ("bob", "102"))

numbers = st.integers(0, 50)
ACTIONS = st.one_of(
    st.tuples(st.just("connect")),
    st.tuples(st.just("ask"), numbers),
    st.tuples(st.just("leave"), numbers),
    *[st.tuples(st.just("write"), numbers, numbers, numbers) for _ in range(2)],
    *[st.tuples(st.just("answer"), numbers, numbers, numbers) for _ in range(4)],
    st.tuples(st.just("report"), numbers, numbers, numbers),
    st.tuples(st.sampled_from(["CS_MESSAGE_CANCEL", "CS_MESSAGE_RETRY"]), numbers, numbers),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 35.0, 35.0, 60.0, 91.0, 150.0, 4000.0])),
    st.tuples(st.just("restart")),
)


@define
class Attempt:
    """What is known outside of a message's attempts.

    Attributes:
        begun: When the last one was handed over; None: nobody can be at it.
        over: It was said to be sent, or to have come through.
    """

    begun: int | None = None
    over: bool = False


class Watched(Playbook):
    """The core under a script; what connectors are handed is judged at that moment."""

    def __init__(self) -> None:
        self.attempts: dict[str, Attempt] = {}
        self.handed: list[str] = []
        super().__init__(CONFIG)

    def release(self, effect: Effect) -> None:
        """Let everybody hear what is for them."""
        super().release(effect)
        if isinstance(effect, Send) and isinstance(effect.payload, MessageContentInfo):
            known = self.attempts.setdefault(effect.payload.message_id or "", Attempt())
            assert not known.over
            assert known.begun is None or self.now >= known.begun + DEADLINE
            known.begun = self.now
            self.handed.append(effect.payload.message_id or "")


@define(slots=False)
class Post:
    """The script, and what an onlooker makes of it."""

    play: Watched = Factory(Watched)
    connectors: list[Client] = Factory(list)
    agents: list[Client] = Factory(list)
    said: dict[tuple[int, str], str] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        self.log_in()

    def log_in(self) -> None:
        self.agents = [self.play.agent(who, place, None) for who, place in AGENTS]

    def do(self, action: tuple[Any, ...]) -> None:
        getattr(self, action[0].removeprefix("CS_MESSAGE_").lower())(*action[1:], frame=action[0])
        for client in self.play.clients.values():
            client.heard.clear()

    def connect(self, frame: str) -> None:
        if len(self.connectors) < 4:
            self.connectors.append(self.play.connector("mail"))

    def ask(self, which: int, frame: str) -> None:
        if self.connectors:
            ask(self.connectors[which % len(self.connectors)], 1, "mail", "ES_SL_GETGATEWAYS")

    def leave(self, which: int, frame: str) -> None:
        if self.connectors:
            self.connectors.pop(which % len(self.connectors)).leaves()

    def write(self, which: int, key: int, place: int, frame: str) -> None:
        """A new message, or one that was written before, again: the same one, and nothing happens."""
        agent = self.agents[which % 2]
        name, facts = f"k{key % 12}", len(self.play.facts)
        members: dict[str, Any] = {"RequestId": name, "BodyText": f"Text {key % 12}"}
        talks = [c for c in self.conversations() if c.is_with(self.own(agent))]
        if place % 3 and talks:
            members["ConversationId"] = talks[place % len(talks)].id
        else:
            members |= {"GatewayId": gateway("Mail"), "RemoteAddress": "eva@example.org"}
        agent.says("CS_MESSAGE_SEND", 1, **members)
        answer = next(said for type_, said, re, _ in agent.heard if re == 1)
        known = self.said.get((which % 2, name))
        if "MessageId" not in answer:
            assert len(self.play.facts) == facts
        elif known is not None:
            assert (answer["MessageId"], len(self.play.facts)) == (known, facts)
        else:
            self.said[which % 2, name] = answer["MessageId"]

    def own(self, agent: Client) -> Any:
        return self.play.config.agent_by_login[AGENTS[self.agents.index(agent)][0]].id

    def conversations(self) -> list[Any]:
        return list(self.play.state.messages.conversations.values())

    def message(self, which: int) -> Message | None:
        known = list(self.play.state.messages.messages.values())
        return known[which % len(known)] if known else None

    def answer(self, which: int, about: int, error: int, frame: str) -> None:
        message = self.message(about)
        if not self.connectors or message is None or message.delivery is None:
            return
        connector, text = self.connectors[which % len(self.connectors)], ERRORS[error % 5]
        status, session = message.delivery.status, message.delivery.session
        known = self.play.attempts.setdefault(message.id, Attempt())
        if text is None:
            known.over = True
        elif session in (None, connector.number) or session not in self.play.state.sessions:
            # Only the answer of who has it ends an attempt before its time.
            known.begun = None if status is MessageStatus.SENDING else known.begun
        connector.says("ES_MESSAGE_SENT", 1, Id=message.id, Data=text)

    def report(self, which: int, about: int, what: int, frame: str) -> None:
        message = self.message(about)
        if not self.connectors or message is None or message.delivery is None:
            return
        said = REPORTS[what % 4]
        failed = message.delivery.status is MessageStatus.FAILED
        if not (failed and what % 4 > 1):
            self.play.attempts.setdefault(message.id, Attempt()).over = True
        connector = self.connectors[which % len(self.connectors)]
        connector.says("ES_MESSAGE_REPORT", 1, RefId=gateway("Mail"), Id=message.id, Data=said)

    def cancel(self, which: int, about: int, frame: str) -> None:
        message = self.message(about)
        if message is not None:
            self.agents[which % 2].says(frame, 1, MessageId=message.id)

    retry = cancel

    def wait(self, seconds: float, frame: str) -> None:
        self.play.wait(seconds)

    def restart(self, frame: str) -> None:
        self.play.check_store()
        self.play.restart()
        self.connectors.clear()
        self.log_in()

    def end(self) -> None:
        """I-16: whoever answers gets everything that is to go out, and then there is nothing."""
        for connector in self.connectors:
            connector.leaves()
        self.connectors = [self.play.connector("mail")]
        (last,) = self.connectors
        self.play.handed.clear()
        ask(last, 1, "mail", "ES_SL_GETGATEWAYS")
        for _ in range(200):
            handed, self.play.handed = self.play.handed, []
            for message in handed:
                self.play.attempts[message].over = True
                last.says("ES_MESSAGE_SENT", 1, Id=message)
            self.play.wait(100)
        left = [m for m in self.play.state.messages.messages.values() if m.delivery is not None]
        on_the_way = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.RETRY)
        assert not [m for m in left if m.delivery and m.delivery.status in on_the_way]
        self.play.check_store()


@settings(max_examples=EXAMPLES)
@given(st.lists(ACTIONS, max_size=60))
def test_whatever_happens_no_message_is_sent_twice_or_forgotten(
    actions: list[tuple[Any, ...]],
) -> None:
    post = Post()
    for action in (*OPENING, *actions):
        post.do(action)
    post.end()
