"""Texts in the alphabet of the network: one letter outside it halves the room of the entire text.

3GPP TS 23.038, 6.2.1: the GSM 7-bit default alphabet and its extension table. A text of up to 160 septets is one
message; longer ones travel in parts of 153. With `ă` or `ș` inside it would be 70 and 67, so these are written plain.
"""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")
SINGLE, PART = 160, 153
_PLAIN = str.maketrans(
    {
        "„": '"',
        "”": '"',
        "“": '"',
        "«": '"',
        "»": '"',
        "’": "'",
        "‘": "'",
        "–": "-",
        "—": "-",
        "‑": "-",
        "…": "...",
        "•": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\t": " ",
    }
)


def plain(text: str) -> str:
    """The text in the GSM alphabet: diacritics outside it are dropped, what has no letter there becomes `?`."""
    return "".join(_plain_letter(letter) for letter in text.translate(_PLAIN))


def _plain_letter(letter: str) -> str:
    if letter in BASIC or letter in EXTENDED:
        return letter
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)
    )
    return "".join(part if part in BASIC or part in EXTENDED else "?" for part in bare)


def septets(text: str) -> int:
    """The length on the air: letters of the extension table count twice."""
    return sum(2 if letter in EXTENDED else 1 for letter in text)


def parts(text: str) -> int:
    """How many messages the text costs."""
    length = septets(text)
    return 1 if length <= SINGLE else -(-length // PART)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where one ends in reach; for names inside a text."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) >= limit // 2 else cut).rstrip() + "."
