"""Registers of a configuration, and a connector that asks for them."""

from broker.core.inputs import FrameArrived
from protocol.frame import Frame
from tests.support.playbook import Client

REGISTERS = """
[[scenarios]]
name = "Contact"
culture = "cs"
display_name = "Kontakt"
[[scenarios.screens]]
name = "First"
[[scenarios.screens.controls]]
name = "E-mail"
control_type = "TextArea"

[[literals]]
group = 102
value = 1
culture = "en"
text = "Write to us"
[[literals]]
group = 102
value = 1
culture = "cs"
text = "Napište nám"
[[literals]]
group = 7
value = 1
culture = "en"
text = "Elsewhere"

[[website_routing]]
gateway = "Web chat"
name = "second"
rank = 2
[[website_routing]]
gateway = "Web chat"
name = "first"
rank = 1
[[website_routing]]
gateway = "Messenger"
name = "another's"
"""


def ask(web: Client, id: int, peer: str, question: str = "ES_WS_ROUTING") -> None:
    """Ask for the routing of an address, or for its message gateways; the payload is no structure."""
    web.play.put(FrameArrived(web.number, Frame(question, peer, {"Id": id})))
