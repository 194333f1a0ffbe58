"""Both session buffers keep the same promises; the disk one also survives what disks do."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from telemetry.buffer import Kept, SessionBuffer, SessionKey, SpoolFull
from telemetry.contract import MediaEvent, SessionEnd
from telemetry.inflate import deflate
from telemetry.stores.disk_spool import DiskSpool, SpoolInUse
from telemetry.stores.object_spool import ObjectSpool
from tests.telemetry.running import free_port, session_claims

pytestmark = pytest.mark.proves("TLM-03")
KEY = SessionKey("clinic-a", "s1")
CLAIMS = session_claims()
ONE, TWO, THREE = (deflate(text) for text in (b"one", b"two", b"three"))
Open = Callable[[], SessionBuffer]


@pytest.fixture(scope="module")
def object_store() -> Iterator[Any]:
    """An S3 server on loopback."""
    port = free_port()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield client
    client.close()
    server.stop()


@pytest.fixture(params=["disk", "objects"])
def open_buffer(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again and again, as restarted processes would."""
    if request.param == "disk":
        return lambda: DiskSpool(tmp_path)
    store = request.getfixturevalue("object_store")
    bucket = tmp_path.name.replace("_", "-").strip("-").lower()
    store.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    # A client of its own, because stopping a buffer closes it.
    return lambda: ObjectSpool(_Shared(store), bucket)


class _Shared:
    """A client that stays open when a buffer lets go of it."""

    def __init__(self, client: Any):
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def close(self) -> None:
        return None


def with_buffer(opened: Open, work: Callable[[SessionBuffer], Awaitable[Any]]) -> Any:
    """Start a buffer, use it, stop it."""

    async def run() -> Any:
        buffer = opened()
        await buffer.start()
        try:
            return await work(buffer)
        finally:
            await buffer.stop()

    return asyncio.run(run())


async def _fill(buffer: SessionBuffer) -> list[Kept]:
    return [
        await buffer.append(CLAIMS, 1, TWO),
        await buffer.append(CLAIMS, 0, ONE),
        await buffer.append(CLAIMS, 1, TWO),
        await buffer.append(CLAIMS, 1, THREE),
        await buffer.append_media(CLAIMS, [MediaEvent("play", 5, "film")]),
    ]


def test_first_one_wins_and_repeats_are_told_apart(open_buffer: Open) -> None:
    kept = with_buffer(open_buffer, _fill)
    assert kept == [Kept.STORED, Kept.STORED, Kept.DUPLICATE, Kept.CONFLICT, Kept.STORED]
    session = with_buffer(open_buffer, lambda buffer: buffer.read(KEY))
    assert session.batches == ((0, ONE), (1, TWO))
    assert session.media == (MediaEvent("play", 5, "film"),)


def test_everything_is_known_again_after_a_restart(open_buffer: Open) -> None:
    with_buffer(open_buffer, _fill)

    async def look(buffer: SessionBuffer) -> None:
        (state,) = buffer.sessions()
        assert state.claims == CLAIMS
        assert (state.duplicates, state.conflicts, state.media_events) == (1, 1, 1)
        assert set(state.fingerprints) == {0, 1}
        assert state.end is None
        assert await buffer.append(CLAIMS, 0, ONE) is Kept.DUPLICATE
        assert await buffer.append(CLAIMS, 2, THREE) is Kept.STORED

    with_buffer(open_buffer, look)


def test_the_end_survives_and_closes_what_lies_beyond(open_buffer: Open) -> None:
    async def ended(buffer: SessionBuffer) -> None:
        await buffer.append(CLAIMS, 0, ONE)
        assert await buffer.end(CLAIMS, SessionEnd(last_sequence=2)) is Kept.STORED

    async def look(buffer: SessionBuffer) -> None:
        (state,) = buffer.sessions()
        assert (state.whole, state.dropped) == (False, 2)
        assert await buffer.end(CLAIMS, SessionEnd()) is Kept.DUPLICATE
        assert await buffer.append(CLAIMS, 3, ONE) is Kept.CLOSED
        assert await buffer.append_media(CLAIMS, [MediaEvent("play", 5, "f")]) is Kept.CLOSED
        for sequence in (1, 2):
            assert await buffer.append(CLAIMS, sequence, TWO) is Kept.STORED
        assert (state.whole, state.dropped) == (True, 0)

    with_buffer(open_buffer, ended)
    with_buffer(open_buffer, look)


def test_a_discarded_session_stays_over(open_buffer: Open) -> None:
    async def over(buffer: SessionBuffer) -> None:
        await _fill(buffer)
        await buffer.close_session(KEY)
        assert await buffer.append(CLAIMS, 7, ONE) is Kept.CLOSED
        await buffer.discard(KEY)

    async def look(buffer: SessionBuffer) -> None:
        assert buffer.sessions() == []
        assert await buffer.append(CLAIMS, 0, ONE) is Kept.CLOSED
        assert buffer.sessions() == []

    with_buffer(open_buffer, over)
    with_buffer(open_buffer, look)


def test_a_renewed_token_lengthens_the_session(open_buffer: Open) -> None:
    later = replace(CLAIMS, expires_at=CLAIMS.expires_at + 900)

    async def renew(buffer: SessionBuffer) -> None:
        await buffer.append(CLAIMS, 0, ONE)
        await buffer.append(later, 1, TWO)
        await buffer.append(CLAIMS, 2, THREE)

    async def look(buffer: SessionBuffer) -> int:
        return buffer.sessions()[0].claims.expires_at

    with_buffer(open_buffer, renew)
    assert with_buffer(open_buffer, look) == later.expires_at


def test_clinics_with_the_same_session_id_do_not_meet(open_buffer: Open) -> None:
    other = replace(CLAIMS, organization_id="clinic-b")

    async def both(buffer: SessionBuffer) -> None:
        await buffer.append(CLAIMS, 0, ONE)
        await buffer.append(other, 0, TWO)
        assert (await buffer.read(KEY)).batches == ((0, ONE),)
        assert (await buffer.read(SessionKey("clinic-b", "s1"))).batches == ((0, TWO),)

    with_buffer(open_buffer, both)


@given(cut=st.integers(1, 2000))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_cut_anywhere_keeps_its_sound_part(tmp_path: Path, cut: int) -> None:
    root = tmp_path / str(time.monotonic_ns())
    with_buffer(lambda: DiskSpool(root), _fill)
    path = root / "open" / "clinic-a" / "s1.spool"
    whole = path.read_bytes()
    path.write_bytes(whole[: -(cut % len(whole)) or None])

    async def look(buffer: SessionBuffer) -> None:
        if not buffer.sessions():
            return
        for sequence, member in (await buffer.read(KEY)).batches:
            assert member == {0: ONE, 1: TWO, 9: THREE}[sequence]
        await buffer.append(CLAIMS, 9, THREE)
        assert dict((await buffer.read(KEY)).batches)[9] == THREE

    with_buffer(lambda: DiskSpool(root), look)
    with_buffer(lambda: DiskSpool(root), look)


def test_a_damaged_record_ends_the_sound_part(tmp_path: Path) -> None:
    with_buffer(lambda: DiskSpool(tmp_path), _fill)
    path = tmp_path / "open" / "clinic-a" / "s1.spool"
    content = bytearray(path.read_bytes())
    content[content.index(ONE) + 4] ^= 255
    path.write_bytes(content)
    session = with_buffer(lambda: DiskSpool(tmp_path), lambda buffer: buffer.read(KEY))
    assert session.batches == ((1, TWO),)


def test_a_file_without_a_beginning_is_put_aside_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "open" / "clinic-a"
    folder.mkdir(parents=True)
    (folder / "s1.spool").write_bytes(b"garbage")

    async def look(buffer: SessionBuffer) -> None:
        assert buffer.sessions() == []
        assert await buffer.append(CLAIMS, 0, ONE) is Kept.STORED

    with_buffer(lambda: DiskSpool(tmp_path), look)
    assert (folder / "s1.unreadable").read_bytes() == b"garbage"


def test_a_full_disk_refuses_the_batch_and_keeps_the_file_sound(tmp_path: Path) -> None:
    """A file size limit stands for the full disk: the same short write, the same error."""

    async def fill(buffer: SessionBuffer) -> None:
        await buffer.append(CLAIMS, 0, ONE)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = (tmp_path / "open" / "clinic-a" / "s1.spool").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
        try:
            for _ in range(3):
                with pytest.raises(SpoolFull):
                    await buffer.append(CLAIMS, 1, TWO)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert await buffer.append(CLAIMS, 1, TWO) is Kept.STORED
        assert (await buffer.read(KEY)).batches == ((0, ONE), (1, TWO))

    with_buffer(lambda: DiskSpool(tmp_path), fill)


def test_two_processes_cannot_share_a_folder(tmp_path: Path) -> None:
    async def second(buffer: SessionBuffer) -> None:
        with pytest.raises(SpoolInUse, match="another telemetry process"):
            await DiskSpool(tmp_path).start()

    with_buffer(lambda: DiskSpool(tmp_path), second)
    with_buffer(lambda: DiskSpool(tmp_path), _fill)


def test_more_sessions_than_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.stores.disk_spool.OPEN_FILES", 4)

    async def many(buffer: SessionBuffer) -> None:
        for sequence, member in ((0, ONE), (1, TWO)):
            for number in range(20):
                claims = replace(CLAIMS, session_id=f"s{number}")
                assert await buffer.append(claims, sequence, member) is Kept.STORED
        for number in range(20):
            session = await buffer.read(SessionKey("clinic-a", f"s{number}"))
            assert session.batches == ((0, ONE), (1, TWO))

    with_buffer(lambda: DiskSpool(tmp_path), many)


def test_marks_of_old_sessions_go_when_their_tokens_are_long_dead(tmp_path: Path) -> None:
    old = replace(CLAIMS, expires_at=int(time.time()) - 600)

    async def over(buffer: SessionBuffer) -> None:
        await buffer.append(old, 0, ONE)
        await buffer.discard(KEY)

    with_buffer(lambda: DiskSpool(tmp_path), over)
    with_buffer(lambda: DiskSpool(tmp_path), lambda buffer: asyncio.sleep(0))
    assert not list((tmp_path / "over").glob("*/*"))


def test_an_object_store_that_fails_refuses_and_forgets(object_store: Any) -> None:
    async def refused(buffer: SessionBuffer) -> None:
        with pytest.raises(SpoolFull):
            await buffer.append(CLAIMS, 0, ONE)
        assert all(0 not in state.fingerprints for state in buffer.sessions())

    async def run() -> None:
        buffer = ObjectSpool(_Shared(object_store), "no-such-bucket")
        await refused(buffer)

    asyncio.run(run())
