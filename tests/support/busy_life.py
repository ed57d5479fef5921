"""A random life in which chats pass from hand to hand."""

from __future__ import annotations

from typing import Any

from broker.config.load import loads
from broker.config.model import Config
from broker.core.state import Chat
from protocol.values import ChatStatus, Guid
from tests.support.playbook import CONFIG
from tests.support.store_life import PEERS, SEATS, Life


class BusyLife(Life):
    """A life in which chats are also handed over, put aside, given back and begun by agents."""

    @staticmethod
    def installation() -> Config:
        """One in which both agents may have several chats of both projects."""
        text = CONFIG.replace("max_chats = 2", "max_chats = 3").replace(
            "max_chats = 1", "max_chats = 3"
        )
        text = text.replace("{ Support = 80 }", "{ Support = 80, Sales = 20 }")
        return loads(text, path="busy.toml").config

    def act(self) -> None:
        """Do one thing, every other time one of these."""
        mine = (
            *[self._take] * 5,
            *[self._pass, self._invite, self._park] * 2,
            *[self._return, self._exit, self._open, self._seat],
        )
        kind = self.choose(2 * len(mine))
        if kind < len(mine):
            mine[kind]()
        else:
            super().act()

    def _says(self, agent: Guid | None, type_: str, **members: Any) -> None:
        """What a certain agent says, if they are there."""
        for number, session in self._seats.items():
            if self.config.agent_by_login[SEATS[number]].id == agent:
                self._put(session, type_, Peer=number, **members)

    def _owned(self) -> Chat | None:
        return self.state.chats.get(self._chat(ChatStatus.ANSWERED))

    def _owner(self, type_: str, **members: Any) -> None:
        """What the owner of a chat does with it."""
        chat = self._owned()
        if chat is not None:
            self._says(chat.agent, type_, ChatId=chat.id, **members)

    def _take(self) -> None:
        """Whoever is asked answers, or says no."""
        asked = [chat for chat in self.state.chats.values() if chat.offered_to is not None]
        if asked:
            chat = asked[self.choose(len(asked))]
            type_ = "CS_CHAT_ANSWER" if self.choose(5) else "CS_CHAT_HANGUP"
            self._says(chat.offered_to, type_, ChatId=chat.id)

    def _someone(self) -> Guid:
        agents = list(self.config.agents)
        return agents[self.choose(len(agents))]

    def _pass(self) -> None:
        if self.choose(2):
            self._owner("CS_CHAT_TRANSFER", ToAgentId=self._someone())
        else:
            projects = list(self.config.projects)
            self._owner("CS_CHAT_TRANSFER", ToProjectId=projects[self.choose(len(projects))])

    def _invite(self) -> None:
        mode = ("Consult", "Conference")[self.choose(2)]
        self._owner("CS_CHAT_INVITE", ToAgentId=self._someone(), Mode=mode)

    def _park(self) -> None:
        self._owner("CS_CHAT_PARK", IsParked=bool(self.choose(3)))

    def _return(self) -> None:
        self._owner("CS_CHAT_RETURN")

    def _exit(self) -> None:
        chat = self._owned()
        inside = [chat.agent, *chat.parties] if chat is not None else []
        if chat is not None:
            self._says(inside[self.choose(len(inside))], "CS_CHAT_LEAVE", ChatId=chat.id)

    def _open(self) -> None:
        unbound = list(self.state.unbound)
        if unbound and self.choose(2):
            chat = self.state.chats[unbound[0]]
            peer = self.config.gateways[chat.gateway].peer
            start = {"Peer": peer, "TrackingId": f"bound-{chat.no}", "ReturnChatId": chat.id}
            self._put(PEERS[peer], "ES_CHAT_START", **start)
            return
        peer = ("web", "im")[self.choose(2)]
        given = {"Peer": peer, "RemoteAddress": f"+{self.choose(9)}"}
        sessions = [PEERS[peer], *self._seats.values()]
        place = self.choose(len(sessions))
        self._put(sessions[place], "CS_CHAT_OPEN" if place else "ES_CHAT_OPEN", **given)
