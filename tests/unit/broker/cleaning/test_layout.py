"""HTML laid out as text: B-50."""

import signal

import pytest

from broker.cleaning.layout import TooSlowError, text_of


def test_a_text_keeps_the_layout() -> None:
    html = "<h1>Order</h1><table><tr><td>1</td><td>pen</td></tr><tr><td>10</td><td>ink</td></tr></table>"
    assert text_of(html) == "Order\n\n1   pen\n10  ink"
    assert text_of("") == ""


def test_a_text_that_takes_too_long_is_given_up_and_nothing_is_left_of_the_alarm() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(TooSlowError):
        text_of("<ul>" + "<li>x" * 100_000, seconds=0.01)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGVTALRM) is before
