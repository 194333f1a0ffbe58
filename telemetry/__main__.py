"""`python -m telemetry`: serve, aggregate, extract, measure, stream."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from telemetry.aggregate.exercises import EXERCISES
from telemetry.aggregate.finalise import pose_figures
from telemetry.aggregate.recording import recording_from_frames
from telemetry.client import StreamRefused, TelemetryClient, stream
from telemetry.contract import (
    SIDES,
    VERSION_FLOAT32,
    VERSION_INT16,
    ContractError,
    PoseFigures,
    Tracking,
)
from telemetry.offline import measure, read_lines
from telemetry.recording_file import BadRecording, load_recording
from telemetry.stores.blob_stores import blob_store


class Stop(Exception):
    """Ends the command with one line."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it went well, 2 with one line on stderr when it did not."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except Stop as stop:
        print(f"telemetry: {stop}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m telemetry", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the telemetry process")
    serve.set_defaults(run=_serve)
    aggregate = commands.add_parser("aggregate", help="figures of a recording, as JSON")
    aggregate.add_argument("file", type=Path)
    aggregate.add_argument("--exercise", required=True, choices=sorted(EXERCISES), metavar="NAME")
    aggregate.add_argument("--side", choices=SIDES)
    _add_size(aggregate)
    aggregate.set_defaults(run=_aggregate)
    extract = commands.add_parser("extract", help="landmarks of a video clip")
    extract.add_argument("clip", type=Path)
    extract.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz")
    extract.set_defaults(run=_extract)
    measure = commands.add_parser(
        "measure", help="recordings through the finaliser, without a browser"
    )
    measure.add_argument("sessions", type=Path, help="JSON lines: claims, file, seconds")
    measure.add_argument(
        "--storage", required=True, help="where replays go: disk:/folder or s3://bucket"
    )
    measure.set_defaults(run=_measure)
    _add_stream(commands.add_parser("stream", help="send a recording as a browser would"))
    return parser


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=_pixels, help="of the picture, pixels")
    parser.add_argument("--height", type=_pixels, help="of the picture, pixels")


def _pixels(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be from 1 to 65535")
    return value


def _add_stream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--url", required=True, help="of the telemetry process")
    parser.add_argument("--token", required=True, help="session token")
    parser.add_argument("--pace", type=float, default=0.0, help="1 = real time, 0 = at once")
    parser.add_argument("--compact", action="store_true", help="int16 batches")
    _add_size(parser)
    parser.set_defaults(run=_stream)


def _measure(options: argparse.Namespace) -> None:
    """One result a line, in the shape of the write-back."""
    try:
        blobs = blob_store(options.storage)
        for offline in read_lines(options.sessions.read_text(encoding="utf-8")):
            print(measure(offline, blobs).body.decode())
    except (ContractError, BadRecording, OSError) as problem:
        raise Stop(str(problem)) from problem


def _serve(_: argparse.Namespace) -> None:
    # Imported here for start-up cost: the other commands need neither uvicorn nor redis.
    from telemetry.compose import serve  # noqa: PLC0415
    from telemetry.settings import Settings, SettingsError  # noqa: PLC0415

    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as problem:
        raise Stop(str(problem)) from None
    serve(settings)


def _aggregate(options: argparse.Namespace) -> None:
    try:
        file = load_recording(options.file, options.width, options.height)
    except BadRecording as problem:
        raise Stop(str(problem)) from None
    recording = recording_from_frames(
        file.times_ms, file.image, file.world, file.width, file.height
    )
    figures = pose_figures(recording, Tracking(options.exercise, side=options.side))
    print(json.dumps(_told(figures, size_known=file.size_known), indent=2))


def _told(figures: PoseFigures, *, size_known: bool) -> dict[str, Any]:
    """The agreed object; the rows are those of complete repetitions."""
    warnings = [*figures.warnings, *([] if size_known else ["picture_size_assumed"])]
    return {
        "reps": figures.reps,
        "partial_reps": figures.partial_reps,
        "rep_rows": [
            {
                "start_s": row.start_s,
                "peak_s": row.peak_s,
                "end_s": row.end_s,
                "rom_deg": row.rom_deg,
                "side": row.side,
            }
            for row in figures.rep_rows
            if row.complete
        ],
        "rom_deg": figures.rom_deg,
        "coverage": figures.coverage,
        "confidence": figures.confidence,
        "view": figures.view,
        "warnings": warnings,
        "algorithm_version": figures.algorithm_version,
    }


def _extract(options: argparse.Namespace) -> None:
    from telemetry.extract import CannotExtract, extract  # noqa: PLC0415 (imports OpenCV)

    try:
        found = extract(options.clip, options.output, _progress("frames"))
    except CannotExtract as problem:
        raise Stop(str(problem)) from None
    print(f"{options.output}: a person in {found.seen} of {found.frames} frames")


def _stream(options: argparse.Namespace) -> None:
    client = TelemetryClient(options.url, options.token)
    try:
        file = load_recording(options.file, options.width, options.height)
        count = stream(
            client,
            file,
            version=VERSION_INT16 if options.compact else VERSION_FLOAT32,
            pace=options.pace,
            progress=_progress("batches"),
        )
    except (BadRecording, StreamRefused, OSError) as problem:
        raise Stop(str(problem)) from None
    finally:
        client.close()
    print(f"{count} batches sent, end told")


def _progress(what: str) -> Any:
    """A bar on a terminal, silence elsewhere."""

    def show(done: int, total: int) -> None:
        share = done / total if total else 0.0
        bar = "#" * round(30 * share)
        print(f"\r[{bar:<30}] {done}/{total or '?'} {what}", end="", file=sys.stderr, flush=True)
        if done == total:
            print(file=sys.stderr)

    return show if sys.stderr.isatty() else (lambda done, total: None)


if __name__ == "__main__":
    sys.exit(main())
