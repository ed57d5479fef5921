"""B-41: what is looked for when there is no text in the wanted culture."""

import pytest

from broker.core.cultures import fallbacks


@pytest.mark.parametrize(
    ("culture", "looked_for"),
    [
        ("en", ["en"]),
        ("en-GB", ["en-gb", "en"]),
        ("zh_Hant_TW", ["zh-hant-tw", "zh-hant", "zh"]),
        ("de-x-phonebk", ["de-x-phonebk", "de"]),
        ("x-klingon", ["x-klingon", "x"]),
        ("", [""]),
    ],
)
def test_the_wider_ones_come_after_it(culture: str, looked_for: list[str]) -> None:
    assert fallbacks(culture) == looked_for
