"""Chats whose tracking ID or key was another's before (B-2): found by the fuzz of the core."""

from broker.config.load import loads
from tests.support.first_moves import start
from tests.support.playbook import CONFIG, Playbook


def test_a_bound_chat_is_found_by_its_tracking_id_after_a_restart(play: Playbook) -> None:
    """B-2, B-12: also where a chat with a higher number had that tracking ID before."""
    web = play.connector("web")
    web.says("ES_CHAT_OPEN", RemoteAddress="vera", ExtResponse="expert")
    outbound = web.hears("SE_CHAT_OUTBOUND")["ReturnChatId"]
    start(web, "t1", "Waiting")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    web.says("ES_CHAT_START", TrackingId="t1", ReturnChatId=outbound)
    web.hears("SE_CHAT_STATUS", Status="Pilot", ChatId=outbound)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.restart()
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Waiting", ChatId=outbound)


def test_the_key_of_a_forgotten_request_takes_no_other_with_it(play: Playbook) -> None:
    """B-2, C-4: a longer inertia brings back an old chat of the key; when it goes, the new one stays."""
    patient = CONFIG.replace('inactivity_timeout = "10m"', 'inactivity_timeout = "30d"')
    key = "00000000-0000-4000-8000-000000000001"
    request = {"RemoteAddress": "vera", "ReturnChatId": key, "ExtResponse": "expert"}
    play.reload(patient)
    web = play.connector("web")
    web.says("ES_CHAT_OPEN", **request)
    first = web.hears("SE_CHAT_OUTBOUND")["ReturnChatId"]
    play.wait(3_600 + 200)
    web.says("ES_CHAT_OPEN", **request)
    second = web.hears("SE_CHAT_OUTBOUND")["ReturnChatId"]
    assert first != second
    web.says("ES_CHAT_START", TrackingId="t1", ReturnChatId=second)
    web.heard.clear()
    longer = patient.replace(
        'token = "web-secret"', 'token = "web-secret"\ntracking_inertia = "5h"'
    )
    play.config = loads(longer, path="play.toml").config
    play.restart()
    web = play.connector("web")
    play.wait(5 * 3_600)
    web.heard.clear()
    web.says("ES_CHAT_OPEN", **request)
    web.hears("SE_CHAT_OUTBOUND", ReturnChatId=second)
