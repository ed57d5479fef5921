"""What is answered from the configuration fits into a frame, or is named as a fault."""

import pytest

from broker.config.diagnostics import ConfigFault
from broker.config.load import loads

LIMITS = "[limits]\nframe_bytes = 20_000\n"
GATEWAYS = """
[[gateways]]
name = "Web"
peer = "web"
token = "s"
[[gateways]]
name = "Second"
peer = "web"
port = "2"
token = "s"
"""


def literals(number: int, culture: str = "en") -> str:
    """A group of texts; each takes something above 1,100 bytes."""
    return "".join(
        f'[[literals]]\ngroup = 1\nvalue = {value}\nculture = "{culture}"\ntext = "{"é" * 500}"\n'
        for value in range(number)
    )


def routing(number: int, gateway: str) -> str:
    """Rules of about 1,100 bytes each."""
    return "".join(
        f'[[website_routing]]\nname = "{gateway} {rank}"\ngateway = "{gateway}"\nrank = {rank}\n'
        f'web_response = "{"x" * 900}"\n'
        for rank in range(number)
    )


def form(controls: int) -> str:
    """A form; each control takes somewhat more than 600 bytes."""
    head = '[[scenarios]]\nname = "Ask"\nculture = "en"\n[[scenarios.screens]]\nname = "One"\n'
    return head + "".join(
        f'[[scenarios.screens.controls]]\nname = "c{number}"\ncontrol_type = "LabelOnly"\n'
        f'control_text = "{"x" * 600}"\n'
        for number in range(controls)
    )


def faults(text: str) -> list[tuple[str, str]]:
    """Members and texts of what is wrong."""
    with pytest.raises(ConfigFault) as caught:
        loads(LIMITS + text)
    return [(fault.member, fault.text) for fault in caught.value.faults]


def test_what_fits_is_good() -> None:
    loaded = loads(LIMITS + GATEWAYS + literals(10) + routing(5, "Web") + routing(5, "Second"))
    assert not [w for w in loaded.warnings if "frame" in w.text]


def test_a_group_of_literals_that_fits_no_frame_is_a_fault() -> None:
    """W-3, C-1: in one culture; nobody could ever be answered."""
    [(member, text)] = faults(GATEWAYS + literals(16))
    assert member == "literals"
    assert text.startswith("group 1 in 'en' takes 1")
    assert "limits.frame_bytes" in text


def test_a_group_that_fits_culture_by_culture_is_warned_of() -> None:
    """W-3, C-1: it can be asked for in pieces."""
    loaded = loads(LIMITS + GATEWAYS + literals(10) + literals(10, "cs"))
    [warning] = [w.text for w in loaded.warnings if w.member == "literals"]
    assert warning.startswith("group 1 in all cultures takes 2")
    assert warning.endswith("ask for one at a time")


def test_the_rules_of_all_gateways_at_one_address_are_one_answer() -> None:
    """W-3, C-1: each gateway's own would fit."""
    [(member, text)] = faults(GATEWAYS + routing(9, "Web") + routing(9, "Second"))
    assert (member, text.split(" takes ")[0]) == ("website_routing", "all rules for 'web' together")


def test_a_form_that_fits_no_frame_is_a_fault() -> None:
    """W-3, C-1: neither loaded nor offered could it be answered."""
    [(member, text)] = faults(GATEWAYS + form(25))
    assert (member, text.split(" takes ")[0]) == ("scenarios", "the form 'Ask'")
