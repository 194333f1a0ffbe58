"""One contract, run by the disk store and by S3 over HTTP."""

from __future__ import annotations

import io
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.kernel.storage import BlobStore, ClinicStorage, new_key, open_storage
from app.kernel.storage.disk import DiskStore
from app.kernel.storage.errors import BadKey, BlobMissing, StorageUnavailable, WrongClinic
from app.kernel.tokens import TokenExpired, TokenForged, TokenSigner
from tests.support.clock import FrozenClock
from tests.support.s3_server import BUCKET, s3_endpoint

pytestmark = pytest.mark.proves("KRN-07", "KRN-09")

CLINIC = uuid.UUID(int=1)
OTHER = uuid.UUID(int=2)
SECRET = "s" * 32


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment, s3_endpoint(environment) as address:
        yield address


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    if request.param == "s3":
        address = request.getfixturevalue("endpoint")
        yield open_storage(f"s3://{BUCKET}?endpoint={address}", TokenSigner(SECRET), "")
        return
    with _blob_route(tmp_path) as disk:
        yield disk


@contextmanager
def _blob_route(root: Path) -> Iterator[BlobStore]:
    """The disk store behind a bare web server, which does what the product's route does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _BlobHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    base_url = f"http://127.0.0.1:{server.server_port}"
    _BlobHandler.store = DiskStore(root, TokenSigner(SECRET), base_url)
    yield _BlobHandler.store
    server.shutdown()
    server.server_close()
    thread.join()


class _BlobHandler(BaseHTTPRequestHandler):
    store: DiskStore

    def do_GET(self) -> None:
        grant = self.store.verify(self.path.removeprefix("/blobs/"))
        self.send_response(200)
        self.send_header("Content-Type", grant.mime)
        self.send_header("Content-Disposition", grant.content_disposition)
        self.end_headers()
        self.wfile.write(self.store.get(grant.key))

    def log_message(self, *args: Any) -> None:
        """Silent."""


def _key(extension: str = ".pdf", clinic: uuid.UUID = CLINIC, surface: str = "documents") -> str:
    return new_key(clinic, surface, extension)


def _fetch(url: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", bytes(range(256)) * 9000])
def test_what_is_put_comes_back(store: BlobStore, content: bytes) -> None:
    bytes_key, stream_key = _key(), _key()
    assert store.put(bytes_key, content) == len(content)
    assert store.put(stream_key, io.BytesIO(content)) == len(content)
    for key in (bytes_key, stream_key):
        assert store.get(key) == content
        with store.open(key) as stream:
            assert stream.read(7) == content[:7]


def test_a_large_stream_goes_through_in_parts(store: BlobStore) -> None:
    key, size = _key(".mp4"), 9 * 1024 * 1024
    assert store.put(key, io.BytesIO(b"v" * size)) == size
    assert len(store.get(key)) == size


def test_putting_again_replaces(store: BlobStore) -> None:
    key = _key()
    store.put(key, b"old and longer")
    store.put(key, b"new")
    assert store.get(key) == b"new"


def test_a_missing_blob_is_named(store: BlobStore) -> None:
    key = _key()
    assert not store.exists(key)
    for call in (store.get, store.open):
        with pytest.raises(BlobMissing):
            call(key)


def test_deleting_twice_is_fine(store: BlobStore) -> None:
    key = _key()
    store.put(key, b"x")
    assert store.exists(key)
    store.delete(key)
    store.delete(key)
    assert not store.exists(key)


def test_listing_stays_within_the_folder(store: BlobStore) -> None:
    mine = uuid.uuid4()
    documents = sorted(_key(clinic=mine) for _ in range(3))
    signature = _key(".png", mine, "signatures")
    for key in [*documents, signature, _key(clinic=OTHER)]:
        store.put(key, b"x")
    assert list(store.list(f"{mine}/documents/")) == documents
    assert list(store.list(f"{mine}/")) == sorted([*documents, signature])
    assert list(store.list(f"{uuid.uuid4()}/")) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a",
        "/etc/passwd",
        "../x",
        "a/../../etc/passwd",
        "a//b",
        "a/./b",
        "a/b/",
        "a/.hidden",
        "a/~waiting",
        "a/b\x00c",
        "a/b\nc",
        "a\\b/c",
        "a/ș",
        "a/" + "b" * 600,
    ],
)
def test_no_key_leads_out(store: BlobStore, key: str) -> None:
    calls: list[Callable[[str], object]] = [
        store.get,
        store.open,
        store.exists,
        store.delete,
        store.signed_url,
        lambda k: store.put(k, b"x"),
    ]
    for call in calls:
        with pytest.raises(BadKey):
            call(key)


@pytest.mark.parametrize("prefix", ["", "/", "a", "../", "a/../", "~waiting/"])
def test_no_listing_leads_out(store: BlobStore, prefix: str) -> None:
    with pytest.raises(BadKey):
        list(store.list(prefix))


def test_a_link_serves_the_blob_over_http(store: BlobStore) -> None:
    key = _key(".pdf")
    store.put(key, b"%PDF-1.7 x")
    url = store.signed_url(key, filename="analiză.pdf", disposition="inline")
    body, headers = _fetch(url)
    assert body == b"%PDF-1.7 x"
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith('inline; filename="analiza.pdf"')


def test_a_link_to_what_a_browser_could_run_is_a_download(store: BlobStore) -> None:
    key = _key(".xml")
    store.put(key, b"<html xmlns='http://www.w3.org/1999/xhtml'/>")
    _, headers = _fetch(store.signed_url(key, disposition="inline"))
    assert headers["content-disposition"].startswith("attachment")


class TestClinicGuard:
    """KRN-01 for blobs: another clinic's key does not exist, whatever is asked."""

    pytestmark = pytest.mark.proves("KRN-01", "KRN-07")

    def test_every_call_is_guarded(self, store: BlobStore) -> None:
        foreign = _key(clinic=OTHER)
        store.put(foreign, b"theirs")
        mine = ClinicStorage(store, CLINIC)
        calls: list[Callable[[str], object]] = [
            mine.get,
            mine.open,
            mine.exists,
            mine.delete,
            mine.signed_url,
            lambda k: mine.put(k, b"x"),
        ]
        for call in calls:
            with pytest.raises(WrongClinic):
                call(foreign)
        assert store.get(foreign) == b"theirs"

    def test_the_guard_wraps_every_method_of_the_port(self) -> None:
        port = {name for name in vars(BlobStore) if not name.startswith("_")}
        assert port <= set(vars(ClinicStorage))

    def test_own_blobs_work(self, store: BlobStore) -> None:
        mine = ClinicStorage(store, uuid.uuid4())
        key, size = mine.add("signatures", ".png", b"png", owner="form-7")
        assert size == 3
        assert mine.get(key) == b"png"
        assert list(mine.list("signatures/")) == [key]
        assert list(mine.list()) == [key]
        mine.delete(key)
        assert list(mine.list()) == []


class TestDisk:
    """What only files can do wrong."""

    def test_links_expire_and_cannot_be_forged(self, tmp_path: Path) -> None:
        clock = FrozenClock()
        disk = DiskStore(tmp_path, TokenSigner(SECRET, clock), "https://clinic.example")
        key = _key()
        url = disk.signed_url(key, timedelta(minutes=15))
        token = url.removeprefix("https://clinic.example/blobs/")
        clock.advance(minutes=14, seconds=59)
        assert disk.verify(token).key == key
        clock.advance(seconds=1)
        with pytest.raises(TokenExpired):
            disk.verify(token)
        theirs = TokenSigner("x" * 32, clock).sign("blob", {"key": key}, timedelta(hours=1))
        with pytest.raises(TokenForged):
            disk.verify(theirs)

    def test_a_broken_write_leaves_neither_file_nor_remains(self, tmp_path: Path) -> None:
        class Breaking(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if self.tell() > 0:
                    raise RuntimeError("cut")
                return super().read(3)

        disk = DiskStore(tmp_path, TokenSigner(SECRET), "")
        key = _key()
        disk.put(key, b"before")
        with pytest.raises(RuntimeError):
            disk.put(key, Breaking(b"abcdef"))
        assert disk.get(key) == b"before"
        assert list((tmp_path / "~waiting").iterdir()) == []

    def test_a_full_disk_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        disk = DiskStore(tmp_path, TokenSigner(SECRET), "")
        monkeypatch.setattr("os.fsync", full)
        key = _key()
        with pytest.raises(StorageUnavailable) as refused:
            disk.put(key, b"x")
        assert refused.value.params["cause"] == "No space left on device"
        monkeypatch.undo()
        assert not disk.exists(key)
        assert list((tmp_path / "~waiting").iterdir()) == []

    def test_a_blob_lies_under_its_key_and_is_not_executable(self, tmp_path: Path) -> None:
        disk = DiskStore(tmp_path, TokenSigner(SECRET), "")
        key = _key()
        disk.put(key, b"x")
        assert (tmp_path / key).stat().st_mode & 0o777 == 0o600


class TestS3:
    """What only a server can do wrong."""

    def test_a_link_states_its_time_and_serves_nothing_that_is_not_there(
        self, endpoint: str
    ) -> None:
        store = open_storage(f"s3://{BUCKET}?endpoint={endpoint}", TokenSigner(SECRET), "")
        url = store.signed_url(_key(), timedelta(minutes=15))
        assert "X-Amz-Expires=900" in url
        assert "X-Amz-Signature=" in url
        with pytest.raises(urllib.error.HTTPError):
            _fetch(url)

    def test_a_dead_server_is_named(self, endpoint: str) -> None:
        store = open_storage(f"s3://{BUCKET}?endpoint=http://127.0.0.1:9", TokenSigner(SECRET), "")
        with pytest.raises(StorageUnavailable):
            store.exists(_key())

    def test_a_missing_bucket_is_not_a_missing_blob(self, endpoint: str) -> None:
        store = open_storage(f"s3://absent?endpoint={endpoint}", TokenSigner(SECRET), "")
        with pytest.raises(StorageUnavailable):
            store.put(_key(), b"x")


def test_the_setting_names_the_disk(tmp_path: Path) -> None:
    store = open_storage(f"disk:{tmp_path}/new/blobs", TokenSigner(SECRET), "http://x")
    assert isinstance(store, DiskStore)
    assert (tmp_path / "new" / "blobs").is_dir()


@pytest.mark.parametrize("setting", ["", "ftp://x", "s3://", "/var/blobs"])
def test_other_settings_are_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="STORAGE"):
        open_storage(setting, TokenSigner(SECRET), "")
