"""What the fuzz of the core found, each as the shortest script that shows it."""

from tests.support.playbook import Playbook
from tests.unit.broker.core.test_distribution import start


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
