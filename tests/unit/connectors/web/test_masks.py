"""What a browser does not know."""

from typing import Any

import pytest

from connectors.client import ChatRef
from connectors.web.masks import check_chat, nameless, own_form, read
from connectors.web.problems import Problem
from protocol.blob import BlobInfo, BlobStatusInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.errors import ErrorCode, WireError
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, Guid

REF = ChatRef("web", "secret name", "7")


@pytest.mark.parametrize("payload", ["{}", '{"Peer":"shop","TrackingId":"visitor","Port":null}'])
def test_names_are_put_in(payload: str) -> None:
    frame = read(f'["ES_CHAT_STATUS",{payload},{{"Id":3}}]', "shop", REF)
    assert frame.payload == ChatCommandInfo(peer="web", port="7", tracking_id="secret name")
    assert frame.id == 3


def test_a_frame_that_names_no_conversation_gets_no_name() -> None:
    frame = read('["ES_BLOB_GET",{"BlobId":"11111111-1111-4111-8111-111111111111"}]', "shop", REF)
    assert getattr(frame.payload, "peer", None) == "web"
    listed = read('["ES_CHAT_RESYNC",{}]', "shop", REF)
    assert listed.payload == ChatCommandInfo(peer="web", port="7")


@pytest.mark.parametrize(
    ("payload", "member"),
    [
        ('{"Peer":"web"}', "Peer"),
        ('{"TrackingId":"secret name"}', "TrackingId"),
        ('{"Port":"7"}', "Port"),
    ],
)
def test_names_of_ones_choice_are_refused(payload: str, member: str) -> None:
    with pytest.raises(WireError) as caught:
        read(f'["ES_CHAT_STATUS",{payload},{{"Id":"q"}}]', "shop", REF)
    error = caught.value
    assert (error.code, error.path, error.re) == (ErrorCode.NOT_ALLOWED, member, "q")
    assert error.type == "ES_CHAT_STATUS"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ErrorCode.BAD_FRAME),
        ("{}", ErrorCode.BAD_FRAME),
        ('["ES_CHAT_STATUS"]', ErrorCode.BAD_FRAME),
        ("[7,{}]", ErrorCode.BAD_FRAME),
        ('["ES_CHAT_STATUS",7]', ErrorCode.BAD_PAYLOAD),
        ('["ES_CHAT_SENTENCE",{"ID":"a"}]', ErrorCode.BAD_PAYLOAD),
        ('["SE_CHAT_STATUS",{}]', ErrorCode.NOT_ALLOWED),
        ('["\ud800",{}]', ErrorCode.BAD_FRAME),
    ],
)
def test_what_is_no_frame_of_a_browser(text: str, code: ErrorCode) -> None:
    with pytest.raises(WireError) as caught:
        read(text, "shop", REF)
    assert caught.value.code == code


def test_before_the_hello_there_are_no_names() -> None:
    frame = read(
        '["SYS_HELLO",{"Version":1,"Role":"connector","Peers":["shop"],"Token":"t"}]', "", None
    )
    assert frame.type == "SYS_HELLO"


def named(**more: Any) -> dict[str, Any]:
    return {"peer": "web", "port": "7", "tracking_id": "secret name", **more}


def test_names_are_taken_out() -> None:
    sentence = ChatSentenceInfo(**named(id="a", text="x"))
    status = ChatStatusInfo(
        **named(status=ChatStatus.ANSWERED, sentences=(sentence,), navigation=sentence)
    )
    for payload in (
        sentence,
        status,
        (status,),
        ChatCommandInfo(**named()),
        BlobInfo(peer="web"),
        BlobStatusInfo(peer="web"),
    ):
        found = repr(nameless(payload, "shop"))
        assert "secret name" not in found
        assert "'web'" not in found
        assert "'7'" not in found
    shown = nameless(status, "shop")
    assert (shown.peer, shown.tracking_id) == ("shop", "visitor")
    assert shown.sentences[0].text == "x"
    assert nameless(None, "shop") is None


def test_a_form_says_nothing_that_is_not_a_visitors() -> None:
    guid = Guid("11111111-1111-4111-8111-111111111111")
    form = own_form(ScenarioResultInfo(scenario_id=guid, peer="x", contact_id=guid, agent_id=guid))
    assert form == ScenarioResultInfo(scenario_id=guid)
    assert own_form(None) is None


def test_a_chat_of_somebody_else() -> None:
    check_chat(None, None)
    check_chat("a", "a")
    with pytest.raises(Problem, match="ChatId"):
        check_chat("b", "a")
