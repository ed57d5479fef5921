"""Pictures of agents: from a folder, or drawn."""

import colorsys
import hashlib
import io
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
from attrs import define, field

KEPT: Final = 500
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp")
FILE_BYTES: Final = 8 * 1_048_576
MOST_PIXELS: Final = 40_000_000

Size = tuple[int, int]


@define(eq=False)
class Images:
    """Pictures of agents.

    Attributes:
        folder: Where there are some, by id or by name; None: initials are drawn.
    """

    folder: Path | None
    _made: OrderedDict[tuple[str | None, str | None, Size], bytes] = field(factory=OrderedDict)

    async def of(self, agent_id: str | None, name: str | None, size: Size) -> bytes:
        """The picture of an agent, or of nobody, as PNG."""
        key = (agent_id, name, size)
        made = self._made.get(key)
        if made is None:
            made = await anyio.to_thread.run_sync(self._draw, agent_id, name, size)
            self._made[key] = made
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return made

    def _draw(self, agent_id: str | None, name: str | None, size: Size) -> bytes:
        from PIL import Image, ImageOps

        Image.MAX_IMAGE_PIXELS = MOST_PIXELS
        path = self._file(agent_id, name)
        picture: Any = None
        if path is not None:
            try:
                with Image.open(path) as found:
                    picture = ImageOps.fit(ImageOps.exif_transpose(found).convert("RGBA"), size)
            except (OSError, ValueError, Image.DecompressionBombError):
                picture = None
        if picture is None:
            picture = _initials(name, agent_id or "", size)
        data = io.BytesIO()
        picture.save(data, "PNG")
        return data.getvalue()

    def _file(self, agent_id: str | None, name: str | None) -> Path | None:
        if self.folder is None:
            return None
        known = {path.name.lower(): path for path in self.folder.iterdir() if path.is_file()}
        for stem in (agent_id, name):
            for suffix in SUFFIXES:
                path = known.get(f"{stem}{suffix}".lower()) if stem else None
                if path is not None and path.stat().st_size <= FILE_BYTES:
                    return path
        return None


def _initials(name: str | None, seed: str, size: Size) -> Any:
    """A picture with the first letters of a name, or with a head and shoulders."""
    from PIL import Image, ImageDraw, ImageFont

    digest = hashlib.blake2b((name or seed or "nobody").encode(), digest_size=2).digest()
    hue = int.from_bytes(digest, "big") / 65_536 if name else 0.6
    red, green, blue = colorsys.hls_to_rgb(hue, 0.35, 0.45 if name else 0.1)
    colour = (int(red * 255), int(green * 255), int(blue * 255))
    picture = Image.new("RGBA", size, colour)
    draw = ImageDraw.Draw(picture)
    letters = "".join(word[0] for word in (name or "").split()[:2] if word[:1].isalnum()).upper()
    wide, high = size
    if not letters or not letters.isascii():
        draw.ellipse((wide * 0.32, high * 0.18, wide * 0.68, high * 0.54), fill="white")
        draw.ellipse((wide * 0.16, high * 0.62, wide * 0.84, high * 1.4), fill="white")
        return picture
    font = ImageFont.load_default(min(size) * 0.42)
    draw.text((wide / 2, high / 2), letters, fill="white", font=font, anchor="mm")
    return picture
