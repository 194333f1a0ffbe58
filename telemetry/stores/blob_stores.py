"""Blob stores: a folder, or S3. Both lie where the application's storage reads."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from telemetry.blobs import BlobStore


class DiskBlobs:
    """Objects as files under `root`; a reader sees the old content or the new, never half."""

    def __init__(self, root: Path):
        self._root = root

    def put(self, key: str, content: bytes) -> None:
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)


class S3Blobs:
    """Objects in a bucket, encrypted at rest by the store's default."""

    def __init__(self, client: Any, bucket: str):
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: bytes) -> None:
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=content, ContentType="application/gzip"
        )


def replace_file(path: Path, content: bytes) -> None:
    """Write beside, force to disk, rename."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def s3_client(storage: str) -> tuple[Any, str]:
    """Client and bucket of an `s3://bucket?endpoint=URL&region=NAME` setting."""
    # Imported here for start-up cost: 0.4 s that a disk installation need not pay.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    parts = urlsplit(storage)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    client = boto3.client(
        "s3",
        endpoint_url=options.get("endpoint"),
        region_name=options.get("region"),
        config=Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 3}),
    )
    return client, parts.netloc


def blob_store(storage: str) -> BlobStore:
    """The store named by the STORAGE setting (disk:/folder or s3://bucket?...)."""
    if storage.startswith("disk:"):
        return DiskBlobs(Path(storage.removeprefix("disk:")))
    return S3Blobs(*s3_client(storage))
