"""Uploads: content decides, size is bounded while reading, images are written anew."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.kernel.storage import UploadPolicy, inspect_upload
from app.kernel.storage.errors import (
    ImageTooLarge,
    UploadDamaged,
    UploadEmpty,
    UploadKindRefused,
    UploadRefused,
    UploadTooLarge,
)
from app.lib.files import FileKind

pytestmark = pytest.mark.proves("KRN-07", "FRM-07", "SEC-01")

POLICY = UploadPolicy(max_bytes=200_000, max_pixels=250_000)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n9\n%%EOF\n"


def _image(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(out, kind, **options)
    return out.getvalue()


def _inspect(content: bytes, name: str = "x.png", policy: UploadPolicy = POLICY) -> Any:
    return inspect_upload(io.BytesIO(content), name, policy)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "format_", "mode"),
    [
        (FileKind.PNG, "PNG", "RGB"),
        (FileKind.PNG, "PNG", "RGBA"),
        (FileKind.PNG, "PNG", "P"),
        (FileKind.PNG, "PNG", "L"),
        (FileKind.PNG, "PNG", "1"),
        (FileKind.JPEG, "JPEG", "RGB"),
        (FileKind.JPEG, "JPEG", "L"),
        (FileKind.JPEG, "JPEG", "CMYK"),
        (FileKind.WEBP, "WEBP", "RGB"),
        (FileKind.WEBP, "WEBP", "RGBA"),
    ],
)
def test_pictures_come_through(kind: FileKind, format_: str, mode: str) -> None:
    accepted = _inspect(_image(format_, mode=mode), "poză.dat")
    assert accepted.kind is kind
    assert accepted.mime == kind.value
    assert accepted.filename == f"poză{kind.extension}"
    with Image.open(io.BytesIO(accepted.content)) as written:
        assert (written.size, written.format) == ((40, 30), format_)


def test_a_pdf_comes_through_unchanged() -> None:
    accepted = _inspect(PDF, "scan.pdf")
    assert (accepted.kind, accepted.content, accepted.size) == (FileKind.PDF, PDF, len(PDF))
    assert accepted.filename == "scan.pdf"


def test_place_and_device_are_removed_and_the_picture_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    sent = _image("JPEG", exif=exif, comment=b"secret comment", icc_profile=b"secret profile")
    assert b"SecretCamera" in sent
    accepted = _inspect(sent)
    for secret in (b"SecretCamera", b"secret comment", b"secret profile", b"Exif"):
        assert secret not in accepted.content
    with Image.open(io.BytesIO(accepted.content)) as written:
        assert written.size == (30, 40)


def test_text_chunks_are_removed() -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", "<script>alert(1)</script>")
    assert b"<script>" not in _inspect(_image("PNG", pnginfo=chunks)).content


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_hidden_behind_a_picture_is_gone(kind: str) -> None:
    polyglot = _image(kind) + _zip() + b"<script>alert(1)</script>"
    content = _inspect(polyglot).content
    assert b"run.js" not in content
    assert b"<script>" not in content
    assert not zipfile.is_zipfile(io.BytesIO(content))


def test_an_archive_behind_a_pdf_is_refused() -> None:
    with pytest.raises(UploadKindRefused):
        _inspect(PDF[:-6] + _zip() + PDF[-60:])
    with pytest.raises(UploadKindRefused):
        _inspect(PDF + _zip())


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + bytes(500),
        b"\x7fELF" + bytes(500),
        b"#!/bin/sh\nrm -rf /\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + bytes(50),
        _zip(),
    ],
)
def test_what_only_is_called_a_picture_is_refused(content: bytes) -> None:
    with pytest.raises(UploadKindRefused) as refused:
        _inspect(content, "holiday.png")
    (error,) = refused.value.errors
    assert (error.field, error.code) == ("file", "upload_kind")


def test_a_field_may_allow_less() -> None:
    only_images = UploadPolicy(kinds=frozenset({FileKind.PNG}), field="logo")
    with pytest.raises(UploadKindRefused) as refused:
        _inspect(PDF, policy=only_images)
    assert refused.value.errors[0].field == "logo"
    assert refused.value.errors[0].params["allowed"] == ["image/png"]


def test_a_hundred_megabytes_are_not_read() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0, "read without a bound"
            self.given += size
            return (PDF + bytes(size))[:size] if self.given == size else bytes(size)

    stream = Endless()
    with pytest.raises(UploadTooLarge) as refused:
        inspect_upload(stream, "big.pdf", POLICY)  # type: ignore[arg-type] # a raw stream suffices
    assert stream.given < POLICY.max_bytes + 2 * 65536
    assert refused.value.errors[0].params == {"limit": POLICY.max_bytes}


def test_the_limit_itself_is_allowed() -> None:
    exact = PDF[:-6] + b" " * (POLICY.max_bytes - len(PDF)) + PDF[-6:]
    assert _inspect(exact).size == POLICY.max_bytes
    with pytest.raises(UploadTooLarge):
        _inspect(exact + b"\n")


def test_a_small_file_with_huge_pixels_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (5000, 5000)).save(out, "PNG")
    bomb = out.getvalue()
    assert len(bomb) < POLICY.max_bytes
    with pytest.raises(ImageTooLarge):
        _inspect(bomb)


def test_an_absurd_header_is_refused_before_any_pixel() -> None:
    png = bytearray(_image("PNG"))
    png[16:24] = (2**31 - 1).to_bytes(4) * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4)
    with pytest.raises(UploadRefused):
        _inspect(bytes(png))


def test_empty_and_cut_files_are_named() -> None:
    with pytest.raises(UploadEmpty):
        _inspect(b"")
    for content in (_image("PNG")[:-40], _image("JPEG")[:200], _image("WEBP")[:60], PDF[:20]):
        with pytest.raises(UploadDamaged):
            _inspect(content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.data())
def test_any_damage_is_a_picture_or_a_named_refusal(kind: str, data: st.DataObject) -> None:
    content = bytearray(_image(kind))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        accepted = _inspect(bytes(content))
    except UploadRefused:
        return
    with Image.open(io.BytesIO(accepted.content)) as written:
        written.load()


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP"]),
    st.binary(max_size=300),
    st.text(max_size=50),
)
def test_any_bytes_are_refused_by_name(start: bytes, rest: bytes, name: str) -> None:
    with pytest.raises(UploadRefused):
        _inspect(start + rest, name)
