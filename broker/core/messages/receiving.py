"""What comes in: every message once, in exactly one conversation (B-50, B-56..B-59, I-18).

Theory of operation: one decision stores the message, finds or makes its conversation, and says by the rules
who is to work on it, so that no conversation is ever stored without what becomes of it. The bodies that the
rules search are in the frame; afterwards only the store has them.

A connector sends a message again until it gets its answer, and gets the same answer for it, however often.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from broker.config.message_gateways import MessageGateway, MessageRule
from broker.config.model import DAY, HOUR
from broker.core.blob_state import owner_of
from broker.core.blobs.naming import attaching, named_by
from broker.core.deadlines import over
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Answer, MessageToAgent, Reply
from broker.core.facts import Fact
from broker.core.facts.causes import ConversationCause, DecisionKind
from broker.core.facts.details import Sorted
from broker.core.facts.messages import (
    ConversationDue,
    ConversationForgotten,
    ConversationRouted,
    MessageStored,
)
from broker.core.inputs import Stamp
from broker.core.limits import AUTOMATIC_REMEMBERED, MESSAGES_PER_CONVERSATION
from broker.core.message_state import (
    Conversation,
    MessagesState,
    address_key,
    body_bytes,
    identifier,
    kept_bytes,
)
from broker.core.messages.apply import retention
from broker.core.messages.conversing import (
    begun,
    decided,
    kept_aside,
    moved,
    parked,
    reopened,
    woken,
)
from broker.core.messages.naming import gateways_of_pair, proposed_name
from broker.core.rules.messages import Letter, due_at, match
from broker.core.sentence import Attachment, described
from broker.core.state import Session, State
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import CommandInfo, MessageContentInfo
from protocol.values import (
    ChatStatus,
    CloseReason,
    Direction,
    Guid,
    MessageStatus,
    from_micros,
)

MESSAGE_ID, CONVERSATION_ID, RECEIPT_ID = range(20, 23)
"""Which Guid of an input's stamp is for what."""
REFERENCES: Final = 50
"""How many of the messages that it follows a message names, the latest ones."""
SPAM_LEVEL: Final = 3
"""From which level on nobody works on a message (B-59)."""
_NO_ROOM: Final = Refusal(ErrorCode.OVERLOADED, "GatewayId: too many conversations are open")


def receive(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: MessageContentInfo,
    gateway: MessageGateway,
) -> Outcome:
    """ES_MESSAGE_RECEIVING on a gateway whose messages are worked on as conversations."""
    known = known_message(state, gateway, p)
    if known is not None:
        return received(session, frame, stamp, p, known)
    # A mail with something infected in it is no less a mail: that is shown, and never given out.
    owner = owner_of(peer=gateway.peer)
    named = named_by(state, owner, p.attachments or (), infected=True)
    if isinstance(named, Refusal):
        return named
    whole = evolve(p, attachments=tuple(described(one, {}) for one in named) or None)
    coming = _Coming(state, stamp, gateway, whole, named)
    decision = coming.taken()
    if decision is None:
        return _NO_ROOM
    return decision.answering(received(session, frame, stamp, p, coming.message).answer)


def known_message(
    state: MessagesState, gateway: MessageGateway, p: MessageContentInfo
) -> Guid | None:
    """The message that came before under that name (B-50), by whatever name the gateway had then."""
    for other in gateways_of_pair(state, gateway):
        name = identifier(other, p.delivery_system_id or "", inbound=True)
        found = state.messages.known.get(other, {}).get(name)
        if found is not None:
            return found[0]
    return None


def received(
    session: Session, frame: Frame, stamp: Stamp, p: MessageContentInfo, message: Guid | None
) -> Decision:
    """`SE_MESSAGE_RECEIVED`, the one answer: the message is stored, or will never be taken (B-50)."""
    said = CommandInfo(
        id=message,
        ref_id=p.gateway_id,
        time_stamp=from_micros(stamp.now),
        reference=p.request_id,
        data="true" if message is not None else "false",
    )
    return Decision(answer=Answer(session.number, frame.id, Reply("SE_MESSAGE_RECEIVED", said)))


@frozen
class _Coming:
    """A message that has come for the first time."""

    state: State
    stamp: Stamp
    gateway: MessageGateway
    p: MessageContentInfo
    named: tuple[Attachment, ...]

    @property
    def message(self) -> Guid:
        """Its name on this side."""
        return self.stamp.guid(MESSAGE_ID)

    @property
    def pair(self) -> Guid:
        """Whose both directions are one conversation's."""
        return self.gateway.pair

    @property
    def address(self) -> str:
        """From where it comes."""
        return self.p.remote_address or ""

    @property
    def is_spam(self) -> bool:
        """Whether nobody wants it (B-59)."""
        key = address_key(self.pair, self.address)
        return (self.p.spam_level or 0) >= SPAM_LEVEL or key in self.state.messages.spam

    def taken(self) -> Decision | None:
        """Store it where it belongs; None when there is no room."""
        thread, earlier = find_thread(self.state, self.gateway, self.p)
        if thread is None:
            return self._anew(earlier, None)
        is_full = len(thread.messages) >= MESSAGES_PER_CONVERSATION
        if is_full or (self.is_spam and not thread.is_open):
            return self._anew(thread.id, thread.last_agent)
        room = room_for(self.state, self.pair, but=thread.id)
        if room is None:
            return None
        decision = Decision([*room])
        if thread.is_open:
            decision.add(self._into(thread))
        elif self.p.is_automatic:
            decision.add(self._kept(thread))
        else:
            decision.add(self._reopening(thread))
        return decision

    def _into(self, conversation: Conversation) -> Decision:
        """One more message of an open conversation; one that was put aside comes back by it."""
        decision = Decision([*self._stored(conversation), *self._due(conversation)])
        if conversation.aside is not None and not self.p.is_automatic and not self.is_spam:
            decision.add(self._woken(conversation))
        elif self._too_automatic(conversation):
            decision.facts += self._put_aside(conversation)
        if conversation.status is ChatStatus.ANSWERED and conversation.agent is not None:
            told = self._content(conversation)
            decision.notices.append(
                MessageToAgent(conversation=conversation.id, agent=conversation.agent, content=told)
            )
        decision.add(self._receipt(conversation))
        return decision

    def _woken(self, conversation: Conversation) -> Decision:
        """It waits again; what no rule knew yet stays aside unless one knows it by this message."""
        if conversation.demanded.project is not None:
            return woken(conversation, self.stamp)
        rule = self._rule()
        if rule is None or rule.project is None:
            return kept_aside(self.state, conversation, self.stamp)
        decision = Decision(self._routed(conversation, rule, rule.project))
        decision.add(woken(conversation, self.stamp))
        return decision

    def _kept(self, conversation: Conversation) -> Decision:
        """An automatic message reopens nothing: it is kept with what it answers (B-58)."""
        return Decision([*self._stored(conversation)])

    def _reopening(self, conversation: Conversation) -> Decision:
        """A reply to a closed conversation: it goes on (B-56)."""
        decision, fresh = reopened(conversation, self.stamp)
        decision.facts += self._stored(conversation)
        decision.add(self._sorted(fresh))
        decision.add(self._receipt(conversation))
        return decision

    def _anew(self, earlier: Guid | None, last_agent: Guid | None) -> Decision | None:
        """The first message of a conversation."""
        room = room_for(self.state, self.pair, conversations=1)
        if room is None:
            return None
        conversation = Conversation(
            id=self.stamp.guid(CONVERSATION_ID),
            no=self.state.messages.next_conversation,
            gateway=self.gateway.id,
            pair=self.pair,
            remote_address=self.address,
            remote_name=self.p.from_field,
            subject=self.p.subject_field,
            earlier=earlier,
            last_agent=last_agent,
        )
        decision = Decision([*room, begun(conversation, self.stamp), *self._stored(conversation)])
        decision.add(self._sorted(conversation))
        decision.add(self._receipt(conversation))
        return decision

    def _content(self, conversation: Conversation) -> MessageContentInfo:
        """The message as it is stored and shown."""
        return evolve(
            self.p,
            message_id=self.message,
            conversation_id=conversation.id,
            counter=len(conversation.messages) + 1,
            direction=Direction.I,
            request_id=None,
            status=None,
            references=(self.p.references or ())[-REFERENCES:] or None,
        )

    def _stored(self, conversation: Conversation) -> list[Fact]:
        content = self._content(conversation)
        stored = MessageStored(
            message=self.message,
            no=self.state.messages.next_message,
            at=self.stamp.now,
            gateway=self.gateway.id,
            content=content,
            size=body_bytes(content),
            inbound=True,
            conversation=conversation.id,
            conversation_no=conversation.no,
            counter=content.counter,
        )
        return [stored, *attaching(self.named, self.message, self.stamp.now)]

    def _letter(self) -> Letter:
        p = self.p
        return Letter(
            gateway_id=self.gateway.id,
            to=p.to_field,
            sender=p.from_field,
            remote_address=p.remote_address,
            subject=p.subject_field,
            text=p.body_text,
            culture=p.culture,
            spam_level=p.spam_level,
        )

    def _rule(self) -> MessageRule | None:
        return match(self.state.config, self._letter(), self.stamp.now)

    def _due(self, conversation: Conversation) -> list[ConversationDue]:
        """When the conversation is to be answered, if this message begins to wait for that."""
        if self.p.is_automatic or conversation.unanswered or conversation.due_at is not None:
            return []
        rule = self._rule()
        return self._due_by(conversation, rule) if rule is not None else []

    def _due_by(self, conversation: Conversation, rule: MessageRule) -> list[ConversationDue]:
        if rule.answer_within is None or self.p.is_automatic:
            return []
        at = due_at(self.stamp.now, rule.answer_within, rule.answer_hours)
        return [ConversationDue(conversation=conversation.id, no=conversation.no, due_at=at)]

    def _sorted(self, conversation: Conversation) -> Decision:
        """What becomes of a conversation that begins, by the rules (B-57, B-59).

        What no rule knows is not lost: it is put aside, where supervisors see it.
        """
        if self.is_spam:
            return self._closed(conversation, Sorted(why="spam"), is_spam=True)
        rule = self._rule()
        if rule is not None and rule.close:
            return self._closed(conversation, Sorted(rule=rule.id))
        if rule is None or rule.project is None:
            log = decided(conversation, self.stamp, DecisionKind.REFUSED, Sorted())
            return Decision([log, *self._put_aside(conversation)])
        facts = [
            *self._routed(conversation, rule, rule.project),
            *self._due_by(conversation, rule),
        ]
        if self._too_automatic(conversation):
            return Decision([*facts, *self._put_aside(conversation, rule.project)])
        waits = moved(
            conversation,
            self.stamp,
            ChatStatus.WAITING,
            ConversationCause.ROUTED,
            project=rule.project,
        )
        return Decision([*facts, waits])

    def _routed(self, conversation: Conversation, rule: MessageRule, project: Guid) -> list[Fact]:
        """A rule says what it asks of an agent."""
        routed = ConversationRouted(
            conversation=conversation.id,
            no=conversation.no,
            at=self.stamp.now,
            project=project,
            language=rule.language,
            skill=rule.skill,
            priority=rule.priority,
            rule=rule.id,
        )
        way = Sorted(rule=rule.id, project=project)
        return [decided(conversation, self.stamp, DecisionKind.ROUTED, way), routed]

    def _closed(
        self, conversation: Conversation, why: Sorted, *, is_spam: bool = False
    ) -> Decision:
        ends = moved(
            conversation,
            self.stamp,
            ChatStatus.CLOSED,
            ConversationCause.RULE,
            reason=CloseReason.RULE,
            is_spam=is_spam,
        )
        return Decision([decided(conversation, self.stamp, DecisionKind.REFUSED, why), ends])

    def _put_aside(self, conversation: Conversation, project: Guid | None = None) -> list[Fact]:
        """Leave it to a supervisor."""
        return [*parked(conversation, self.stamp, None, None, project=project)]

    def _too_automatic(self, conversation: Conversation) -> bool:
        """Whether this is one automatic message too many, where nobody works on it yet (B-58)."""
        if not self.p.is_automatic or conversation.aside is not None:
            return False
        if conversation.status not in (ChatStatus.PILOT, ChatStatus.WAITING):
            return False
        key = address_key(self.pair, self.address)
        moments = self.state.messages.automatic.get(key, ())
        lately = sum(1 for at in moments if self.stamp.up - at < HOUR)
        return lately + 1 >= AUTOMATIC_REMEMBERED

    def _receipt(self, conversation: Conversation) -> Decision:
        """The receipt that the sender gets: once in a conversation and day, and never a machine (B-58)."""
        text, sender = self.gateway.acknowledge, self.state.config.sender_for(self.gateway)
        if text is None or sender is None or self.p.is_automatic or self.is_spam:
            return Decision()
        since = self.stamp.now - DAY
        if any(
            not m.inbound and m.content.is_automatic and m.at > since for m in conversation.messages
        ):
            return Decision()
        message = self.stamp.guid(RECEIPT_ID)
        content = MessageContentInfo(
            delivery_system_id=proposed_name(self.state.config, sender, message),
            in_reply_to_id=self.p.delivery_system_id,
            message_id=message,
            gateway_id=sender.id,
            remote_address=self.address,
            to_field=self.p.from_field,
            direction=Direction.O,
            received_sent_time=from_micros(self.stamp.now),
            subject_field=reply_subject(self.p.subject_field),
            body_text=text,
            culture=self.p.culture,
            conversation_id=conversation.id,
            counter=len(conversation.messages) + 2,
            is_automatic=True,
        )
        stored = MessageStored(
            message=message,
            no=self.state.messages.next_message + 1,
            at=self.stamp.now,
            gateway=sender.id,
            content=content,
            size=body_bytes(content),
            inbound=False,
            conversation=conversation.id,
            conversation_no=conversation.no,
            counter=content.counter,
            status=MessageStatus.QUEUED,
        )
        decision = Decision([stored])
        if conversation.status is ChatStatus.ANSWERED and conversation.agent is not None:
            decision.notices.append(
                MessageToAgent(
                    conversation=conversation.id, agent=conversation.agent, content=content
                )
            )
        return decision


def reply_subject(subject: str | None) -> str | None:
    """The subject of an answer: `Re: ` once, within what a member may hold."""
    if subject is None:
        return None
    return subject if subject[:3].casefold() == "re:" else f"Re: {subject}"[:320]


def find_thread(
    state: MessagesState, gateway: MessageGateway, p: MessageContentInfo
) -> tuple[Conversation | None, Guid | None]:
    """The conversation that a message belongs to (B-56).

    Returns:
        The conversation, if it is in memory; and if it is not, its name, where that is known.
    """
    kept, gone = state.messages, None
    for name in (p.in_reply_to_id, *reversed((p.references or ())[-REFERENCES:])):
        found = _named(state, gateway, name) if name else None
        if found is None:
            continue
        if found in kept.conversations:
            return kept.conversations[found], None
        gone = gone or found
    if not gateway.has_threads:
        at_address = kept.open_addresses.get(address_key(gateway.pair, p.remote_address or ""))
        if at_address is not None:
            return kept.conversations[at_address], None
    return None, gone


def _named(state: MessagesState, gateway: MessageGateway, name: str) -> Guid | None:
    """The conversation of the message of that name, in either direction."""
    for other in gateways_of_pair(state, gateway):
        names = state.messages.known.get(other, {})
        for inbound in (False, True):
            found = names.get(identifier(other, name, inbound=inbound))
            if found is not None and found[1] is not None:
                return found[1]
    return None


def forget(state: MessagesState, stamp: Stamp, key: Guid) -> Decision:
    """Let a closed conversation go, if no reply reopens it any more (B-56) and nobody wraps it up."""
    conversation = state.messages.conversations.get(key)
    if conversation is None or conversation.is_open or conversation.wrapping is not None:
        return Decision()
    if over(state, conversation.closed_up, retention(state, conversation)) > stamp.up:
        return Decision()
    return Decision([ConversationForgotten(key)])


def room_for(
    state: MessagesState, pair: Guid, *, conversations: int = 0, but: Guid | None = None
) -> list[ConversationForgotten] | None:
    """What has to be forgotten for one message more; None when that does not do (I-14).

    Args:
        state: The state.
        pair: Whose message it is.
        conversations: How many conversations more there will be.
        but: The conversation that it is for.
    """
    kept, limits = state.messages, state.config.limits
    many = kept.held.get(pair, 0) + conversations - limits.conversations
    much = kept.bytes_held.get(pair, 0) - limits.gateway_bytes
    found: list[ConversationForgotten] = []
    if many <= 0 and much <= 0:
        return found
    for closed in kept.closed.get(pair, ()):
        conversation = kept.conversations[closed]
        if closed == but or conversation.wrapping is not None:
            continue  # it is about to be reopened, or a wrap-up runs
        found.append(ConversationForgotten(closed))
        many -= 1
        much -= sum(kept_bytes(message.content) for message in conversation.messages)
        if many <= 0 and much <= 0:
            return found
    return None
