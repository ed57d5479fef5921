"""What the broker answers besides chats: forms and registers; and bounds of an answer (W-17, I-14)."""

from typing import Any

import pytest

from broker.core.cultures import fallbacks
from protocol.codec import encode
from protocol.frame import Frame
from protocol.identifiers import derive
from tests.support.first_moves import answered
from tests.support.playbook import CONFIG, Playbook
from tests.support.registers import REGISTERS, ask

with_registers = pytest.mark.parametrize("play", [CONFIG + REGISTERS], indirect=True, ids=["more"])


@with_registers
@pytest.mark.parametrize(
    ("members", "texts"),
    [
        ({"LiteralGroup": 102}, ["Write to us", "Napište nám"]),
        ({"LiteralGroup": 102, "Culture": "cs"}, ["Napište nám"]),
        ({"LiteralGroup": 102, "Culture": "CS"}, ["Napište nám"]),
        ({"LiteralGroup": 7}, ["Elsewhere"]),
        ({"LiteralGroup": 102, "Culture": "en-GB"}, ["Write to us"]),
        ({"LiteralGroup": 102, "Culture": "cs_CZ"}, ["Napište nám"]),
        ({"LiteralGroup": 102, "Culture": "de"}, []),
        ({"LiteralGroup": 102, "Culture": "en-x"}, ["Write to us"]),
        ({"LiteralGroup": 102, "Culture": "eng"}, []),
        ({"LiteralGroup": 102, "Culture": ""}, ["Write to us", "Napište nám"]),
        ({"LiteralGroup": 3}, []),
    ],
)
def test_literals_of_a_group(play: Playbook, members: dict[str, Any], texts: list[str]) -> None:
    """W-15, W-17: in one culture or in all; none is an empty array."""
    web = play.connector("web")
    web.says("ES_WS_LITERALS_GET", 1, **members)
    found = web.hears("SE_WS_LITERALS_INFO", 1)["items"]
    assert [(item["DisplayName"], item["Peer"]) for item in found] == [(t, "web") for t in texts]


BRITISH = """
[[literals]]
group = 102
value = 1
culture = "en-GB"
text = "Drop us a line"
[[literals]]
group = 102
value = 2
culture = "en"
text = "Colors"
"""


@pytest.mark.parametrize("play", [CONFIG + REGISTERS + BRITISH], indirect=True, ids=["more"])
def test_each_text_falls_back_by_itself(play: Playbook) -> None:
    """W-17: what is not there in British English comes in English, and says so."""
    web = play.connector("web")
    web.says("ES_WS_LITERALS_GET", 1, LiteralGroup=102, Culture="en-GB")
    found = web.hears("SE_WS_LITERALS_INFO", 1)["items"]
    assert [(item["DisplayName"], item["Culture"]) for item in found] == [
        ("Drop us a line", "en-GB"),
        ("Colors", "en"),
    ]


def test_a_culture_is_widened_from_its_end() -> None:
    """W-17: and what stands behind a single letter goes with it."""
    assert fallbacks("zh-Hant-TW") == ["zh-hant-tw", "zh-hant", "zh"]
    assert fallbacks("en_GB") == ["en-gb", "en"]
    assert fallbacks("de-x-dialect") == ["de-x-dialect", "de"]
    assert fallbacks("") == [""]


@with_registers
def test_routing_of_the_sessions_own_gateway(play: Playbook) -> None:
    """W-15, W-17, I-15: by rank; another gateway's is refused, an unknown one too."""
    web = play.connector("web")
    ask(web, 1, "web")
    ids = [item["WebSiteRoutingId"] for item in web.hears("SE_WS_ROUTING", 1)["items"]]
    assert ids == [derive("website_routing", name) for name in ("first", "second")]
    ask(web, 2, "im")
    web.refused("NotAllowed", 2)
    ask(web, 3, "nowhere")
    web.refused("UnknownGateway", 3)


@with_registers
@pytest.mark.parametrize(
    ("culture", "name"),
    [
        ("cs", "Kontakt"),
        ("cs-CZ", "Kontakt"),
        ("en", "Contact"),
        ("de", "Contact"),
        (None, "Contact"),
    ],
)
def test_a_form_comes_in_the_culture_that_is_wanted(
    play: Playbook, culture: str | None, name: str
) -> None:
    """B-1: else in its language, else as it stands first; by itself and with a signal."""
    web = play.connector("web")
    web.base = {}
    (form,) = play.config.scenarios
    web.says("ES_SCENARIO_LOAD", 1, Id=form, Reference=culture)
    web.hears("SE_SCENARIO_MODEL", 1, DisplayName=name, ScenarioId=form)


def test_the_warning_still_fits_a_transcript_that_is_full() -> None:
    """I-14, B-8: the note is stored and told, and the whole chat still fits one frame."""
    play = Playbook(CONFIG + "[limits]\nframe_bytes = 65536\n")
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    number = 0
    while True:
        number += 1
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=f"s{number}", Text="x" * 300)
        if web.heard[0][0] == "SYS_ERROR":
            break
        web.hears("SE_CHAT_SENTENCE", Counter=number)
        alice.hears("SC_CHAT_SENTENCE", Counter=number)
    web.refused("Overloaded")
    play.wait(540)
    web.hears("SE_CHAT_SENTENCE", Model=2, Counter=number)
    alice.hears("SC_CHAT_SENTENCE", Model=2, Counter=number)
    web.says("ES_CHAT_STATUS", TrackingId="t1")
    assert len(encode(Frame("SE_CHAT_STATUS", web.heard[0][3]))) - 4 <= 65536
    assert len(web.hears("SE_CHAT_STATUS")["Sentences"]) == number
    play.check_store()
