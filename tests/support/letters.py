"""Messages and conversations as facts, for tests that need no handler for them."""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve

from broker.config.message_gateways import MessageGateway
from broker.config.model import Agent, Config, Limits, Project, Secret
from broker.core.apply import apply
from broker.core.facts import AgentMoved
from broker.core.facts.causes import AgentCause, AttemptOutcome, ConversationCause, OfferOutcome
from broker.core.facts.messages import (
    ConversationDue,
    ConversationMoved,
    ConversationNoted,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
    ConversationRouted,
    ConversationStarted,
    ConversationUnparked,
    DraftKept,
    MessageMoved,
    MessageStored,
)
from broker.core.message_state import body_bytes
from broker.core.state import State
from protocol.message import MessageContentInfo
from protocol.values import (
    AgentState,
    Channel,
    ChatStatus,
    CloseReason,
    Guid,
    MessageStatus,
    from_micros,
)

AT: Final = 1_790_000_000_000_000


def guid(number: int) -> Guid:
    """A Guid that shows its number."""
    return Guid(f"00000000-0000-4000-a000-{number:012d}")


MAIL, ALICE, PROJECT, TALK = guid(1), guid(2), guid(3), guid(4)
WHICH: Final[dict[str, Any]] = {"conversation": TALK, "no": 1}


def started(**more: Any) -> ConversationStarted:
    """A conversation begins."""
    said = {"remote_address": "eva@example.org", "remote_name": "Eva", "subject": "Boots"}
    return ConversationStarted(**(WHICH | {"at": AT, "gateway": MAIL, "pair": MAIL} | said | more))


def moved(
    status: ChatStatus, cause: ConversationCause, at: int = AT, **more: Any
) -> ConversationMoved:
    """Its status changes."""
    return ConversationMoved(
        **(WHICH | {"at": at, "status": status, "cause": cause, "agent": None} | more)
    )


def stored(no: int = 1, *, inbound: bool = True, **more: Any) -> MessageStored:
    """A message gets its place in it."""
    content = MessageContentInfo(
        message_id=guid(100 + no),
        delivery_system_id=f"<{no}@example.org>",
        gateway_id=MAIL,
        remote_address="eva@example.org",
        subject_field="Boots",
        body_html="<p>Do they fit?</p>",
        body_text="Do they fit?",
        received_sent_time=from_micros(AT),
    )
    members: dict[str, Any] = {
        "message": guid(100 + no),
        "no": no,
        "at": AT + no,
        "gateway": MAIL,
        "content": content,
        "size": body_bytes(content),
        "inbound": inbound,
        "conversation": TALK,
        "conversation_no": 1,
        "counter": no,
    }
    if not inbound:
        members |= {
            "agent": ALICE,
            "key": f"k{no}",
            "digest": f"d{no}",
            "status": MessageStatus.QUEUED,
        }
    return MessageStored(**(members | more))


def delivered(
    status: MessageStatus, outcome: AttemptOutcome | None = None, no: int = 2, **more: Any
) -> MessageMoved:
    """An outbound message goes on."""
    members: dict[str, Any] = {
        "message": guid(100 + no),
        "no": no,
        "conversation_no": 1,
        "at": AT + 50,
    }
    return MessageMoved(**(members | {"status": status, "attempt": 1, "outcome": outcome} | more))


def automatic(f: MessageStored) -> MessageStored:
    """The same, written by no person."""
    return evolve(f, content=evolve(f.content, is_automatic=True))


def a_life() -> list[Any]:
    """A conversation that is offered, answered, replied to and put aside; the reply is on its way."""
    who: dict[str, Any] = {"agent": ALICE}
    login = AgentMoved(
        agent=ALICE,
        at=AT,
        since=AT,
        state=AgentState.PAUSE,
        reason=None,
        next_state=None,
        cause=AgentCause.LOGIN,
        workplace="101",
        missed=0,
    )
    offer: dict[str, Any] = {"offer": 1, **WHICH, **who}
    return [
        login,
        started(),
        stored(),
        ConversationRouted(**WHICH, at=AT, project=PROJECT, language=None, skill=1, priority=2),
        ConversationDue(**WHICH, due_at=AT + 9),
        moved(ChatStatus.WAITING, ConversationCause.ROUTED, enqueued_at=AT, waiting_since=AT),
        ConversationOffered(**offer, workplace="101", at=AT, until=AT + 30),
        moved(
            ChatStatus.ALERTING, ConversationCause.OFFERED, enqueued_at=AT, waiting_since=AT, **who
        ),
        ConversationOfferEnded(
            **offer, at=AT + 5, outcome=OfferOutcome.ANSWERED, missed=0, status=ChatStatus.ALERTING
        ),
        moved(
            ChatStatus.ANSWERED, ConversationCause.ANSWERED, AT + 5, enqueued_at=AT, waited=5, **who
        ),
        ConversationNoted(**WHICH, counter=1, id="n", text="Careful", agent=ALICE, at=AT + 6),
        DraftKept(**WHICH, agent=ALICE, at=AT + 7, content=MessageContentInfo(body_text="Dear")),
        stored(2, inbound=False),
        delivered(MessageStatus.SENDING, until=AT + 90, term=90, delivery_id="<new@broker>"),
        moved(ChatStatus.WAITING, ConversationCause.PARKED, AT + 8, enqueued_at=AT, waited=5),
        ConversationParked(**WHICH, at=AT + 8, until=AT + 1_000, by=ALICE),
    ]


def a_reply(*, sending: bool = False) -> list[Any]:
    """The same life up to the reply, which is queued, or on its way."""
    life = a_life()
    return life[: -2 if sending else -3]


def the_end() -> list[Any]:
    """That conversation is closed."""
    return [
        ConversationUnparked(**WHICH, at=AT + 20),
        moved(
            ChatStatus.CLOSED,
            ConversationCause.CLOSED,
            AT + 20,
            enqueued_at=AT,
            waited=5,
            close_reason=CloseReason.AGENT,
            code="Solved",
            agent=ALICE,
        ),
    ]


GATEWAY: Final = MessageGateway(id=MAIL, name="Mail", peer="mail", secret=Secret())


def written(*facts: Any, channel: Channel = Channel.EMAIL, **limits: int) -> State:
    """A state to which some facts have been applied."""
    gateway = evolve(GATEWAY, channel=channel)
    config = Config(
        message_gateways={MAIL: gateway},
        projects={PROJECT: Project(id=PROJECT, name="Support")},
        agents={ALICE: Agent(id=ALICE, name="Alice", login="alice", secret=Secret())},
        limits=Limits(**limits),
    )
    state = State(config=config, up=AT)
    for fact in facts:
        apply(state, fact)
    return state
