"""What is to be seen of a broker from outside, taken in one go between two turns of the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from broker.core.state import State
from broker.shell.counters import Counters, Histogram
from broker.shell.server import Server
from protocol.values import ChatStatus, Role


@frozen(kw_only=True)
class Buckets:
    """A histogram as it was."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @classmethod
    def of(cls, histogram: Histogram) -> Buckets:
        """Copy a histogram."""
        return cls(bounds=histogram.bounds, counts=tuple(histogram.counts), total=histogram.total)


@frozen(kw_only=True)
class Stats:
    """The figures of one moment; plain values that any thread may read."""

    starting: bool
    ready: bool
    node: str
    gauges: Mapping[str, float]
    totals: Mapping[str, int]
    sessions: Mapping[str, int]
    chats: Mapping[str, int]
    refusals: Mapping[str, int]
    byes: Mapping[str, int]
    logins: Mapping[str, int]
    messages: Mapping[str, int]
    commit_seconds: Buckets
    commit_facts: Buckets
    estimate_error: Buckets
    estimates: Mapping[str, int]


def take(server: Server, log_dropped: Callable[[], int] = lambda: 0) -> Stats:
    """Look at a server; to be called in the thread of its loop.

    Args:
        server: The server.
        log_dropped: How many lines of the log were lost.

    The loop's lag is given as the longest one since it was last asked for.
    """
    clients = server.sessions.clients.values()
    outboxes = [client.outbox for client in clients if client.outbox is not None]
    counters = server.sessions.counters
    gauges: dict[str, float] = {
        "connections": len(clients),
        "outboxes": len(outboxes),
        "outbox_bytes": server.sessions.sockets.backlog.size,
        "outbox_largest_bytes": max((outbox.size for outbox in outboxes), default=0),
        "cleaning_bytes": server.sessions.cleaning.size,
        "inbox_length": 0,
        "queue_oldest_seconds": 0.0,
        "loop_lag_seconds": counters.lag,
        "chats_parked": 0,
        "chats_unbound": 0,
        "invites_open": 0,
    }
    counters.lag = 0.0
    sessions = {str(role): 0 for role in Role}
    chats = {str(status): 0 for status in ChatStatus}
    engine = server.engine
    if engine is not None:
        state = engine.state
        for session in state.sessions.values():
            sessions[session.role] += 1
        chats |= {str(status): count for status, count in state.status_counts.items()}
        waiting = [state.chats[one] for one in state.distribution.entries if one in state.chats]
        oldest = min(
            (c.waiting.queued_up for c in waiting if c.waiting.enqueued_at is not None),
            default=None,
        )
        if oldest is not None:
            gauges["queue_oldest_seconds"] = max(0.0, (server.attention.up - oldest) / 1_000_000)
        gauges["inbox_length"] = len(engine.inbox)
        gauges |= _chats(state)
    return Stats(
        starting=server.starting,
        ready=server.serving,
        node=server.config.server.node,
        gauges=gauges,
        totals={**_totals(counters), "log_lines_dropped": log_dropped()},
        sessions=sessions,
        chats=chats,
        refusals=dict(counters.refusals),
        byes=dict(counters.byes),
        logins=dict(counters.logins),
        messages=dict(counters.messages),
        commit_seconds=Buckets.of(counters.commit_seconds),
        commit_facts=Buckets.of(counters.commit_facts),
        estimate_error=Buckets.of(counters.estimate_error),
        estimates=dict(counters.estimates),
    )


def _chats(state: State) -> dict[str, float]:
    """What the statuses of chats do not tell."""
    return {
        "chats_parked": sum(
            len(presence.parked) for presence in state.distribution.presences.values()
        ),
        "chats_unbound": len(state.unbound),
        "invites_open": sum(chat.invite is not None for chat in state.chats.values()),
    }


def _totals(counters: Counters) -> dict[str, int]:
    return {
        "connections_accepted": counters.connections,
        "connections_turned_away": counters.rejected,
        "hellos_refused": counters.hellos_refused,
        "sentences_committed": counters.sentences,
        "rows_refused": counters.rows_refused,
        "store_losses": counters.losses,
        "slow_consumers": counters.slow_consumers,
        "cleaners_replaced": counters.cleaners_replaced,
        "typing_dropped": counters.typing_dropped,
    }
