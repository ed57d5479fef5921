"""The full screen: transcript, offers, status line, input."""

from collections.abc import Iterator
from functools import lru_cache, partial

import anyio
from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import TextArea

from connectors.terminal.cells import Part, fitted, steady, stood_in, wrapped
from connectors.terminal.conversation import Conversation, Line, Tick
from connectors.terminal.editor import edited
from connectors.terminal.program import Terminal
from protocol.display import shown

FIXED_ROWS = 2
"""Rows of the status line and the input."""
LAST_WORDS = 3
"""Lines that stay in the terminal when a program ends that should not have."""
STYLE = Style.from_dict(
    {
        "mine": "ansigreen",
        "theirs": "ansicyan",
        "note": "ansiyellow",
        "remark": "ansibrightblack",
        "tick": "ansigreen",
        "waiting": "ansiyellow",
        "bar": "bg:ansiyellow fg:ansiblack",
        "status": "reverse",
        "status.away": "bg:ansired fg:ansiwhite",
    }
)


class _Steady(Processor):
    """What is typed, shown so that the terminal and the library agree where the cursor is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        given = transformation_input.fragments
        text = stood_in("".join(piece[1] for piece in given))
        shown_as: StyleAndTextTuples = []
        place = 0
        for style, piece, *_ in given:
            shown_as.append((style, text[place : place + len(piece)]))
            place += len(piece)
        return Transformation(shown_as)


class Screen:
    """The face of a program on a terminal."""

    def __init__(self) -> None:
        self._app: Application[None] | None = None
        self._up = 0

    async def run(self, terminal: Terminal) -> None:
        """Show the terminal until the person leaves or the terminal is done."""
        app = self._app = self._application(terminal)

        async def leave_when_done() -> None:
            await terminal.done.wait()
            if app.is_running:
                app.exit()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave_when_done)
            await app.run_async()
            tasks.cancel_scope.cancel()
        if terminal.status:
            print("\n".join(last_words(terminal.lines())))

    def show(self, talk: Conversation | None, line: Line) -> None:
        """The screen draws what the terminal has; there is nothing to print."""

    def delivered(self, talk: Conversation, counter: int) -> None:
        """The ticks are drawn with the transcript."""

    async def edit(self, text: str) -> str | None:
        """Leave the screen to the person's editor until they are done."""
        return await run_in_terminal(partial(edited, text), in_executor=True)

    def ring(self) -> None:
        """Ring the bell."""
        if self._app is not None and self._app.is_running:
            self._app.output.bell()

    def refresh(self) -> None:
        """Draw anew, in its turn."""
        if self._app is not None:
            self._app.invalidate()

    def _application(self, terminal: Terminal) -> Application[None]:
        entry = TextArea(
            height=1,
            prompt="> ",
            multiline=False,
            wrap_lines=False,
            input_processors=[_Steady()],
        )

        def accept(_buffer: object) -> bool:
            self._up = 0
            terminal.later(terminal.enter, entry.text)
            return False

        entry.accept_handler = accept
        entry.buffer.on_text_changed += lambda buffer: terminal.typed(buffer.text)
        transcript = FormattedTextControl(lambda: self._transcript(terminal))
        bar = FormattedTextControl(lambda: "\n".join(f" {row}" for row in self._bar(terminal)))
        status = FormattedTextControl(lambda: self._status(terminal))
        root = HSplit(
            [
                Window(transcript, height=Dimension(weight=1), always_hide_cursor=True),
                ConditionalContainer(
                    Window(bar, height=lambda: len(self._bar(terminal)), style="class:bar"),
                    Condition(lambda: bool(self._bar(terminal))),
                ),
                Window(status, height=1, style=lambda: _status_style(terminal)),
                entry,
            ]
        )
        return Application(
            layout=Layout(root, focused_element=entry),
            key_bindings=self._keys(terminal),
            style=STYLE,
            full_screen=True,
            refresh_interval=0.5,
        )

    @property
    def _columns(self) -> int:
        return self._app.output.get_size().columns if self._app is not None else 80

    def _height(self, terminal: Terminal) -> int:
        """How many rows the transcript has."""
        rows = self._app.output.get_size().rows if self._app is not None else 24
        return max(1, rows - FIXED_ROWS - len(self._bar(terminal)))

    def _transcript(self, terminal: Terminal) -> StyleAndTextTuples:
        """What is seen of the transcript, as far up as the person went."""
        height = self._height(terminal)
        rows, self._up = seen(terminal.lines(), self._columns, height, self._up)
        parts: StyleAndTextTuples = []
        for row in rows:
            parts += [*row, ("", "\n")]
        return parts[:-1]

    def _bar(self, terminal: Terminal) -> list[str]:
        return [steady(shown(row)) for row in terminal.bar(self._columns - 1)]

    def _status(self, terminal: Terminal) -> str:
        parts = [Part(steady(shown(part.text)), part.rank) for part in terminal.status_parts()]
        if self._up:
            parts.insert(1, Part("PageDown: on to the end", BACK))
        text = fitted(parts, self._columns - 3)
        return f" {_LAMPS.get(terminal.connection, '○')} {text}"

    def _keys(self, terminal: Terminal) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("c-c")
        @keys.add("c-d")
        def _(_event: KeyPressEvent) -> None:
            terminal.done.set()

        @keys.add("pageup")
        def _(_event: KeyPressEvent) -> None:
            self._up += max(1, self._height(terminal) - 1)

        @keys.add("pagedown")
        def _(_event: KeyPressEvent) -> None:
            self._up = max(0, self._up - max(1, self._height(terminal) - 1))

        def go(number: int) -> None:
            @keys.add("escape", str(number))
            def _(_event: KeyPressEvent) -> None:
                terminal.later(terminal.enter, f"/{number}")

        for number in range(1, 10):
            go(number)
        return keys


BACK = 5
"""The rank of the hint how to get back to the end of the transcript."""
_LAMPS = {"connected": "●", "connecting": "◌", "reconnecting": "◌"}


def _status_style(terminal: Terminal) -> str:
    return "class:status" if terminal.connection == "connected" else "class:status.away"


Fragments = list[tuple[str, str]]
"""Pieces of a row, each a style and a text."""


def fragments(line: Line) -> Fragments:
    """A line with its colours, on one row or several."""
    text = steady(line.text)
    if line.who is None and not line.mine and not line.note:
        return [("class:remark", f"· {text}")]
    who = steady(line.who or ("me" if line.mine else ""))
    style = "class:note" if line.note else "class:mine" if line.mine else "class:theirs"
    parts = [(style, f"{who}: " if who else ""), ("", text)]
    if line.tick is not Tick.NONE:
        colour = "class:waiting" if line.tick is Tick.SENDING else "class:tick"
        parts.append((colour, f"  {line.tick}"))
    return parts


def last_words(lines: list[Line]) -> list[str]:
    """What stays in the terminal of a program that ends, as it was shown."""
    return ["".join(text for _, text in fragments(line)) for line in lines[-LAST_WORDS:]]


def seen(lines: list[Line], columns: int, height: int, up: int) -> tuple[list[Fragments], int]:
    """The rows of a transcript that are on the screen.

    Args:
        lines: The transcript.
        columns: How wide the screen is.
        height: How many rows it has.
        up: How many rows above the end the person looks.

    Returns:
        The rows, and how many rows above their end there really are.
    """
    rows: list[Fragments] = []  # from the last one up
    for line in reversed(lines):
        rows += reversed(_rows(line, columns))
        if len(rows) >= height + up:
            break
    up = max(0, min(up, len(rows) - height))
    return rows[up : up + height][::-1], up


@lru_cache(maxsize=10_000)
def _rows(line: Line, columns: int) -> tuple[Fragments, ...]:
    """A line as rows of the screen."""
    return tuple(
        row for logical in _split(fragments(line)) for row in _wrapped(logical, max(2, columns))
    )


def _split(parts: Fragments) -> Iterator[Fragments]:
    """Rows as who wrote them made them."""
    row: Fragments = []
    for style, text in parts:
        first, *others = text.split("\n")
        row.append((style, first))
        for other in others:
            yield row
            row = [(style, other)]
    yield row


def _wrapped(row: Fragments, columns: int) -> Iterator[Fragments]:
    """Rows as the screen has room for them."""
    for start, end in wrapped("".join(text for _, text in row), columns):
        cut: Fragments = []
        place = 0
        for style, text in row:
            part = text[max(0, start - place) : max(0, end - place)]
            if part:
                cut.append((style, part))
            place += len(text)
        yield cut
