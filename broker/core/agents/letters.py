"""What an agent does with messages: writes one, withdraws it, has it tried again (B-62).

Theory of operation: the key of a request (`RequestId`) and what it said are remembered beside
the message, so a request that comes again finds the message that the first one made, whatever became of it
since and though its conversation left the memory. A
message that goes on in a conversation is the agent's who works on it; any other begins one, which is
theirs at once.
"""

from __future__ import annotations

from attrs import evolve, frozen

from broker.config.message_gateways import MessageGateway
from broker.core.blob_state import owner_of
from broker.core.blobs.naming import attaching, drafted, named_by
from broker.core.capacity import slots_left
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution_state import Work
from broker.core.effects import Answer, ConversationToAgent, DeliveryToAgents, Reply
from broker.core.facts import BlobAttached, Fact
from broker.core.facts.causes import AttemptOutcome, ConversationCause, Ineligible
from broker.core.facts.messages import (
    ConversationRouted,
    DraftDropped,
    MessageMoved,
    MessageStored,
)
from broker.core.inputs import Stamp
from broker.core.limits import MESSAGES_PER_CONVERSATION, QUEUED_PER_GATEWAY
from broker.core.message_state import (
    Conversation,
    Demanded,
    Message,
    Written,
    address_key,
    body_bytes,
)
from broker.core.messages.attempts import delivery_of, moved
from broker.core.messages.composing import answering, attached, unfit, written_in
from broker.core.messages.conversing import begun
from broker.core.messages.conversing import moved as conversation_moved
from broker.core.messages.naming import proposed_name
from broker.core.messages.receiving import CONVERSATION_ID, MESSAGE_ID, room_for
from broker.core.rules.messages import Letter, match
from broker.core.sentence import Attachment, described
from broker.core.serving import answered, serves
from broker.core.state import Session, State
from broker.core.views.conversation_addressing import CLOSED, NO_CONVERSATION
from broker.core.views.structures import agent_name
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import MessageCommandInfo, MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Direction, Guid, MessageStatus, from_micros

_REUSED = Refusal(ErrorCode.KEY_REUSED, "RequestId: used before for another message")
_NO_MESSAGE = Refusal(ErrorCode.UNKNOWN_MESSAGE, "MessageId: no such message of this agent")
_NOT_FORWARDED = Refusal(ErrorCode.UNKNOWN_MESSAGE, "ForwardOf: no such message of this agent")
_NOT_THEIRS = Refusal(ErrorCode.WRONG_STATE, "ConversationId: not answered by this agent")
_LONG = Refusal(ErrorCode.OVERLOADED, "ConversationId: the conversation has too many messages")
_NO_WAY = Refusal(ErrorCode.UNKNOWN_GATEWAY, "GatewayId: no message gateway that sends")
_OTHER_WAY = Refusal(ErrorCode.BAD_PAYLOAD, "GatewayId: not one of the conversation")
_AS_CHAT = Refusal(ErrorCode.BAD_PAYLOAD, "GatewayId: its messages are sentences of chats")
_NOBODY = Refusal(ErrorCode.BAD_PAYLOAD, "RemoteAddress: is needed for a new conversation")
_TAKEN = Refusal(ErrorCode.WRONG_STATE, "RemoteAddress: has an open conversation already")
_QUEUE_FULL = Refusal(ErrorCode.OVERLOADED, "GatewayId: too many messages wait for a connector")
_MEMORY_FULL = Refusal(ErrorCode.OVERLOADED, "GatewayId: too many conversations are open")
_GOING = Refusal(ErrorCode.WRONG_STATE, "logged off, or about to be")
_CHATS_ALONE = Refusal(ErrorCode.WRONG_STATE, Ineligible.CHATS_ALONE.value)
_NO_SLOT = Refusal(ErrorCode.WRONG_STATE, Ineligible.NO_SLOT.value)
_NOT_HERE = Refusal(ErrorCode.NOT_ALLOWED, "Peer: not the workplace of this session")
_CAME_BACK = Refusal(
    ErrorCode.WRONG_STATE, "MessageId: it was sent; what came back is written anew"
)


@serves(MessageContentInfo)
def send(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageContentInfo
) -> Outcome:
    """CS_MESSAGE_SEND: a reply, or the first message of a conversation that is the agent's (B-62)."""
    agent = session.agent
    assert agent is not None
    known = state.messages.keys.get((agent, p.request_id or ""))
    if known is not None:
        return _again(state, stamp, session, frame, p, known)
    conversation = _meant(state, agent, p)
    if isinstance(conversation, Refusal):
        return conversation
    gateway = _way_for(state, conversation, p)
    if isinstance(gateway, Refusal):
        return gateway
    forwarded = _forwarded(state, agent, p.forward_of)
    if isinstance(forwarded, Refusal):
        return forwarded
    attachments = attached(state.config, p, forwarded)
    if isinstance(attachments, Refusal):
        return attachments
    passed_on = forwarded.content.attachments if forwarded is not None else None
    also = {one.blob_id for one in passed_on or () if one.blob_id is not None}
    if conversation is not None:
        also |= drafted(conversation)
    named = named_by(state, owner_of(agent=agent), attachments, also=also)
    if isinstance(named, Refusal):
        return named
    whole = evolve(p, attachments=tuple(described(one, {}) for one in named) or None)
    writing = _Writing(state, stamp, agent, gateway, whole, written_in(frame, p), named)
    facts = writing.anew() if conversation is None else writing.into(conversation)
    if isinstance(facts, Refusal):
        return facts
    told = Answer(session.number, frame.id, DeliveryToAgents(stamp.guid(MESSAGE_ID)))
    if conversation is not None:
        return Decision(facts, answer=told)
    made = ConversationToAgent(conversation=stamp.guid(CONVERSATION_ID), agent=agent)
    return Decision(facts, [made], told)


@serves(MessageContentInfo)
def sent_before(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageContentInfo
) -> Outcome | None:
    """The answer to a message that was handed over under its key before (B-62)."""
    assert session.agent is not None
    known = state.messages.keys.get((session.agent, p.request_id or ""))
    return _again(state, stamp, session, frame, p, known) if known is not None else None


def _again(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: MessageContentInfo,
    known: Written,
) -> Outcome:
    """The answer to a message that was handed over before: how far it is, or how far it was."""
    if known.digest != written_in(frame, p):
        return _REUSED
    if known.message in state.messages.messages:
        return answered(session, frame, DeliveryToAgents(known.message))
    told = MessageStatusInfo(
        peer=session.workplace or "",
        message_id=known.message,
        request_id=p.request_id,
        gateway_id=known.gateway,
        status=known.status,
        time_stamp=from_micros(stamp.now),
    )
    return answered(session, frame, Reply("SC_MESSAGE_STATUS", told))


def _meant(state: State, agent: Guid, p: MessageContentInfo) -> Conversation | Refusal | None:
    """The conversation in which a message goes on, if the agent works on it; None: it begins one."""
    kept = state.messages
    if p.conversation_id is not None:
        found = kept.conversations.get(p.conversation_id)
        if found is None or agent not in (found.agent, found.last_agent):
            return NO_CONVERSATION
        if not found.is_open:
            return CLOSED
        return found if found.is_with(agent) else _NOT_THEIRS
    gateway = state.config.message_gateways.get(p.gateway_id or Guid(""))
    if gateway is None or gateway.has_threads:
        return None
    # Without threads an address has one open conversation (B-56).
    at_address = kept.open_addresses.get(address_key(gateway.pair, p.remote_address or ""))
    if at_address is None:
        return None
    open_one = kept.conversations[at_address]
    return open_one if open_one.is_with(agent) else _TAKEN


def _way_for(
    state: State, conversation: Conversation | None, p: MessageContentInfo
) -> MessageGateway | Refusal:
    """The gateway by which a message goes out."""
    known = state.config.message_gateways
    gateway = known.get(p.gateway_id) if p.gateway_id is not None else None
    if conversation is not None:
        began = state.config.way_of(conversation.gateway, conversation.pair)
        usual = state.config.sender_for(began) if began is not None else None
        if p.gateway_id is None or gateway == began:
            gateway = usual
        elif gateway is not None and gateway.pair != conversation.pair:
            return _OTHER_WAY
    if gateway is None or not gateway.sends:
        return _NO_WAY
    if gateway.as_chat is not None:
        return _AS_CHAT
    if len(state.messages.queued.get(gateway.id, ())) >= QUEUED_PER_GATEWAY:
        return _QUEUE_FULL
    return gateway


def _forwarded(state: State, agent: Guid, key: Guid | None) -> Message | Refusal | None:
    """The message that is passed on, if the agent may read it."""
    if key is None:
        return None
    message = state.messages.messages.get(key)
    of = message.conversation if message is not None else None
    conversation = state.messages.conversations.get(of) if of is not None else None
    if message is None or conversation is None:
        return _NOT_FORWARDED
    reads = conversation.is_with(agent) or conversation.last_agent == agent
    return message if reads or _is_supervisor(state, agent) else _NOT_FORWARDED


def _is_supervisor(state: State, agent: Guid) -> bool:
    known = state.config.agents.get(agent)
    return known is not None and known.role == "supervisor"


@frozen
class _Writing:
    """A message that an agent hands over for the first time."""

    state: State
    stamp: Stamp
    agent: Guid
    gateway: MessageGateway
    p: MessageContentInfo
    digest: str
    named: tuple[Attachment, ...]

    def into(self, conversation: Conversation) -> list[Fact] | Refusal:
        """A reply, or one more message; the draft of it is not needed any more."""
        if len(conversation.messages) >= MESSAGES_PER_CONVERSATION:
            return _LONG
        room = room_for(self.state, conversation.pair, but=conversation.id)
        if room is None:
            return _MEMORY_FULL
        counter = len(conversation.messages) + 1
        said = answering(conversation, self.gateway, self.p)
        stored = self._stored(conversation.id, conversation.no, counter, said)
        if isinstance(stored, Refusal):
            return stored
        facts: list[Fact] = [*room, stored, *self._attaching()]
        if conversation.draft is not None:
            no, at = conversation.no, self.stamp.now
            facts.append(DraftDropped(conversation=conversation.id, no=no, at=at))
        return facts

    def anew(self) -> list[Fact] | Refusal:
        """The first message of a conversation, which is with the agent at once."""
        state, p = self.state, self.p
        if not p.remote_address:
            return _NOBODY
        presence = state.distribution.presences[self.agent]
        if presence.is_logging_off:
            return _GOING
        if not presence.takes_messages:
            return _CHATS_ALONE
        if slots_left(state, presence, Work.CONVERSATION) < self.gateway.weight:
            return _NO_SLOT
        pair = self.gateway.pair
        room = room_for(state, pair, conversations=1)
        if room is None:
            return _MEMORY_FULL
        conversation = Conversation(
            id=self.stamp.guid(CONVERSATION_ID),
            no=state.messages.next_conversation,
            gateway=self.gateway.id,
            pair=pair,
            remote_address=p.remote_address,
            remote_name=p.to_field,
            subject=p.subject_field,
        )
        stored = self._stored(conversation.id, conversation.no, 1, p)
        if isinstance(stored, Refusal):
            return stored
        routed = self._routed(conversation)
        conversation.demanded = Demanded(project=routed[0].project) if routed else Demanded()
        theirs = conversation_moved(
            conversation,
            self.stamp,
            ChatStatus.ANSWERED,
            ConversationCause.OPENED,
            self.agent,
        )
        return [*room, begun(conversation, self.stamp), *routed, theirs, stored, *self._attaching()]

    def _routed(self, conversation: Conversation) -> list[ConversationRouted]:
        """What the conversation asks of whoever may have it later: as if the other party had written it."""
        p, config = self.p, self.state.config
        pair = config.pair_of(self.gateway)
        way = next((one for one in pair if one.takes_in), self.gateway)
        letter = Letter(
            gateway_id=way.id,
            to=p.from_field,
            sender=p.to_field,
            remote_address=p.remote_address,
            subject=p.subject_field,
            text=p.body_text,
            culture=p.culture,
        )
        rule = match(config, letter, self.stamp.now)
        if rule is None or rule.project is None:
            return []
        return [
            ConversationRouted(
                conversation=conversation.id,
                no=conversation.no,
                at=self.stamp.now,
                project=rule.project,
                language=rule.language,
                skill=rule.skill,
                priority=rule.priority,
                rule=rule.id,
            )
        ]

    def _attaching(self) -> list[BlobAttached]:
        return attaching(self.named, self.stamp.guid(MESSAGE_ID), self.stamp.now)

    def _stored(
        self, conversation: Guid, no: int, counter: int, said: MessageContentInfo
    ) -> MessageStored | Refusal:
        """The message in its place, unless it does not fit."""
        message = self.stamp.guid(MESSAGE_ID)
        content = MessageContentInfo(
            delivery_system_id=proposed_name(self.state.config, self.gateway, message),
            in_reply_to_id=said.in_reply_to_id,
            message_id=message,
            request_id=said.request_id,
            gateway_id=self.gateway.id,
            from_field=said.from_field,
            remote_address=said.remote_address,
            to_field=said.to_field,
            to_cc_field=said.to_cc_field,
            to_bcc_field=said.to_bcc_field,
            direction=Direction.O,
            extended_fields=said.extended_fields,
            received_sent_time=from_micros(self.stamp.now),
            draft_time=said.draft_time,
            subject_field=said.subject_field,
            body_html=said.body_html,
            body_text=said.body_text,
            culture=said.culture,
            mark=said.mark,
            hierarchy=said.hierarchy,
            conversation_id=conversation,
            counter=counter,
            attachments=said.attachments,
            references=said.references,
            forward_of=said.forward_of,
            agent_id=self.agent,
            agent_name=agent_name(self.state, self.agent),
        )
        refusal = unfit(self.state.config, content)
        if refusal is not None:
            return refusal
        return MessageStored(
            message=message,
            no=self.state.messages.next_message,
            at=self.stamp.now,
            gateway=self.gateway.id,
            content=content,
            size=body_bytes(content),
            inbound=False,
            conversation=conversation,
            conversation_no=no,
            counter=counter,
            agent=self.agent,
            key=said.request_id,
            digest=self.digest,
            status=MessageStatus.QUEUED,
        )


@serves(MessageCommandInfo)
def cancel(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageCommandInfo
) -> Outcome:
    """CS_MESSAGE_CANCEL: withdraw a message that no connector has (B-62)."""
    message = _theirs(state, session, p)
    if isinstance(message, Refusal):
        return message
    status = delivery_of(message).status
    if status is MessageStatus.CANCELLED:
        return answered(session, frame, DeliveryToAgents(message.id))
    if status not in (MessageStatus.QUEUED, MessageStatus.RETRY):
        return Refusal(ErrorCode.WRONG_STATE, f"MessageId: it is {status.value}")
    fact = moved(message, stamp, MessageStatus.CANCELLED, AttemptOutcome.CANCELLED)
    return _told(message, fact, session, frame)


@serves(MessageCommandInfo)
def retry(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: MessageCommandInfo
) -> Outcome:
    """CS_MESSAGE_RETRY: try a message again that was given up; its attempts begin anew (B-62)."""
    message = _theirs(state, session, p)
    if isinstance(message, Refusal):
        return message
    delivery = delivery_of(message)
    if delivery.status is not MessageStatus.FAILED:
        return Refusal(ErrorCode.WRONG_STATE, f"MessageId: it is {delivery.status.value}")
    if delivery.sent_at is not None:
        return _CAME_BACK
    gateway = state.config.message_gateways.get(message.gateway)
    if gateway is None or not gateway.sends:
        return _NO_WAY
    fact = moved(message, stamp, MessageStatus.QUEUED, AttemptOutcome.RETRIED, attempt=0)
    return _told(message, fact, session, frame)


def _told(message: Message, fact: MessageMoved, session: Session, frame: Frame) -> Decision:
    told = DeliveryToAgents(message.id)
    return Decision([fact], [told], Answer(session.number, frame.id, told))


def _theirs(state: State, session: Session, p: MessageCommandInfo) -> Message | Refusal:
    """The outbound message that is meant: their own, of a conversation of theirs, of a supervisor any."""
    agent = session.agent
    if agent is None or p.peer != session.workplace:
        return _NOT_HERE
    message = state.messages.messages.get(p.message_id) if p.message_id is not None else None
    if message is None or message.delivery is None or message.chat_no is not None:
        return _NO_MESSAGE
    of = message.conversation
    conversation = state.messages.conversations.get(of) if of is not None else None
    works = conversation is not None and conversation.is_with(agent)
    if message.agent == agent or works or _is_supervisor(state, agent):
        return message
    return _NO_MESSAGE
