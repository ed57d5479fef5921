"""A stand-in for a broker that stores nothing and checks nothing: how fast is the loader alone?

It echoes, delivers and passes confirmations on by cutting and joining bytes, for one loader's
connectors and agents. What the loader reaches against it, per processor second of its own, is
what the loader can do; a broker's figures mean something as long as they stay far below.
"""

from __future__ import annotations

import select
import socket
from datetime import UTC, datetime
from itertools import count
from struct import Struct
from typing import Final
from uuid import UUID

from attrs import Factory, define

from broker.bench import frames
from protocol.chat import ChatCommandInfo, ChatInfo, ChatServiceInfo, ChatStatusInfo
from protocol.codec import decode, encode
from protocol.frame import Frame
from protocol.session import Hello, Welcome
from protocol.values import ChatStatus, Guid, Role

_LENGTH: Final = Struct(">I")
_GUIDS: Final = count(1)
_ID: Final = len(frames.ID_KEY)
_ID_END: Final = _ID + frames.ID_LENGTH
_TRACKING: Final = len(frames.TRACKING_KEY)
_TRACKING_END: Final = _TRACKING + frames.TRACKING_LENGTH
_CHAT: Final = len(frames.CHAT_KEY)
_CHAT_END: Final = _CHAT + frames.GUID_LENGTH


def _guid() -> Guid:
    return Guid(str(UUID(int=next(_GUIDS))))


@define(eq=False)
class _Client:
    sock: socket.socket
    role: Role | None = None
    peer: str = ""
    rest: bytes = b""
    out: list[bytes] = Factory(list)


@define(eq=False)
class _Chat:
    guid: bytes
    connector: _Client
    agent: _Client
    tracking: str
    confirm_head: bytes
    confirm_tail: bytes


@define
class Stub:
    """The stand-in; agents take chats in turn."""

    listener: socket.socket
    _clients: dict[int, _Client] = Factory(dict)
    _agents: list[_Client] = Factory(list)
    _by_tracking: dict[bytes, _Chat] = Factory(dict)
    _by_guid: dict[bytes, _Chat] = Factory(dict)
    _dirty: dict[_Client, None] = Factory(dict)
    _started: int = 0

    def serve(self) -> None:
        """Serve until the process is ended."""
        poll = select.epoll()
        poll.register(self.listener, select.EPOLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self.listener.fileno():
                    sock, _address = self.listener.accept()
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._clients[sock.fileno()] = _Client(sock)
                    poll.register(sock, select.EPOLLIN)
                    continue
                client = self._clients[fd]
                try:
                    data = client.sock.recv(1 << 18)
                except ConnectionResetError:
                    data = b""
                if not data:
                    poll.unregister(fd)
                    client.sock.close()
                    self._dirty.pop(client, None)
                    self._agents = [agent for agent in self._agents if agent is not client]
                    continue
                self._receive(client, client.rest + data)
            for client in self._dirty:
                if client.sock.fileno() >= 0:
                    client.sock.sendall(b"".join(client.out))
                client.out.clear()
            self._dirty.clear()

    def _receive(self, client: _Client, data: bytes) -> None:
        at, end = 0, len(data)
        while end - at > 4:
            stop = at + 4 + _LENGTH.unpack_from(data, at)[0]
            if stop > end:
                break
            mark = data[at + 5]
            if mark == frames.SENTENCE_MARK:
                self._sentence(client, data[at:stop])
            elif mark == frames.CONFIRM_MARK:
                self._confirm(data[at:stop])
            else:
                self._other(client, decode(data[at + 4 : stop]))
            at = stop
        client.rest = data[at:]

    def _sentence(self, client: _Client, frame: bytes) -> None:
        at = frame.index(frames.TRACKING_KEY)
        chat = self._by_tracking[frame[at + _TRACKING : at + _TRACKING_END]]
        self._send(client, frame[:6] + b"SE" + frame[8:])
        # The agent's copy has the chat's Guid at its end: one member more in the map.
        size = len(frame) - 4 + len(chat.guid)
        members = frame[6 + 16]
        self._send(
            chat.agent,
            b"".join(
                (
                    _LENGTH.pack(size),
                    frame[4:6],
                    b"SC",
                    frame[8:22],
                    bytes((members + 1,)),
                    frame[23:],
                    chat.guid,
                )
            ),
        )

    def _confirm(self, frame: bytes) -> None:
        at = frame.index(frames.CHAT_KEY)
        chat = self._by_guid[frame[at + _CHAT : at + _CHAT_END]]
        at = frame.index(frames.ID_KEY)
        key = frame[at + _ID : at + _ID_END]
        self._send(chat.connector, chat.confirm_head + key + chat.confirm_tail)

    def _other(self, client: _Client, frame: Frame) -> None:
        match frame.payload:
            case Hello(role=role, peers=(peer, *_)):
                client.role, client.peer = role, peer
                if role is Role.WORKPLACE:
                    self._agents.append(client)
                welcome = Welcome(
                    version=1,
                    node="stub",
                    session_id=_guid(),
                    heartbeat_seconds=600,
                    frame_bytes=1 << 20,
                    time_utc=datetime.now(UTC),
                )
                self._send(client, encode(Frame("SYS_WELCOME", welcome)))
            case ChatServiceInfo(tracking_id=str(tracking)):
                self._start(client, tracking)
            case ChatCommandInfo(chat_id=str(guid)) if frame.type == "CS_CHAT_ANSWER":
                self._answered(guid)
            case _:
                pass

    def _start(self, client: _Client, tracking: str) -> None:
        agent = self._agents[self._started % len(self._agents)]
        self._started += 1
        guid = _guid()
        place = "#" * frames.ID_LENGTH
        receipt = ChatCommandInfo(peer=client.peer, tracking_id=tracking, id=place)
        head, tail = frames.Patched.around(encode(Frame("SE_CHAT_CONFIRM", receipt)), place).pieces
        chat = _Chat(frames.CHAT_KEY + guid.encode(), client, agent, tracking, head, tail)
        self._by_tracking[tracking.encode()] = self._by_guid[guid.encode()] = chat
        info = ChatInfo(remote_party_name=tracking)
        alert = ChatStatusInfo(peer=agent.peer, chat_id=guid, status=ChatStatus.ALERTING, info=info)
        self._send(agent, encode(Frame("SC_CHAT_ALERT", alert)))

    def _answered(self, guid: str) -> None:
        chat = self._by_guid[guid.encode()]
        status = ChatStatusInfo(
            peer=chat.connector.peer,
            tracking_id=chat.tracking,
            chat_id=Guid(guid),
            status=ChatStatus.ANSWERED,
        )
        self._send(chat.connector, encode(Frame("SE_CHAT_STATUS", status)))

    def _send(self, client: _Client, data: bytes) -> None:
        client.out.append(data)
        self._dirty[client] = None


def serve(listener: socket.socket) -> None:
    """Run a stub on a listening socket; the target of a child process."""
    Stub(listener).serve()
