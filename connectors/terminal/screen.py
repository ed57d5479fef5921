"""The full screen: transcript, offers, status line, input."""

import anyio
from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import TextArea

from connectors.terminal.conversation import Conversation, Line, Tick
from connectors.terminal.program import Terminal
from protocol.display import shown

PAGE = 10
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
            for line in terminal.lines()[-3:]:
                print(line.text)

    def show(self, talk: Conversation | None, line: Line) -> None:
        """The screen draws what the terminal has; there is nothing to print."""

    def delivered(self, talk: Conversation, counter: int) -> None:
        """The ticks are drawn with the transcript."""

    def ring(self) -> None:
        """Ring the bell."""
        if self._app is not None and self._app.is_running:
            self._app.output.bell()

    def refresh(self) -> None:
        """Draw anew, in its turn."""
        if self._app is not None:
            self._app.invalidate()

    def _application(self, terminal: Terminal) -> Application[None]:
        entry = TextArea(height=1, prompt="> ", multiline=False, wrap_lines=False)

        def accept(_buffer: object) -> bool:
            self._up = 0
            terminal.later(terminal.enter, entry.text)
            return False

        entry.accept_handler = accept
        entry.buffer.on_text_changed += lambda buffer: terminal.typed(buffer.text)
        transcript = FormattedTextControl(
            lambda: _drawn(terminal.lines()), get_cursor_position=lambda: self._last(terminal)
        )
        bar = FormattedTextControl(lambda: f" {shown(terminal.bar())}")
        status = FormattedTextControl(
            lambda: f" {_LAMPS.get(terminal.connection, '○')} {shown(terminal.status_line())}"
        )
        root = HSplit(
            [
                Window(
                    transcript, wrap_lines=True, height=Dimension(weight=1), always_hide_cursor=True
                ),
                ConditionalContainer(
                    Window(bar, height=1, style="class:bar"),
                    Condition(lambda: bool(terminal.bar())),
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

    def _last(self, terminal: Terminal) -> Point:
        """Where the transcript is scrolled to: its end, or as far up as the person went."""
        last = sum(1 + line.text.count("\n") for line in terminal.lines()) - 1
        self._up = max(0, min(self._up, last))
        return Point(0, max(0, last - self._up))

    def _keys(self, terminal: Terminal) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("c-c")
        @keys.add("c-d")
        def _(_event: KeyPressEvent) -> None:
            terminal.done.set()

        @keys.add("pageup")
        def _(_event: KeyPressEvent) -> None:
            self._up += PAGE

        @keys.add("pagedown")
        def _(_event: KeyPressEvent) -> None:
            self._up = max(0, self._up - PAGE)

        def go(number: int) -> None:
            @keys.add("escape", str(number))
            def _(_event: KeyPressEvent) -> None:
                terminal.later(terminal.enter, f"/{number}")

        for number in range(1, 10):
            go(number)
        return keys


_LAMPS = {"connected": "●", "connecting": "◌", "reconnecting": "◌"}


def _status_style(terminal: Terminal) -> str:
    return "class:status" if terminal.connection == "connected" else "class:status.away"


def _drawn(lines: list[Line]) -> StyleAndTextTuples:
    """The transcript with its colours."""
    parts: StyleAndTextTuples = []
    for place, line in enumerate(lines):
        if place:
            parts.append(("", "\n"))
        if line.who is None and not line.mine and not line.note:
            parts.append(("class:remark", f"· {line.text}"))
            continue
        who = line.who or ("me" if line.mine else "")
        style = "class:note" if line.note else "class:mine" if line.mine else "class:theirs"
        parts += [(style, f"{who}: " if who else ""), ("", line.text)]
        if line.tick is not Tick.NONE:
            colour = "class:waiting" if line.tick is Tick.SENDING else "class:tick"
            parts.append((colour, f"  {line.tick}"))
    return parts
