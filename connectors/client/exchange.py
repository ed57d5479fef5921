"""What a session says to the broker and makes of its answers; `connectors.client.session` is its face."""

from attrs import evolve

from connectors.client.calls import Calls
from connectors.client.chats import Chats
from connectors.client.connections import BUSY, Dialling, Stage
from connectors.client.conversing import Conversing
from connectors.client.errors import AlertGone, ConnectionLost, ConnectorError, Refused, TimedOut
from connectors.client.events import (
    Address,
    AgentStateChanged,
    ChatForgotten,
    ChatRef,
    Connected,
    Event,
    ListRefused,
    Notice,
    OutboundRequested,
    Ready,
    RequestDone,
    RequestFailed,
    SentenceAdded,
    SentenceEchoed,
    SentenceRefused,
    SessionEnded,
    SlotChanged,
    pushed,
)
from connectors.client.own_typing import OwnTyping, Timer
from connectors.client.renewal import Renewal
from connectors.client.requests import Outbox, Outgoing, Purpose, Request
from connectors.client.resync import Resync, lists
from connectors.client.settings import ConnectorSettings, Settings
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.session import SysError, Welcome
from protocol.values import Guid, Role

_TOO_LATE = frozenset(
    {
        ("CS_CHAT_ANSWER", "SC_CHAT_ALERT_END"),
        ("CS_CONVERSATION_ANSWER", "SC_CONVERSATION_ALERT_END"),
    }
)
"""What tells that an offer ended before it was answered."""


class Exchange(Calls):
    """The part of a session that knows frames.

    Attributes:
        events: What happened and is not given out yet.
        synced: The resync of this connection is done.
        chats: What is known of the chats.
        conversing: What is known of the conversations.
        outbox: The sentences that are not echoed yet.
    """

    def __init__(self, settings: Settings, link: Dialling, *, now: float) -> None:
        super().__init__(settings, link, now=now)
        self.events: list[Event] = []
        self.synced = False
        self.role = Role.CONNECTOR if isinstance(settings, ConnectorSettings) else Role.WORKPLACE
        self.up = "ES_" if self.role is Role.CONNECTOR else "CS_"
        self.outbox = Outbox(settings.tuning.outbox)
        self.chats = Chats(self.role, settings.tuning, self.outbox)
        self.conversing = Conversing(settings)
        self._settings = settings
        self._over = False
        self._confirming: dict[tuple[ChatRef, str], Request] = {}
        self._starting: dict[ChatRef, int] = {}
        self._typing = OwnTyping(self.timers, self._tuning.typing_renews, self._tell_typing)
        self._renewal = Renewal(settings, self.role, self.chats)
        self._resync: Resync[ChatCommandInfo, ChatRef] = Resync(
            settings.tuning.resync_window, settings.tuning.closed_chats
        )

    # --- what comes ---

    def take(self, items: list[Frame | Refused]) -> list[Event]:
        """Go through what the link let pass, then send what may be sent."""
        for item in items:
            if isinstance(item, Frame):
                self._frame(item)
            else:
                self.events.append(Notice(item))
        if self._link.ended is not None:
            self.finish()
        else:
            self.pump()
        return self.drain()

    def _frame(self, frame: Frame) -> None:
        match frame.payload:
            case Welcome() as welcome:
                self.events.append(Connected(welcome))
                self._begin_resync()
                return
            case SysError() as error:
                self._refused(frame, Refused(error.code or "", error.text or ""))
                return
            case AgentStateInfo() as info if self._link.is_own(info.agent_id):
                self.events.append(AgentStateChanged(info))
            case ChatServiceInfo() as info if frame.type == "SE_CHAT_OUTBOUND" and not frame.re:
                self.events.append(OutboundRequested(info))
            case _ if self.chats.knows(frame):
                self._fold(frame)
            case _ if self.conversing.takes(frame):
                self.events += self.conversing.fold(frame, self._sent(frame), self.now)
            case _ if frame.re is None:
                self.events.append(pushed(frame))
            case _:
                pass
        self._answered(frame)

    def _sent(self, frame: Frame) -> MessageContentInfo | None:
        """The message of the agent whose sending is answered by this frame."""
        item, me = self._on_wire(frame.re), self._link.welcome
        sent = item.sent if isinstance(item, Request) else None
        if sent is None or me is None:
            return sent
        return evolve(sent, agent_id=me.agent_id, agent_name=me.agent_name)

    def _fold(self, frame: Frame) -> None:
        """Fold a push or a snapshot into the chats, and do what follows from it."""
        for event in self.chats.fold(frame, self.now):
            self.events.append(event)
            if isinstance(event, ChatForgotten):
                self._typing.forget(event.ref)
            if (
                isinstance(event, SentenceAdded | SlotChanged)
                and not (isinstance(event, SentenceAdded) and event.mine)
                and event.sentence.confirmed_time is None
                and self._tuning.confirm
                and self.chats.receives(event.ref)
            ):
                self.confirm(event.ref, event.sentence.id or "")
        if isinstance(frame.payload, ChatSentenceInfo):
            self._echoed(self.chats.ref_of(frame.payload), frame.payload)
        elif isinstance(frame.payload, ChatStatusInfo) and frame.payload.sentences is not None:
            ref = self.chats.ref_of(frame.payload)
            for sentence in (*frame.payload.sentences, *(frame.payload.internal or ())):
                self._echoed(ref, sentence)
            self._resync.came(ref)
        for ref in self.chats.take_torn():
            self._resync.want(ref)

    def _echoed(self, ref: ChatRef, sentence: ChatSentenceInfo) -> None:
        """Let a sentence of the outbox go, if this is it, whichever way it came."""
        if (item := self.outbox.echoed_by(ref, sentence)) is not None:
            self._settle_sentence(item)
            self.events.append(SentenceEchoed(ref, sentence))

    def _answered(self, frame: Frame) -> None:
        """Settle the request that this frame answers, if it answers one."""
        request = self._on_wire(frame.re)
        if not isinstance(request, Request):
            return
        self._settle(request)
        match request.purpose:
            case Purpose.PROGRAM if (request.type, frame.type) in _TOO_LATE:
                self.events.append(RequestFailed(request.id, AlertGone("the offer is gone")))
            case Purpose.PROGRAM:
                self._heard_of(request)
                self.events.append(RequestDone(request.id, frame))
                if request.ref is not None and self._starting.get(request.ref) == request.id:
                    del self._starting[request.ref]
            case Purpose.CONFIRM:
                self._heard_of(request)
            case Purpose.LIST:
                assert isinstance(request.asked, ChatCommandInfo)
                self._resync.listed(self.chats.listed(frame.payload), request.asked, frame.more)
            case Purpose.CONVERSATIONS:
                self.events += self.conversing.answered(request, frame, self.now)
            case Purpose.SNAPSHOT:
                assert request.ref is not None
                self._resync.came(request.ref)
                self._found(request.ref, frame)
            case Purpose.RENEWAL:
                self._renewed(request, frame)
        self._check_synced()

    def _heard_of(self, confirmation: Request) -> None:
        """The broker has a confirmation of this side, which it tells nobody here again (W-25)."""
        if confirmation.ref is not None and confirmation.sentence_id is not None:
            when = self._link.broker_time(self.now)
            self.chats.confirmed(confirmation.ref, confirmation.sentence_id, when)

    def _found(self, ref: ChatRef, frame: Frame) -> None:
        """A snapshot of an open chat is all that a start which was cut off would be answered with (B-2)."""
        start = self._requests.cut_off(self._starting.get(ref))
        if start is not None and not start.brings_more and ref in self.chats.open_refs():
            del self._starting[ref]
            self._settle(start)
            self.events.append(RequestDone(start.id, frame))

    def _refused(self, frame: Frame, error: Refused) -> None:
        """The broker refused a frame of ours."""
        item = self._on_wire(frame.re)
        if item is None:
            self.events.append(Notice(error))
        elif isinstance(item, Outgoing) and self._renewal.helps(item, error):
            self._renew(item)
        elif error.code in BUSY and not self._hopeless(item, error):
            if isinstance(item, Request) and item.tells(error.code):
                self.events.append(ListRefused(error))
            self._rest(item)
        elif isinstance(item, Outgoing):
            self._settle_sentence(item)
            self.events.append(SentenceRefused(item.ref, item.sentence, error))
        else:
            self._fail(item, error)

    def _fail(self, request: Request, error: ConnectorError) -> None:
        """Give a request up."""
        self._settle(request)
        match request.purpose:
            case Purpose.PROGRAM:
                self.events.append(RequestFailed(request.id, error))
                if request.ref is not None and self._starting.get(request.ref) == request.id:
                    self._not_started(request.ref, error)
            case Purpose.CONFIRM:
                assert isinstance(error, Refused)  # it is gone, or was never ours to confirm
                self.events.append(Notice(error))
            case Purpose.LIST:
                self._link.give_up(f"the list of chats was refused: {error}")
            case Purpose.CONVERSATIONS if isinstance(error, Refused) and error.code not in BUSY:
                self.events += self.conversing.refused(request)
            case Purpose.CONVERSATIONS:
                self._link.give_up(f"what is known of conversations was refused: {error}")
            case Purpose.SNAPSHOT if isinstance(error, Refused) and error.code not in BUSY:
                # Whatever is wrong with it is wrong with this one chat, and all others go on.
                assert request.ref is not None
                self._resync.came(request.ref)
                self.events += self.chats.forget(request.ref)
                if request.ref in self._starting:  # sent again, and answered for itself
                    self.chats.follow(request.ref)
            case Purpose.SNAPSHOT:
                self._link.give_up(f"a snapshot was refused: {error}")
            case Purpose.RENEWAL:
                self._renewed(request, None)
        self._check_synced()

    def _not_started(self, ref: ChatRef, error: ConnectorError) -> None:
        """A start failed: what waited for it is refused with it, or has to find out by itself."""
        del self._starting[ref]
        if isinstance(error, Refused):
            self._refuse_all(ref, error)
            if ref not in self.chats:
                self.chats.forget(ref)
        else:
            self._resync.doubt(ref)

    def _renew(self, item: Outgoing) -> None:
        """Start the chat of a sentence anew; all of its sentences wait for that."""
        self._unwire(item.wire)
        item.renewed, item.wire = True, None
        if item.ref not in self._starting:
            info, full = self._renewal.start(item.ref)
            start = self._ask("ES_CHAT_START", info, Purpose.RENEWAL, item.ref)
            start.full, start.brings_more = full, True  # what is open may be the full one
            self._starting[item.ref] = start.id

    def _renewed(self, start: Request, frame: Frame | None) -> None:
        """Go on with what waited, in whichever chat is open now."""
        ref = start.ref
        if ref is not None and self._starting.get(ref) == start.id:
            del self._starting[ref]
            if frame is not None:
                self.events += self._renewal.outcome(ref, start.full, frame)
            self._pump_chat(ref)

    # --- what is due ---

    def wake(self) -> None:
        """Do what is due."""
        for timer in self.timers.due(self.now):
            self._due(timer)
        self.events += self.chats.tick(self.now)

    def _due(self, timer: Timer) -> None:
        match timer:
            case ("answer", int(wire)):
                self._unanswered(self._wires.pop(wire, None))
            case ("rest", int(request_id)):
                if (request := self._requests.get(request_id)) is not None:
                    self._requests.again(request)
            case ("rest", ChatRef() as ref):
                for item in self.outbox.of(ref):
                    item.resting = False
                self._pump_chat(ref)
            case ("typing", ChatRef() as ref):
                self._typing.expired(ref, ready=self.ready)

    def _unanswered(self, item: Request | Outgoing | None) -> None:
        """No answer came in time, on a connection that lives."""
        match item:
            case Outgoing():
                item.wire = None  # sent again, with the same key (W-26)
                self._pump_chat(item.ref)
            case Request(purpose=Purpose.CONFIRM | Purpose.RENEWAL):
                self._requests.again(item)
            case Request(purpose=Purpose.PROGRAM):
                if item.kept or (item.safe and item.tries < self._tuning.tries):
                    self._requests.again(item)
                else:
                    self._fail(item, TimedOut(f"no answer to {item.type}"))
            case Request():
                self._link.give_up(f"the broker did not answer {item.type}")
            case None:
                pass

    # --- what goes ---

    @property
    def ready(self) -> bool:
        """Whether everything may be sent."""
        return self.synced and self._link.stage is Stage.OPEN and not self._link.hang_up

    def ask_for(self, type_: str, payload: object, ref: ChatRef | None) -> int:
        """Take a request of the program.

        Returns:
            Its request id.
        """
        request = self._ask(type_, payload, Purpose.PROGRAM, ref)
        if isinstance(payload, MessageContentInfo) and type_ == "CS_MESSAGE_SEND":
            request.sent = payload
        if isinstance(payload, ChatCommandInfo) and type_ == f"{self.up}CHAT_CONFIRM":
            request.sentence_id = payload.id
        return request.id

    def start(self, info: ChatServiceInfo, ref: ChatRef) -> int:
        """Take the start of a chat; its sentences wait until it is answered.

        Returns:
            Its request id.
        """
        request = self._ask("ES_CHAT_START", info, Purpose.PROGRAM, ref)
        request.brings_more = info.result_model is not None or info.return_chat_id is not None
        self._starting[ref] = request.id
        self.chats.follow(ref, info)
        return request.id

    def say(self, ref: ChatRef, sentence: ChatSentenceInfo) -> None:
        """Take a sentence of the program; one that waits already is not taken twice."""
        if self.outbox.find(ref, sentence) is not None:
            return
        self.outbox.add(Outgoing(ref, sentence, self._pack(f"{self.up}CHAT_SENTENCE", sentence)))
        if not sentence.model:
            self._typing.forget(ref)
        self._pump_chat(ref)

    def typing(self, ref: ChatRef, *, is_typing: bool) -> None:
        """Tell typing, as seldom as will do."""
        if self.ready:
            self._typing.typing(ref, self.now, is_typing=is_typing)

    def pump(self) -> None:
        """Send what may be sent now."""
        if self._link.stage is not Stage.OPEN or self._link.hang_up:
            return
        for question in self._resync.take():
            self._ask_resync(question)
        for type_, asked in self.conversing.take():
            self._ask(type_, asked, Purpose.CONVERSATIONS).asked = asked
        self._check_synced()
        for request in self._requests.take():
            if self.ready or not request.waits_for_ready:
                self._transmit(request)
            else:
                self._requests.again(request)
        if self.ready:
            for ref in self.outbox:
                self._pump_chat(ref)

    def _pump_chat(self, ref: ChatRef) -> None:
        """Send the sentences of a chat that may be sent now."""
        if not self.ready or ref in self._starting:
            return
        for item in self.outbox.sendable(ref, self._tuning.window):
            wire = self._link.send(item.packed)
            if wire is None:
                self.outbox.remove(item)
                error = Refused(ErrorCode.FRAME_TOO_LARGE, "longer than the broker takes")
                self.events.append(SentenceRefused(ref, item.sentence, error))
                continue
            item.wire = wire
            self._wires[wire] = item
            self.timers.set(("answer", wire), self.now + self._tuning.echo_wait)

    def confirm(self, ref: ChatRef, sentence_id: str) -> None:
        """Confirm a sentence, unless that is under way."""
        if (ref, sentence_id) in self._confirming:
            return
        payload = ChatCommandInfo(**self.address(ref), id=sentence_id)
        request = self._ask(f"{self.up}CHAT_CONFIRM", payload, Purpose.CONFIRM, ref)
        request.sentence_id = sentence_id
        self._confirming[ref, sentence_id] = request

    def _tell_typing(self, ref: ChatRef, is_typing: bool) -> None:
        payload = ChatCommandInfo(**self.address(ref), is_typing=is_typing)
        self._link.send(self._pack(f"{self.up}CHAT_TYPING", payload), answered=False)

    def address(self, ref: ChatRef) -> Address:
        """The members that name a chat on the wire."""
        if self.role is Role.CONNECTOR:
            return {"peer": ref.peer, "port": ref.port, "tracking_id": ref.name}
        return {"peer": ref.peer, "chat_id": Guid(ref.name)}

    # --- the resync ---

    def _begin_resync(self) -> None:
        self.synced = False
        # A list has open chats only. What became of these while we were away it need not tell.
        cut_off = [ref for ref, start in self._starting.items() if self._requests.cut_off(start)]
        confirming = [ref for ref, _ in self._confirming]
        known = [*self.chats.open_refs(), *self.outbox, *confirming, *cut_off]
        self._resync.begin(lists(self._settings), known)
        self.conversing.begin()

    def _ask_resync(self, question: ChatCommandInfo | ChatRef) -> None:
        if isinstance(question, ChatCommandInfo):
            request = self._ask(f"{self.up}CHAT_RESYNC", question, Purpose.LIST)
            request.asked = question
        else:
            payload = ChatCommandInfo(**self.address(question))
            self._ask(f"{self.up}CHAT_STATUS", payload, Purpose.SNAPSHOT, question)

    def _check_synced(self) -> None:
        if not self.synced and self._resync.done and self.conversing.done:
            self.synced = True
            self._link.good(self.now)
            self.events.append(Ready())

    # --- ends ---

    def _settle(self, request: Request) -> None:
        self._requests.settle(request)
        self._unwire(request.wire)
        self.timers.cancel(("rest", request.id))
        if request.ref is not None and request.sentence_id is not None:
            self._confirming.pop((request.ref, request.sentence_id), None)

    def _settle_sentence(self, item: Outgoing) -> None:
        self.outbox.remove(item)
        self._unwire(item.wire)
        self._pump_chat(item.ref)

    def _refuse_all(self, ref: ChatRef, error: ConnectorError) -> None:
        for item in self.outbox.of(ref):
            self.outbox.remove(item)
            self.events.append(SentenceRefused(ref, item.sentence, error))

    def forget_connection(self) -> None:
        """Everything that was on its way is to be done again, or has failed."""
        self.synced = False
        self._wires.clear()
        self.timers.clear()
        self._typing.clear()
        self.outbox.lost()
        for request in self._requests.lost():
            if request.purpose is Purpose.PROGRAM:
                error = ConnectionLost(f"no answer to {request.type}: {self._link.why}")
                self.events.append(RequestFailed(request.id, error))
        self.events += [*self.chats.lost(), *self.conversing.known.lost()]

    def finish(self) -> None:
        """The session is over: whatever waits has failed."""
        ended = self._link.ended
        assert ended is not None
        if self._over:
            return
        self._over = True
        self.timers.clear()
        for request in self._requests.end():
            if request.purpose is Purpose.PROGRAM:
                self.events.append(RequestFailed(request.id, ended))
        for ref in self.outbox:
            self._refuse_all(ref, ended)
        self.events += [*self.chats.lost(), *self.conversing.known.lost()]
        self.events.append(SessionEnded(ended))

    def drain(self) -> list[Event]:
        """Give out what happened."""
        events, self.events = self.events, []
        return events
