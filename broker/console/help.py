"""How the help of a command is laid out."""

from __future__ import annotations

import argparse


class HelpLayout(argparse.HelpFormatter):
    """A description flows into the width of the terminal; examples keep the lines that they have."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text.strip():
            return "".join(f"{indent}{line}" for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)


class DefaultsHelp(argparse.ArgumentDefaultsHelpFormatter):
    """Help with the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False, []) or action.required:
            return action.help
        return super()._get_help_string(action)
