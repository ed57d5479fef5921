"""Names of HTML's tags, by what they mean to who reads a message."""

from __future__ import annotations

from typing import Final


def _of(names: str) -> frozenset[str]:
    return frozenset(names.split())


KEPT: Final = _of(
    "a abbr address b bdo big blockquote br caption center cite code col colgroup dd del dfn "
    "div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp "
    "small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr"
)
"""What a message may hold."""
UNSEEN: Final = _of(
    "applet canvas iframe math noembed noframes noscript object script select style svg "
    "template textarea title"
)
"""What is in these is for programs, not for readers."""
BREAKS: Final = _of(
    "address article blockquote br center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tr ul"
)
"""They begin a line."""
CELLS: Final = _of("td th")
VOID: Final = _of("area base br col embed hr img input link meta param source track wbr")
"""They hold nothing, so they have no end."""
ENDS_ITSELF: Final = _of("dd dt li option p tbody td tfoot th thead tr")
"""One of these ends where the next one of its kind begins."""
