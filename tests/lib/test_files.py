"""Files are known by content; their names cannot harm whoever saves them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.files import FileKind, content_disposition, safe_filename, sniff, with_extension

pytestmark = pytest.mark.proves("KRN-07", "SEC-01")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", FileKind.PDF),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", FileKind.PNG),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", FileKind.JPEG),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", FileKind.WEBP),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"MZ\x90\x00", None),
        (b"\x7fELF", None),
        (b"#!/bin/sh", None),
        (b"<svg xmlns=", None),
        (b"<?xml version", None),
        (b" %PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_content_decides(head: bytes, kind: FileKind | None) -> None:
    assert sniff(head) is kind


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\scan.pdf", "scan.pdf"),
        ("rezultat analiză.pdf", "rezultat analiză.pdf"),
        ('a"b<c>.png', "a_b_c_.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("con.pdf", "_con.pdf"),
        ("...", "file"),
        ("", "file"),
        (".pdf", "pdf"),
        ("x\r\nSet-Cookie: a=b", "x Set-Cookie_ a=b"),
    ],
)
def test_odd_names(given_name: str, safe: str) -> None:
    assert safe_filename(given_name) == safe


@given(st.text(max_size=400))
def test_any_name_becomes_harmless(name: str) -> None:
    safe = safe_filename(name)
    assert 1 <= len(safe) <= 120
    assert not set(safe) & set('/\\:*?"<>|\r\n\0')
    assert safe not in (".", "..")
    header = content_disposition("attachment", name)
    assert header.isascii()
    assert "\n" not in header
    assert header.count('"') == 2


def test_the_extension_tells_the_content() -> None:
    assert with_extension("virus.exe", FileKind.PNG) == "virus.png"
    assert with_extension("scan.JPEG", FileKind.JPEG) == "scan.JPEG"
    assert with_extension("scan", FileKind.PDF) == "scan.pdf"


def test_download_header_has_both_names() -> None:
    header = content_disposition("inline", "analiză.pdf")
    assert header == "inline; filename=\"analiza.pdf\"; filename*=UTF-8''analiz%C4%83.pdf"
    with pytest.raises(ValueError):
        content_disposition("evil", "a.pdf")
