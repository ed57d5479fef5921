"""What a client session is told at its start: who it is, and the times and bounds that it keeps."""

from attrs import field, frozen

from connectors.client.backoff import Backoff
from protocol.encoding import MESSAGEPACK, Encoding


@frozen
class Gateway:
    """The address of a chat gateway: `peer`, and `port` where one connector serves several under one peer."""

    peer: str
    port: str | None = None


@frozen(kw_only=True)
class Tuning:
    """Times in seconds, and the bound of each queue.

    Attributes:
        confirm: Received sentences are confirmed as soon as they are given out. False: the program
            calls `confirm` itself, when a person has them.
        follow: Chats that this session did not start are followed too, as a program does that alone
            serves its gateway. False: they are ignored, which is right where several programs share a gateway
            and each has visitors of its own. A workplace always follows its chats.
        echo_wait: How long a sentence waits for its echo until it is sent again (W-26).
        message_wait: How long an inbound message waits for its answer (B-50).
        answer_wait: How long any other request waits for its answer.
        tries: How often a request that is safe to repeat is sent on living connections before it
            fails with `TimedOut`. (A sentence has no such bound.)
        pause: How long after `RateLimited` or `Overloaded` the refused frame is sent again; longer
            each time, as `backoff` says.
        rests: After so many `Overloaded` in a row a frame is refused for good.
        renew: A connector whose sentence finds the transcript full starts the chat anew, and says it there:
            `ChatRenewed` tells the program. False: it is refused with `Overloaded` after so many tries.
        window: Sentences of one chat that may wait for their echoes at once. 1 keeps their order
            whatever is refused for a while; more is faster and may let a sentence that was refused
            with `RateLimited` fall behind its successor.
        typing_renews: Own typing is told again at most this often, and taken back when it is not
            renewed for two of these.
        stable: A session that was ready for so long starts its back-off from the beginning when it is lost.
        resync_window: Questions of a resync, for lists and for snapshots, that are under way at once. Each
            answer may be as long as a frame, and the broker holds four such for a client, whatever
            its configuration, before it takes it for a slow reader (W-24).
        pieces: A connector takes the list of open chats in pieces, so that its gateways may have as many
            as the broker holds. False: in one frame, and beyond what one holds nobody can start a chat
            there, nor is the session ready (`ListRefused`).
        outbox: Sentences that may wait in one chat.
        requests: Requests that may wait in the whole session.
        closed_chats: Closed chats that are remembered, the oldest go first.
        response_period: How long the answer to a question whether a chat would be taken is good for
            every other question with the same content; 0: each is asked.
        register_period: The same of registers and forms. A register that changes is told before.
        cached: So many such answers are kept, of each of the two kinds.
        backoff: The rule for the time between two connections.
    """

    confirm: bool = True
    follow: bool = True
    echo_wait: float = 20.0
    message_wait: float = 60.0
    answer_wait: float = 20.0
    tries: int = 3
    pause: float = 1.0
    rests: int = 6
    renew: bool = True
    window: int = 1
    typing_renews: float = 3.0
    stable: float = 10.0
    resync_window: int = 4
    pieces: bool = True
    outbox: int = 1_000
    requests: int = 10_000
    closed_chats: int = 1_000
    response_period: float = 20.0
    register_period: float = 300.0
    cached: int = 1_000
    backoff: Backoff = field(factory=Backoff)

    def wait_of(self, type_: str) -> float:
        """How long a request of a type waits for its answer."""
        return self.message_wait if type_ == "ES_MESSAGE_RECEIVING" else self.answer_wait


@frozen(kw_only=True)
class ConnectorSettings:
    """A connector that serves one gateway or several, all with one token (W-10).

    Attributes:
        gateways: The chat gateways that it serves.
        token: Their secret.
        messages: Addresses of the message gateways that it serves; they have no chats.
        software: What it calls itself.
        encoding: How its frames are written (W-9).
        tuning: Times and bounds.
    """

    gateways: tuple[Gateway, ...]
    token: str = field(repr=False)
    messages: tuple[str, ...] = ()
    software: str = "parley-connectors"
    encoding: Encoding = MESSAGEPACK
    tuning: Tuning = field(factory=Tuning)


@frozen(kw_only=True)
class WorkplaceSettings:
    """The workplace of an agent.

    Attributes:
        number: The workplace number.
        login: The agent's login.
        token: The agent's secret.
        conversations: Whether the program works on conversations too: on messages, beside chats. What is
            known of them is kept for it.
        takes_messages: The same of a program that keeps that by itself: frames about them are `Pushed`.
        software: What the program calls itself.
        encoding: How its frames are written (W-9).
        tuning: Times and bounds.
    """

    number: str
    login: str
    token: str = field(repr=False)
    conversations: bool = False
    takes_messages: bool = False
    software: str = "parley-connectors"
    encoding: Encoding = MESSAGEPACK
    tuning: Tuning = field(factory=Tuning)


Settings = ConnectorSettings | WorkplaceSettings
