"""Offered, answered and service level by interval, as a picture that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, log10
from typing import Final
from xml.sax.saxutils import escape

from attrs import frozen

_WIDTH: Final = 960
_HEIGHT: Final = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 56, 48, 40
_GROUND: Final = _HEIGHT - _BOTTOM
_TALL: Final = _GROUND - _TOP
_LABELS: Final = 10
"""How many intervals are labelled at most."""

_STYLE: Final = (
    "text{font:12px sans-serif;fill:#333}.t{font-size:15px}.r{text-anchor:end}.m{text-anchor:middle}"
    ".g{stroke:#ddd}.o{fill:#b7c9e2}.a{fill:#3d6fb4}.s{fill:none;stroke:#d1641f;stroke-width:2}.d{fill:#d1641f}"
)


@frozen
class Bar:
    """An interval: its label, and its figures; `level` is from 0 to 1."""

    label: str
    offered: int
    answered: int
    level: float | None


def draw(title: str, bars: Sequence[Bar]) -> str:
    """Draw the picture as SVG."""
    top = _round_up(max((bar.offered for bar in bars), default=0))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text class="t" x="{_LEFT}" y="20">{escape(title)}</text>',
        *_legend(),
        *_grid(top),
        *_bars(bars, top),
        *_line(bars),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _round_up(number: int) -> int:
    """The next number that is easy to divide by four."""
    if number <= 4:
        return 4
    step = int(10 ** int(log10(number / 4)))
    return next(4 * step * f for f in (1, 2, 5, 10, 20) if 4 * step * f >= number)


def _legend() -> Iterator[str]:
    for place, (mark, text) in enumerate(
        (("o", "offered"), ("a", "answered"), ("d", "service level (right)"))
    ):
        x = _LEFT + 90 * place
        yield f'<rect class="{mark}" x="{x}" y="29" width="10" height="10"/>'
        yield f'<text x="{x + 15}" y="38">{text}</text>'


def _grid(top: int) -> Iterator[str]:
    for quarter in range(5):
        y = _GROUND - _TALL * quarter // 4
        yield f'<line class="g" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
        yield f'<text class="r" x="{_LEFT - 6}" y="{y + 4}">{top * quarter // 4}</text>'
        yield f'<text x="{_WIDTH - _RIGHT + 6}" y="{y + 4}">{25 * quarter} %</text>'


def _place(bars: Sequence[Bar], index: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * index / max(1, len(bars))


def _bars(bars: Sequence[Bar], top: int) -> Iterator[str]:
    each = max(1, ceil(len(bars) / _LABELS))
    wide = (_place(bars, 1) - _LEFT) * 0.7
    for index, bar in enumerate(bars):
        x = _place(bars, index + 0.15)
        for mark, number, share in (("o", bar.offered, 1.0), ("a", bar.answered, 0.6)):
            tall = _TALL * number / top
            side = x + wide * (1 - share) / 2
            yield (
                f'<rect class="{mark}" x="{side:.1f}" y="{_GROUND - tall:.1f}"'
                f' width="{wide * share:.1f}" height="{tall:.1f}"/>'
            )
        if index % each == 0:
            middle = _place(bars, index + 0.5)
            yield (
                f'<text class="m" x="{middle:.1f}" y="{_GROUND + 18}">{escape(bar.label)}</text>'
            )


def _line(bars: Sequence[Bar]) -> Iterator[str]:
    """The service level; an interval without one breaks the line."""
    run: list[str] = []
    for index, bar in enumerate((*bars, Bar("", 0, 0, None))):
        if bar.level is not None:
            x, y = _place(bars, index + 0.5), _GROUND - _TALL * bar.level
            run.append(f"{x:.1f},{y:.1f}")
            yield f'<circle class="d" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        elif run:
            yield f'<polyline class="s" points="{" ".join(run)}"/>'
            run = []
