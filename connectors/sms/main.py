"""`parley sms FILE`: the program of the SMS channel."""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Final

_NEEDED: Final = ("httpx2", "smpplib", "starlette", "uvicorn")


def sms_main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command.

    Returns:
        Its exit status, as `channel_main` says.
    """
    lacking = [name for name in _NEEDED if find_spec(name) is None]
    if lacking:
        print(f"parley sms needs {', '.join(lacking)}: install parley[sms]", file=sys.stderr)
        return 1
    from connectors.channels import channel_main
    from connectors.sms.channel import Sms
    from connectors.sms.settings import SmsSettings

    return channel_main("sms", SmsSettings, Sms, argv, environ)
