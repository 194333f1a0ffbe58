"""From the STORAGE setting to a store."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

from app.kernel.storage.disk import DiskStore
from app.kernel.storage.port import BlobStore
from app.kernel.tokens import TokenSigner


def open_storage(setting: str, signer: TokenSigner, base_url: str) -> BlobStore:
    """The store that `disk:/folder` or `s3://bucket[?endpoint=URL&region=NAME]` names.

    `signer` and `base_url` make the links of the disk store; S3 signs its own.
    Raises `ValueError` for any other setting.
    """
    if setting.startswith("disk:"):
        root = Path(setting.removeprefix("disk:").removeprefix("//"))
        root.mkdir(parents=True, exist_ok=True)
        return DiskStore(root.resolve(), signer, base_url)
    parts = urlsplit(setting)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("STORAGE must be disk:/folder or s3://bucket[?endpoint=URL&region=NAME]")
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    # boto3 costs 400 ms and 40 MB at start, which a process on disk storage must not pay.
    s3 = importlib.import_module("app.kernel.storage.s3")
    location = s3.S3Location(parts.netloc, given.get("endpoint"), given.get("region"))
    return cast(BlobStore, s3.S3Store(location))
