"""The models of the REST interface, and what they are on the wire to the broker."""

import html
from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from connectors.web.converting import EACH, LONGEST, WIRE_NAME
from connectors.web.form_models import ScenarioModel
from connectors.web.frames import FRAME_BYTES
from protocol.blob import AttachmentInfo
from protocol.chat import ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.limits import TEXT_LENGTHS
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo
from protocol.values import Guid

Encode = Callable[[str | None], str | None]
"""What is done with a text of somebody else before it goes out."""
URL_LENGTH = TEXT_LENGTHS["Text"]
_GUID_LENGTH = 36


def encoder(html_encode: bool) -> Encode:
    """How texts go out: as they are, or so that they may stand in HTML."""
    if not html_encode:
        return lambda text: text
    return lambda text: None if text is None else html.escape(text, quote=True)


# --- forms


@frozen(kw_only=True)
class ValueModel:
    """What was filled into one control."""

    control_id: Guid | None
    result_text: str | None = None
    result_number: int | None = None
    result_time: datetime | None = None


@frozen(kw_only=True)
class ResultModel:
    """A form that was filled in, and what a page knows of its visitor; with it a chat starts.

    Attributes:
        scenario_id: The form; None: there is none.
        culture: The visitor's language.
        values: What was filled in.
        user_token: Who they are in a foreign system.
        ext_response: What foreign logic found out.
        party_name: What they are called.
        location: The page that they are on.
        web_site_routing_id: The rule that showed the page.
        result_id: A key, by which the same result is known when it comes again.
    """

    scenario_id: Guid | None = None
    culture: str | None = None
    values: tuple[ValueModel, ...] = ()
    user_token: str | None = None
    ext_response: str | None = None
    party_name: str | None = None
    location: str | None = field(default=None, metadata={LONGEST: URL_LENGTH})
    web_site_routing_id: Guid | None = None
    result_id: Guid | None = None


# --- chats


@frozen(kw_only=True)
class AttachmentModel:
    """An attachment of a sentence."""

    blob_id: Guid | None = None
    name: str | None = None
    content_type: str | None = None
    size: int = 0
    sha256: str | None = None
    scan: str | None = None


@frozen(kw_only=True)
class SentenceModel:
    """One sentence.

    Attributes:
        counter: Its place in the conversation, from 1.
        time_sent: When it was sent.
        party_name: Who says it.
        is_outbound: Whether it comes from the agent.
        text: What is said.
        location: The page that it is sent from.
        is_confirmed: Whether the other side has it.
        id: Its key: a sentence that is sent again has the same.
        attachments: What comes with it.
    """

    counter: int = 0
    time_sent: datetime | None = None
    party_name: str | None = None
    is_outbound: bool = False
    text: str | None = None
    location: str | None = field(default=None, metadata={LONGEST: URL_LENGTH})
    is_confirmed: bool = False
    id: str | None = field(default=None, metadata={WIRE_NAME: "ID"})
    attachments: tuple[AttachmentModel, ...] = ()


@frozen(kw_only=True)
class ChatModel:
    """The visitor's chat.

    Attributes:
        chat_id: The chat.
        agent_name: Who talks.
        agent_id: The agent.
        counter: How many sentences there are.
        status: Phase of the chat.
        is_typing: Whether the other side types.
        sentences: The sentences behind the counter that was asked for.
        navigation: The page that the agent shows.
        co_browsing_data: Their co-browsing data.
        scenario_id: The form that is offered now.
        close_reason: Who or what ended the chat.
        confirmed_counter: Up to which sentence the other side has all that the visitor said.
    """

    chat_id: Guid | None = None
    agent_name: str | None = None
    agent_id: Guid | None = None
    counter: int = 0
    status: str | None = None
    is_typing: bool = False
    sentences: tuple[SentenceModel, ...] = ()
    navigation: str | None = None
    co_browsing_data: str | None = None
    scenario_id: Guid | None = None
    close_reason: str | None = None
    confirmed_counter: int = 0


@frozen(kw_only=True)
class SignalModel:
    """Whether somebody is there.

    Attributes:
        signal: `Free`, `Busy`, `Closed` or `Hidden`.
    """

    signal: str | None = None


@frozen(kw_only=True)
class RoutingModel:
    """What a page is to show."""

    target_element_id: str | None = field(default=None, metadata={WIRE_NAME: "TargetElementID"})
    web_response: str | None = None
    scenario: ScenarioModel | None = None
    signal: str | None = None
    chat_running: ChatModel | None = None
    html_template: str | None = None
    settings: dict[str, str] | None = None
    literals: dict[str, str] | None = None
    party_name: str | None = None
    solicitation_time_out: int | None = None
    solicitation_duration: int | None = None
    honor_reject_period: int | None = None
    web_site_routing_id: Guid | None = None


# --- what else is asked for


@frozen(kw_only=True)
class TypingModel:
    """Whether the visitor types."""

    is_typing: bool = True


@frozen(kw_only=True)
class ConfirmModel:
    """Up to which sentence the visitor has seen the conversation."""

    counter: int


@frozen(kw_only=True)
class NavigationModel:
    """Where the visitor is, or what their co-browsing program says."""

    location: str | None = field(default=None, metadata={LONGEST: URL_LENGTH})
    title: str | None = field(default=None, metadata={LONGEST: 1_024})
    co_browsing_data: str | None = field(default=None, metadata={LONGEST: URL_LENGTH})


@frozen(kw_only=True)
class FramesModel:
    """Frames of the protocol, each as the text that it is on a WebSocket.

    Attributes:
        frames: What one side says.
        cursor: What the browser knows: from the last answer, and null at first.
    """

    frames: tuple[str, ...] = field(default=(), metadata={EACH: FRAME_BYTES})
    cursor: str | None = field(default=None, metadata={LONGEST: 16_384})


@frozen(kw_only=True)
class IdentifyModel:
    """What the site's own server signed."""

    token: str = field(metadata={LONGEST: 16_384})


@frozen(kw_only=True)
class VisitorModel:
    """Who the visitor is to this site."""

    is_identified: bool = False
    party_name: str | None = None


@frozen(kw_only=True)
class DoneModel:
    """Something was done, and has a name.

    Attributes:
        id: Its name: of a result, a message, a chat.
        text: What to tell the visitor.
    """

    id: str | None = None
    text: str | None = None


@frozen(kw_only=True)
class BlobModel:
    """An attachment that was brought.

    Attributes:
        blob_id: Its name.
        size: Its length.
        sha256: Its digest.
        scan: What the scanner says.
    """

    blob_id: Guid | None = None
    name: str | None = None
    size: int = 0
    sha256: str | None = None
    scan: str | None = None


@frozen(kw_only=True)
class MessageModel:
    """A message that is left on the site.

    Attributes:
        id: Its key: a message that comes again has the same.
        address: Where to answer.
        party_name: Who writes.
        subject: What it is about.
        text: What they write.
        culture: Their language.
        location: The page that they are on.
    """

    id: Guid | None
    address: str = field(metadata={LONGEST: TEXT_LENGTHS["RemoteAddress"]})
    party_name: str | None = None
    subject: str | None = field(default=None, metadata={LONGEST: TEXT_LENGTHS["SubjectField"]})
    text: str = field(metadata={LONGEST: TEXT_LENGTHS["Text"]})
    culture: str | None = None
    location: str | None = field(default=None, metadata={LONGEST: URL_LENGTH})


@frozen(kw_only=True)
class CallBackModel:
    """Somebody wants to be called.

    Attributes:
        id: Its key: a wish that comes again has the same.
        number: Their phone number.
        party_name: What they are called.
        time: When to call; None: as soon as somebody can.
        text: What it is about.
        culture: Their language.
        location: The page that they are on.
    """

    id: Guid | None
    number: str = field(metadata={LONGEST: 64})
    party_name: str | None = None
    time: datetime | None = None
    text: str | None = field(default=None, metadata={LONGEST: 1_024})
    culture: str | None = None
    location: str | None = field(default=None, metadata={LONGEST: URL_LENGTH})


@frozen(kw_only=True)
class ProblemModel:
    """Why something was not done (RFC 9457).

    Attributes:
        type: Its kind.
        title: Its kind, for a person.
        status: The status of HTTP.
        detail: What is wrong.
        code: The code of the protocol.
        member: The member that is wrong.
    """

    type: str = field(metadata={WIRE_NAME: "type"})
    title: str = field(metadata={WIRE_NAME: "title"})
    status: int = field(metadata={WIRE_NAME: "status"})
    detail: str = field(metadata={WIRE_NAME: "detail"})
    code: str = field(metadata={WIRE_NAME: "code"})
    member: str | None = field(default=None, metadata={WIRE_NAME: "member"})


# --- to and from the wire


def result_info(model: ResultModel) -> ScenarioResultInfo | None:
    """What was filled in, for the broker; None: there is no form."""
    if model.scenario_id is None:
        return None
    return ScenarioResultInfo(
        scenario_id=model.scenario_id,
        scenario_result_id=model.result_id,
        values=tuple(
            ScenarioResultValueInfo(
                screen_control_id=value.control_id,
                result_text=value.result_text,
                # A choice without a number is shown with 0, and comes back with it.
                result_number=value.result_number
                or (None if value.result_text else value.result_number),
                result_time=value.result_time,
            )
            for value in model.values
        ),
    )


def service_info(model: ResultModel) -> ChatServiceInfo:
    """The start of a chat, as far as a page may say it."""
    return ChatServiceInfo(
        preferred_culture=model.culture,
        user_token=model.user_token,
        ext_response=model.ext_response,
        party_name=model.party_name,
        result_model=result_info(model),
    )


def sentence_model(info: ChatSentenceInfo, encode: Encode) -> SentenceModel:
    """A sentence of the broker."""
    return SentenceModel(
        counter=info.counter,
        time_sent=info.time_sent,
        party_name=encode(info.party_name),
        is_outbound=info.is_outbound,
        text=encode(info.text),
        is_confirmed=info.confirmed_time is not None,
        id=info.id,
        attachments=tuple(_attachment(one, encode) for one in info.attachments or ()),
    )


def _attachment(info: AttachmentInfo, encode: Encode) -> AttachmentModel:
    return AttachmentModel(
        blob_id=info.blob_id,
        name=encode(info.name),
        content_type=info.content_type,
        size=info.size,
        sha256=info.sha256,
        scan=info.scan.value if info.scan else None,
    )


def chat_model(
    info: ChatStatusInfo,
    encode: Encode,
    *,
    after: int = 0,
    is_typing: bool = False,
    confirmed: int = 0,
) -> ChatModel:
    """A snapshot of the broker, with the sentences behind a counter."""
    sentences = info.sentences or ()
    last = sentences[-1].counter if sentences else 0
    return ChatModel(
        chat_id=info.chat_id,
        agent_name=encode(info.agent_name),
        agent_id=info.agent_id,
        counter=last,
        status=info.status.value if info.status else None,
        is_typing=is_typing,
        sentences=tuple(sentence_model(one, encode) for one in sentences if one.counter > after),
        navigation=encode(info.navigation.text) if info.navigation else None,
        co_browsing_data=info.co_browsing_data.text if info.co_browsing_data else None,
        scenario_id=info.scenario_id,
        close_reason=info.close_reason.value if info.close_reason else None,
        confirmed_counter=confirmed,
    )


def attachment_infos(models: tuple[AttachmentModel, ...]) -> tuple[AttachmentInfo, ...]:
    """What a sentence names, for the broker."""
    return tuple(
        AttachmentInfo(blob_id=model.blob_id, name=model.name, size=model.size, sha256=model.sha256)
        for model in models
    )
