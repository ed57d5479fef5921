"""People who send attachments in some runs: whole ones and broken ones, and who look at those of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import Final

from attrs import define, field

from broker.config.model import SECOND
from broker.simulation.actors.agents import AgentPerson
from broker.simulation.actors.visitors import Person, guid_from
from broker.simulation.clients import Program
from broker.simulation.habits import OFTEN
from broker.simulation.rng import Rng
from broker.simulation.world import World
from connectors.client.events import ChatRef
from connectors.client.settings import ConnectorSettings
from protocol.blob import AttachmentInfo, BlobInfo, BlobRequestInfo
from protocol.chat import ChatSentenceInfo
from protocol.values import Guid

PIECE: Final = 4_096


@define(eq=False, repr=False)
class Sharing(Person):
    """Somebody who brings attachments and names them, mostly as one should.

    Attributes:
        at_work: The program that they use now.
        brought: What they have brought.
        seen: The attachments that anybody has brought.
    """

    at_work: Callable[[], Program] = field(kw_only=True)
    seen: list[Guid] = field(kw_only=True)
    brought: list[Guid] = field(factory=list)

    def begin(self) -> None:
        """Begin soon."""
        self.later(6 * SECOND, self._share)

    def _share(self) -> None:
        self.later(4 * SECOND, self._share)
        program = self.at_work()
        held = program.session.chats.open_refs()
        act = self.rng.weighed((("send", 6), ("again", 2), ("look", 5), ("foreign", 1)))
        if act == "look":
            self._look(program)
        elif held:
            ref = self.rng.choose(held)
            if act == "send":
                self._bring(program, ref.peer)
            elif act == "foreign" and self.seen:
                self.brought.append(self.rng.choose(self.seen))
            self._name(program, ref)

    def _bring(self, program: Program, peer: str) -> None:
        blob, size = guid_from(self.rng), self.rng.choose((20, PIECE, 2 * PIECE + 5))
        data = b"%" + self.rng.bytes(size - 1)
        digest = sha256(data if self.rng.happens(0.9) else b"something else").hexdigest()
        offsets = [*range(0, size, PIECE)]
        if self.rng.happens(0.1):
            offsets.pop()
        if self.rng.happens(0.1):
            offsets += offsets[-1:]
        for offset in offsets:
            piece = BlobInfo(
                peer=peer,
                blob_id=blob,
                offset=offset,
                data=data[offset : offset + PIECE],
                size=size,
                sha256=digest,
                name="plan.pdf",
            )
            self._request(program, "BLOB_PUT", piece)
        self.brought.append(blob)
        self.seen.append(blob)

    def _name(self, program: Program, ref: ChatRef) -> None:
        named = tuple(
            AttachmentInfo(blob_id=one) for one in self.brought[-self.rng.between(1, 2) :]
        )
        said = ChatSentenceInfo(
            peer=ref.peer,
            port=ref.port,
            id=f"shared-{self.rng.text(10)}",
            text=self.rng.choose(("", "look")),
            attachments=named,
            **{"tracking_id" if _is_outside(program) else "chat_id": ref.name},  # type: ignore[arg-type]  # one of two names
        )
        self._request(program, "CHAT_SENTENCE", said)

    def _look(self, program: Program) -> None:
        if not self.seen:
            return
        wanted = BlobRequestInfo(
            peer=_address(program),
            blob_id=self.rng.choose(self.seen[-6:]),
            offset=self.rng.choose((0, 0, 0, 10, PIECE)),
            length=self.rng.choose((10, PIECE, 100_000)),
        )
        self._request(program, "BLOB_GET", wanted)

    def _request(self, program: Program, what: str, payload: object) -> None:
        side = "ES" if _is_outside(program) else "CS"
        program.session.request(f"{side}_{what}", payload, program.now)
        program.done()


def sharing_of(
    rng: Rng, world: World, agents: Sequence[AgentPerson], connectors: Sequence[Program]
) -> list[Sharing]:
    """In about one run of three agents send attachments, and so do the visitors of each connector."""
    own, seen = rng.fork("sharing"), list[Guid]()
    if not own.happens(OFTEN):
        return []
    working: dict[str, Callable[[], Program]] = {a.settings.login: a.at_work for a in agents}
    working |= {program.name: partial(_same, program) for program in connectors}
    return [
        Sharing(world, own.fork(name), at_work=at_work, seen=seen)
        for name, at_work in working.items()
    ]


def _same(program: Program) -> Program:
    return program


def _is_outside(program: Program) -> bool:
    return isinstance(program.settings, ConnectorSettings)


def _address(program: Program) -> str:
    settings = program.settings
    return settings.gateways[0].peer if isinstance(settings, ConnectorSettings) else settings.number
