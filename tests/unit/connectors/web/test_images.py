"""Pictures of agents."""

import io
from pathlib import Path

from PIL import Image

from connectors.web.images import Images

SIZE = (48, 32)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


async def test_initials_are_drawn_and_nobody_is_a_head() -> None:
    images = Images(None)
    made = [
        await images.of("a", name, SIZE) for name in ("Alice Novak", "Bob", None, "Žofie", "...")
    ]
    assert {opened(data).size for data in made} == {SIZE}
    assert len(set(made)) == 5
    assert await images.of("a", "Bob", SIZE) is made[1]


async def test_a_picture_of_the_folder_is_cut_to_size(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), (255, 0, 0)).save(tmp_path / "Alice Novak.png")
    Image.new("RGB", (10, 10), (0, 0, 255)).save(tmp_path / "guid.jpg")
    images = Images(tmp_path)
    by_name = opened(await images.of(None, "Alice Novak", SIZE))
    assert (by_name.size, by_name.getpixel((5, 5))) == (SIZE, (255, 0, 0, 255))
    by_id = opened(await images.of("GUID", "Alice Novak", SIZE))
    blue = by_id.getpixel((5, 5))
    assert isinstance(blue, tuple)
    assert blue[2] > 200


async def test_a_picture_that_is_none_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "Bob.png").write_bytes(b"nonsense")
    drawn = await Images(None).of(None, "Bob", SIZE)
    assert await Images(tmp_path).of(None, "Bob", SIZE) == drawn


async def test_nobody_reads_outside_of_the_folder(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10), (255, 0, 0)).save(tmp_path / "secret.png")
    inside = tmp_path / "inside"
    inside.mkdir()
    found = await Images(inside).of(None, "../secret", SIZE)
    assert found == await Images(None).of(None, "../secret", SIZE)
