"""Telemetry against its floors, in one run: `python -m tests.bench.bench_telemetry`.

Ingest: batches a second over HTTP at 16 connections, the real process (token, consent flag in
Redis, checks, spool) against a bare ASGI callable that only inflates and checks finiteness. Server
and client run in two processes; on two cores they share the machine with Redis.

Session end: ten minutes at 30 frames a second, decode and all figures, against numpy that decodes
and computes eight joint angles, smoothing and peaks without any care.
"""

import argparse
import asyncio
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import redis
import uvicorn

from telemetry.aggregate.finalise import pose_figures
from telemetry.client import batches_of
from telemetry.codec import MAX_INFLATED, decode_batch, encode_batch
from telemetry.compose import telemetry_app
from telemetry.contract import (
    CONTENT_TYPE_FRAMES,
    FRAMES_PATH,
    VERSION_FLOAT32,
    VERSION_INT16,
    Tracking,
    consent_key,
)
from telemetry.inflate import deflate, inflate
from telemetry.replay import display_replay, full_replay
from telemetry.session_frames import session_frames
from telemetry.settings import Settings
from tests.telemetry.running import environment, free_port, session_claims, token_of
from tests.telemetry.stick_figure import as_file, squats

CONNECTIONS = 16
SECONDS = 3.0
ROUNDS = 3


async def floor_app(scope: Any, receive: Any, send: Any) -> None:
    """What any server must do: read, inflate, look at the numbers, answer."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    raw = zlib.decompressobj(31).decompress(body, MAX_INFLATED)
    values = np.frombuffer(raw, dtype="<f4", offset=16 + 4 * 30)
    good = bool(np.isfinite(values).all())
    status = 202 if good else 422
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


def _serve_floor(port: int) -> None:
    uvicorn.run(
        floor_app,
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="error",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
    )


def _serve_real(port: int, folder: str, redis_url: str) -> None:
    settings = Settings.from_env(environment(Path(folder), redis_url, "http://127.0.0.1:9", port))
    uvicorn.run(
        telemetry_app(settings),
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
        proxy_headers=False,
    )


async def _load(port: int, requests: list[bytes]) -> tuple[float, int]:
    """Batches a second with one keep-alive connection for each session; and refusals."""
    end = time.perf_counter() + SECONDS
    counts = await asyncio.gather(*(_connection(port, one, end) for one in requests))
    return sum(good for good, _ in counts) / SECONDS, sum(bad for _, bad in counts)


async def _connection(port: int, request: bytes, end: float) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    good = bad = 0
    while time.perf_counter() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        good, bad = (good + 1, bad) if b" 202 " in head[:20] else (good, bad + 1)
    writer.close()
    return good, bad


def _request(body: bytes, token: str) -> bytes:
    head = (
        f"POST {FRAMES_PATH} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {CONTENT_TYPE_FRAMES}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def ingest(redis_url: str) -> None:
    """Print batches a second and their ratio."""
    batch = list(batches_of(as_file(squats(3, world=False, jitter=0.002))))[1]
    body = deflate(encode_batch(batch))
    flags = redis.Redis.from_url(redis_url)
    claims = [session_claims(f"bench-{n}") for n in range(CONNECTIONS)]
    for one in claims:
        flags.set(consent_key(one.organization_id, one.session_id), "pose", ex=600)
    requests = [_request(body, token_of(one)) for one in claims]
    with tempfile.TemporaryDirectory() as folder:
        ports = {"floor": free_port(), "real": free_port()}
        servers = [
            multiprocessing.Process(target=_serve_floor, args=(ports["floor"],)),
            multiprocessing.Process(target=_serve_real, args=(ports["real"], folder, redis_url)),
        ]
        for server in servers:
            server.start()
        time.sleep(2.5)
        try:
            _compare_ingest(ports, requests, [psutil.Process(server.pid) for server in servers])
        finally:
            for server in servers:
                server.terminate()
                server.join()


def _compare_ingest(
    ports: dict[str, int], requests: list[bytes], processes: list[psutil.Process]
) -> None:
    """Throughput, and the server's own CPU for each batch, which a busy machine disturbs less."""
    rates: dict[str, list[float]] = {name: [] for name in ports}
    costs: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(ROUNDS):
        for (name, port), process in zip(ports.items(), processes, strict=True):
            before = sum(process.cpu_times()[:2])
            rate, bad = asyncio.run(_load(port, requests))
            used = sum(process.cpu_times()[:2]) - before
            rates[name].append(rate)
            costs[name].append(used * 1e6 / (rate * SECONDS))
            if bad:
                _say(f"  {name}: {bad} refused")
    floor, real = (statistics.median(rates[name]) for name in ("floor", "real"))
    low, high = (statistics.median(costs[name]) for name in ("floor", "real"))
    _say(
        f"ingest, {CONNECTIONS} connections: {real:,.0f} batches/s, {high:.0f} us CPU a batch; "
        f"floor {floor:,.0f} batches/s, {low:.0f} us; ratio {real / floor:.2f} by rate, "
        f"{low / high:.2f} by CPU"
    )


def _numpy_floor(members: list[bytes]) -> float:
    """Decode, eight angles, smooth, count local maxima: no gating, no sides, no checks."""
    image = np.concatenate(
        [
            np.frombuffer(zlib.decompress(one, 31), dtype="<f4", offset=16 + 4 * frames)[
                : frames * 132
            ].reshape(-1, 33, 4)
            for one in members
            for frames in (
                int.from_bytes(zlib.decompressobj(31).decompress(one, 8)[6:8], "little"),
            )
        ]
    )
    total = 0.0
    for a, b, c in (
        (23, 25, 27),
        (24, 26, 28),
        (11, 13, 15),
        (12, 14, 16),
        (11, 23, 25),
        (12, 24, 26),
        (23, 11, 13),
        (24, 12, 14),
    ):
        one, two = image[:, a, :2] - image[:, b, :2], image[:, c, :2] - image[:, b, :2]
        norm = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
        angle = np.degrees(np.arccos(np.clip((one * two).sum(axis=1) / norm, -1, 1)))
        smooth = np.convolve(angle, np.ones(9) / 9, mode="same")
        total += float(((smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] > smooth[2:])).sum())
    return total


def _milliseconds(work: Callable[[], Any]) -> float:
    work()
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def session_end() -> None:
    """Print milliseconds of CPU for a ten-minute session and their ratio."""
    for world in (False, True):
        file = as_file(squats(199, world=world, jitter=0.002))
        members = [(b.sequence, deflate(encode_batch(b))) for b in batches_of(file)]
        _compare_session_end("image + world" if world else "image", members)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"peak memory of this benchmark: {peak:.0f} MB")


def _compare_session_end(kind: str, members: list[tuple[int, bytes]]) -> None:
    frames = session_frames(members)
    tracking = Tracking("squat")
    real = _milliseconds(lambda: pose_figures(session_frames(members).recording, tracking))
    floor = _milliseconds(lambda: _numpy_floor([member for _, member in members]))
    joined = _milliseconds(lambda: full_replay(members))
    drawn = _milliseconds(lambda: display_replay(frames.recording, mirrored=False))
    figures = pose_figures(frames.recording, tracking)
    _say(
        f"session end, 10 min, {frames.recording.frames:,} frames, {kind}: {real:.0f} ms CPU; "
        f"numpy floor {floor:.0f} ms; ratio {real / floor:.2f}; joining the replay {joined:.1f} ms; "
        f"display replay {drawn:.0f} ms; {figures.reps} repetitions"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wire() -> None:
    """Print bytes and decode time of both codecs."""
    batch = list(batches_of(as_file(squats(3, jitter=0.002))))[1]
    plain, compact = (deflate(encode_batch(batch, v)) for v in (VERSION_FLOAT32, VERSION_INT16))
    for name, body in (("float32", plain), ("int16", compact)):
        cost = _milliseconds(partial(_decode_many, body))
        _say(
            f"batch of {batch.frames} frames, {name}: {len(body):,} bytes; decode and checks {cost * 5:.0f} us"
        )
    _say(f"int16 / float32 bytes: {len(compact) / len(plain):.2f}")


def _decode_many(body: bytes) -> None:
    for _ in range(200):
        decode_batch(inflate(body, MAX_INFLATED))


def main() -> None:
    """Everything, or ingest left out where no Redis is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis-url", help="without it, ingest is left out")
    options = parser.parse_args()
    wire()
    session_end()
    if options.redis_url:
        ingest(options.redis_url)
    else:
        _say("ingest: left out, no --redis-url")


if __name__ == "__main__":
    main()
