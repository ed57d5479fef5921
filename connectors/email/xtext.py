"""Text as it stands in the parameters of SMTP: `xtext` of RFC 3461."""

import re


def xtext(text: str) -> str:
    """A text as it stands in a parameter of SMTP (RFC 3461)."""
    return "".join(
        letter if "!" <= letter <= "~" and letter not in "+=" else f"+{ord(letter):02X}"
        for letter in text
        if ord(letter) < 256
    )


def unxtext(text: str) -> str:
    """The text of it."""
    return re.sub(r"\+([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)
