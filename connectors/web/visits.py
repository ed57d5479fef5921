"""What a visitor may do, whichever way they come: the service under the REST interface and the sockets.

It is given the visitor from their token, and never a name of their choice. What is to be kept is the
broker's; what was handed over and has no echo yet is kept by whoever asked, who asks again.
"""

import uuid
from collections.abc import Awaitable, Iterable, Sequence
from hashlib import sha256
from typing import Any, Final, TypeVar

import anyio
from attrs import define, evolve, field

from connectors.client import ChatRef, ConnectorError, Gateway
from connectors.client.blobs import upload
from connectors.client.cache import Cache
from connectors.client.chats import Chat
from connectors.client.requests import key_of
from connectors.web.broker_link import Link
from connectors.web.content import Content
from connectors.web.identity import Identities
from connectors.web.images import Images
from connectors.web.letterbox import Letterbox
from connectors.web.problems import Away, Problem, problem_of
from connectors.web.settings import WEB_CHAT, Site
from connectors.web.tokens import Tokens, Visitor
from protocol.blob import AttachmentInfo, BlobInfo, BlobRequestInfo, BlobStatusInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    VariableInfo,
)
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.limits import TEXT_LENGTHS
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.values import ChatStatus, Guid, SentenceModel, Signal

T = TypeVar("T")

ANSWER_SECONDS: Final = 20.0
"""How long a browser waits for the broker."""
SIGNAL_SECONDS: Final = 3.0
"""How long a page waits for its signal; then it is `Busy`."""
BROUGHT: Final = 50_000
"""So many attachments are known by who brought them."""
VARIABLES: Final = 32
VERIFIED: Final = " (verified)"
"""How the name of a variable ends that the site's own server signed."""
FORM_SECONDS: Final = 60.0
"""How long a form is kept that many pages show."""
FORMS: Final = 1_000
NOBODYS: Final = Problem(ErrorCode.UNKNOWN_MESSAGE, "BlobId: no such attachment here")
UNKNOWN: Final = Problem(ErrorCode.UNKNOWN_CHAT, "there is no chat")


@define(eq=False)
class Visits:
    """One site.

    Attributes:
        name: Its name.
        site: Its settings.
        link: The broker.
        tokens: What signs visitors' tokens.
        identities: Who may say who a visitor is.
        content: Its templates and settings.
        letterbox: Where messages go; None: nowhere.
        images: Pictures of agents.
    """

    name: str
    site: Site
    link: Link
    tokens: Tokens
    identities: Identities
    content: Content
    letterbox: Letterbox | None = None
    images: Images = field(factory=lambda: Images(None))
    _forms: Cache[tuple[Guid, str | None], ScenarioInfo] = field(
        factory=lambda: Cache(FORM_SECONDS, FORMS)
    )
    _brought: dict[tuple[str, Guid], None] = field(factory=dict)

    def stranger(self) -> Visitor:
        """Somebody whom nobody knows."""
        return self.tokens.stranger(self.name)

    def end(self, visitor: Visitor) -> None:
        """End the rights of a visitor's token, on whichever browser it is.

        One that has none, since it names nobody and there is no chat of it, is not written down: whoever
        wants such tokens gets as many as they like.
        """
        ref = ChatRef(self.site.gateway, visitor.tracking_id, self.site.port)
        has_chat = not self.link.ready or self.link.client.chat(ref) is not None
        if visitor.tracking_id and (visitor.identity is not None or has_chat):
            self.tokens.end(visitor)

    # --- what is known

    def ref(self, visitor: Visitor) -> ChatRef:
        """The name of a visitor's chat.

        Who was in one before they were identified stays there until it ends.
        """
        if visitor.earlier is not None:
            earlier = ChatRef(self.site.gateway, visitor.earlier, self.site.port)
            if self._is_open(earlier):
                return earlier
        return ChatRef(self.site.gateway, visitor.tracking_id, self.site.port)

    def _is_open(self, ref: ChatRef) -> bool:
        chat = self.link.client.chat(ref) if self.link.ready else None
        return chat is not None and chat.view.status not in (None, ChatStatus.CLOSED)

    def known(self, visitor: Visitor) -> Chat | None:
        """The chat as far as it is known without asking the broker."""
        return self.link.client.chat(self.ref(visitor))

    async def status(self, visitor: Visitor) -> ChatStatusInfo:
        """The chat with its sentences. The broker is asked only for one that is not known here.

        Raises:
            Problem: `UnknownChat`; or the broker is away.
        """
        client, ref = self.link.client, self.ref(visitor)
        chat = client.chat(ref)
        if chat is not None and (chat.view.complete or chat.view.status is ChatStatus.CLOSED):
            return snapshot(chat)
        if self.link.is_absent(ref):
            raise UNKNOWN
        try:
            return await self._waited(client.status(ref))
        except Problem as problem:
            if problem.code == ErrorCode.UNKNOWN_CHAT:
                self.link.absent(ref)
            raise

    def listed(self, visitor: Visitor) -> tuple[ChatStatusInfo, ...]:
        """The open chat, without its sentences; or none."""
        chat = self.known(visitor)
        if chat is None or chat.view.status in (None, ChatStatus.CLOSED):
            return ()
        return (chat.view.latest,)

    # --- the chat

    async def ask(self, info: ChatServiceInfo, visitor: Visitor) -> ChatServiceInfo:
        """Ask whether a chat would be taken, and with which form before it."""
        asked = ChatServiceInfo(
            preferred_culture=info.preferred_culture,
            user_token=_user_token(info, visitor),
            ext_response=info.ext_response,
        )
        client = self.link.client
        return await self.link.signals.get(
            evolve(asked, port=self.site.port),
            lambda: self._waited(client.ask_chat(self.gateway, asked)),
        )

    async def signal(self, info: ChatServiceInfo, visitor: Visitor) -> ChatServiceInfo:
        """The same for a page, which is told `Busy` when the broker does not say."""
        with anyio.move_on_after(SIGNAL_SECONDS):
            try:
                return await self.ask(info, visitor)
            except Away:
                pass
            except Problem as problem:
                if problem.retry_after is None:
                    raise
        return ChatServiceInfo(signal=Signal.BUSY)

    async def start(
        self, visitor: Visitor, info: ChatServiceInfo, address: str | None
    ) -> ChatStatusInfo:
        """Start the chat, or come back to it; a form comes with it.

        Raises:
            Problem: The broker does not take it, or is away.
        """
        if info.return_chat_id is not None:
            raise Problem(ErrorCode.NOT_ALLOWED, "ReturnChatId: not for a visitor to say")
        ref = self.ref(visitor)
        asked = evolve(
            info,
            user_token=_user_token(info, visitor),
            party_name=_party_name(info.party_name, visitor),
            remote_address=address,
            variables=_variables(info, visitor),
            signal=None,
            scenario_model=None,
        )
        client = self.link.client
        await self._waited(client.start_chat(self.gateway, tracking_id=ref.name, info=asked))
        chat = client.chat(ref)
        return snapshot(chat) if chat is not None else await self.status(visitor)

    async def stop(self, visitor: Visitor) -> ChatStatusInfo:
        """End the chat; that of one who has none is ended already."""
        return await self._waited(self.link.client.stop(self.ref(visitor)))

    def check(self, visitor: Visitor, said: ChatSentenceInfo) -> None:
        """Whether a visitor may say that.

        Raises:
            Problem: They may not.
        """
        allowed = {SentenceModel.SENTENCE}
        if self.site.navigation:
            allowed.add(SentenceModel.NAVIGATION)
        if self.site.co_browsing:
            allowed.add(SentenceModel.CO_BROWSING)
        if said.model not in allowed:
            raise Problem(ErrorCode.NOT_ALLOWED, "Model: not for a visitor to say here")
        if said.model is SentenceModel.NAVIGATION and not self.tracks(said.text or ""):
            raise Problem(ErrorCode.NOT_ALLOWED, "Text: agents do not see who is on that page")
        waits = self.link.client.unsent(self.ref(visitor))
        for other in waits:
            if key_of(other) == key_of(said) and (other.text, other.model) != (
                said.text,
                said.model,
            ):
                raise Problem(ErrorCode.KEY_REUSED, "ID: used for another sentence")

    def tracks(self, navigation: str) -> bool:
        """Whether agents may see a page that the visitor is on: its address, and perhaps a title below."""
        return self.link.rules.tracks(WEB_CHAT, navigation.partition("\n")[0])

    def say_soon(self, visitor: Visitor, said: ChatSentenceInfo) -> ChatRef:
        """Hand a sentence over; its echo is told to who watches the chat.

        Raises:
            Problem: It is not taken.
        """
        client, ref = self.link.client, self.ref(visitor)
        self.check(visitor, said)
        try:
            client.send_soon(ref, said.text or "", **_words(said, visitor))
        except ConnectorError as error:
            raise problem_of(error) from error
        return ref

    async def say(self, visitor: Visitor, said: ChatSentenceInfo) -> ChatSentenceInfo:
        """Say something, and wait until it is stored."""
        client, ref = self.link.client, self.ref(visitor)
        self.check(visitor, said)
        return await self._waited(client.send(ref, said.text or "", **_words(said, visitor)))

    async def say_slot(self, visitor: Visitor, model: SentenceModel, text: str) -> None:
        """Say where the visitor is, or the like, if the site wants that and it is not known yet."""
        wanted = {
            SentenceModel.NAVIGATION: self.site.navigation and self.tracks(text),
            SentenceModel.CO_BROWSING: self.site.co_browsing,
        }
        chat = self.known(visitor)
        if not wanted.get(model) or chat is None or not self._is_open(chat.ref):
            return
        before = chat.view.own_slots.get(model)
        if before is None or before.text != text:
            said = ChatSentenceInfo(id=str(uuid.uuid4()), text=text, model=model)
            await self.say(visitor, said)

    async def confirm(self, visitor: Visitor, sentence_id: str) -> None:
        """Say that the visitor has a sentence, and wait until that is stored."""
        client, ref = self.link.client, self.ref(visitor)
        info = ChatCommandInfo(peer=ref.peer, port=ref.port, tracking_id=ref.name, id=sentence_id)
        await self._waited(client.request("ES_CHAT_CONFIRM", info, chat=ref))

    async def confirm_to(self, visitor: Visitor, counter: int) -> None:
        """Say that they have everything up to a sentence."""
        chat = self.known(visitor)
        for sentence in chat.view.unconfirmed if chat is not None else ():
            if sentence.counter <= counter and sentence.id is not None:
                await self.confirm(visitor, sentence.id)

    def typing(self, visitor: Visitor, *, is_typing: bool) -> None:
        """Tell that the visitor types, or ceased to."""
        ref = self.ref(visitor)
        if self._is_open(ref):
            self.link.client.typing(ref, is_typing)

    # --- forms

    async def load_form(self, scenario_id: Guid, culture: str | None) -> ScenarioInfo:
        """A form."""
        return await self._waited(self.link.client.load_form(scenario_id, culture))

    async def form(self, scenario_id: Guid, culture: str | None) -> ScenarioInfo:
        """A form for a page: one that was asked for not long ago will do."""
        key, now = (scenario_id, culture), anyio.current_time()
        known = self._forms.get(key, now)
        if known is None:
            known = await self.load_form(scenario_id, culture)
            self._forms.put(key, known, now)
        return known

    async def save_form(self, visitor: Visitor, form: ScenarioResultInfo) -> Guid:
        """Save what was filled in: of the open chat, or of the site."""
        chat = self.known(visitor)
        chat_id = chat.chat_id if chat is not None and self._is_open(chat.ref) else None
        own = {chat_id, chat.chat_id if chat is not None else None, None}
        if form.chat_id not in own:
            raise Problem(ErrorCode.UNKNOWN_CHAT, "ChatId: no chat of this visitor")
        saved = evolve(
            form,
            peer=self.site.gateway,
            port=self.site.port,
            chat_id=form.chat_id or chat_id,
            contact_id=None,
            agent_id=None,
        )
        return await self._waited(self.link.client.save_form(saved))

    # --- attachments

    async def put_blob(self, visitor: Visitor, piece: BlobInfo) -> BlobStatusInfo:
        """Bring the next piece of an attachment."""
        frame = await self._blob("ES_BLOB_PUT", evolve(piece, peer=self.site.gateway))
        assert isinstance(frame.payload, BlobStatusInfo)
        if piece.blob_id is not None and frame.payload.offset:
            self._remember(visitor, piece.blob_id)
        return frame.payload

    async def get_blob(self, visitor: Visitor, wanted: BlobRequestInfo) -> BlobInfo:
        """A piece of an attachment of the visitor's chat, or of one that they brought."""
        named = {one.blob_id for one in self._named(visitor)}
        if wanted.blob_id not in named and not self._has_brought(visitor, wanted.blob_id):
            raise NOBODYS
        frame = await self._blob("ES_BLOB_GET", evolve(wanted, peer=self.site.gateway))
        assert isinstance(frame.payload, BlobInfo)
        return frame.payload

    async def prove(self, visitor: Visitor, attachments: Sequence[AttachmentInfo]) -> None:
        """Look whether attachments are the visitor's own: brought here, or known by their digest.

        Raises:
            Problem: One is not.
        """
        for place, one in enumerate(attachments):
            if self._has_brought(visitor, one.blob_id):
                continue
            lost = Problem(
                ErrorCode.UNKNOWN_MESSAGE,
                f"Attachments[{place}].BlobId: no attachment of this sender",
            )
            if one.blob_id is None or not one.sha256:
                raise lost
            # A piece without bytes changes nothing, and needs the size and the digest of the whole.
            asked = BlobInfo(
                peer=self.site.gateway,
                blob_id=one.blob_id,
                size=one.size,
                sha256=one.sha256,
                data=b"",
            )
            try:
                status = await self.put_blob(visitor, asked)
            except Problem as problem:
                if problem.code == ErrorCode.KEY_REUSED:
                    raise lost from None
                raise
            if not status.offset:
                raise lost

    def knows_attachments(self, visitor: Visitor, attachments: Iterable[AttachmentInfo]) -> bool:
        """Whether all of them were brought here by this visitor."""
        return all(self._has_brought(visitor, one.blob_id) for one in attachments)

    async def put_whole(
        self, visitor: Visitor, blob_id: Guid, data: bytes, name: str, content_type: str | None
    ) -> BlobStatusInfo:
        """Bring a whole attachment."""
        client = self.link.client
        sent = upload(
            client, self.site.gateway, blob_id, data, name=name, content_type=content_type
        )
        status = await self._waited(sent)
        self._remember(visitor, blob_id)
        return status

    @staticmethod
    def digest(data: bytes) -> str:
        """The digest by which an attachment is known."""
        return sha256(data).hexdigest()

    async def _blob(self, type_: str, payload: object) -> Frame:
        return await self._waited(self.link.client.request(type_, payload))

    def _remember(self, visitor: Visitor, blob_id: Guid) -> None:
        key = (visitor.tracking_id, blob_id)
        self._brought.pop(key, None)
        self._brought[key] = None
        if len(self._brought) > BROUGHT:
            del self._brought[next(iter(self._brought))]

    def _has_brought(self, visitor: Visitor, blob_id: Guid | None) -> bool:
        names = (visitor.tracking_id, visitor.earlier)
        return any((name, blob_id) in self._brought for name in names)

    def _named(self, visitor: Visitor) -> Iterable[AttachmentInfo]:
        chat = self.known(visitor)
        for sentence in chat.view.sentences.values() if chat is not None else ():
            yield from sentence.attachments or ()

    # --- asking

    @property
    def gateway(self) -> Gateway:
        """The gateway that the site is."""
        return Gateway(self.site.gateway, self.site.port)

    async def _waited(self, asked: Awaitable[T]) -> T:
        """The answer of the broker, or why there is none."""
        try:
            with anyio.fail_after(ANSWER_SECONDS):
                return await asked
        except TimeoutError:
            raise Away("the broker does not answer") from None
        except ConnectorError as error:
            raise problem_of(error) from error


def snapshot(chat: Chat) -> ChatStatusInfo:
    """A chat with its sentences, as the broker would tell it now."""
    return evolve(chat.view.latest, sentences=tuple(chat.view.sentences.values()))


def _words(said: ChatSentenceInfo, visitor: Visitor) -> dict[str, Any]:
    return {
        "sentence_id": said.id,
        "party_name": _party_name(said.party_name, visitor),
        "model": said.model,
        "time_sent": said.time_sent,
        "attachments": said.attachments or (),
    }


def _user_token(info: ChatServiceInfo, visitor: Visitor) -> str | None:
    """Who somebody is in a foreign system: what the site's server signed, before what the page says."""
    if visitor.identity is None:
        return info.user_token
    return visitor.identity.user[: TEXT_LENGTHS["UserToken"]]


def _party_name(said: str | None, visitor: Visitor) -> str | None:
    known = visitor.identity.name if visitor.identity is not None else None
    return known or said


def _variables(info: ChatServiceInfo, visitor: Visitor) -> tuple[VariableInfo, ...] | None:
    """What agents are to know: what is signed, which they can see, and then what the page says.

    Raises:
        Problem: The page says something as if it were signed.
    """
    signed = visitor.identity.variables if visitor.identity is not None else ()
    told = [VariableInfo(name=f"{name}{VERIFIED}", value=value) for name, value in signed]
    for place, one in enumerate(info.variables or ()):
        if VERIFIED.strip() in (one.name or "").casefold():
            text = f"Variables[{place}].Name: not for a page to say"
            raise Problem(ErrorCode.NOT_ALLOWED, text)
        told.append(one)
    return tuple(told[:VARIABLES]) or None
