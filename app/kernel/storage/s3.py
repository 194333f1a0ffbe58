"""Blobs in an S3 bucket, or in any server that speaks its protocol; links are presigned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.kernel.storage.errors import BlobMissing, StorageUnavailable
from app.kernel.storage.keys import checked_key, checked_prefix, may_show, mime_of
from app.kernel.storage.port import DEFAULT_TTL, MAX_TTL, Disposition
from app.lib.files import content_disposition

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_CONNECT_SECONDS = 3
_READ_SECONDS = 15


@dataclass(frozen=True, slots=True)
class S3Location:
    """Where the bucket is. Credentials come from the environment, as boto3 reads them."""

    bucket: str
    endpoint: str | None = None
    region: str | None = None


class S3Store:
    """Objects of one private bucket. No object is public; transport is the endpoint's."""

    def __init__(self, location: S3Location) -> None:
        self._bucket = location.bucket
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=location.endpoint,
            region_name=location.region,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": 3},
                signature_version="s3v4",
                # A custom endpoint rarely has a host name per bucket.
                s3={"addressing_style": "path" if location.endpoint else "auto"},
            ),
        )

    def put(self, key: str, content: bytes | BinaryIO) -> int:
        """See `BlobStore.put`."""
        with _named_failures(key):
            if isinstance(content, bytes):
                self._client.put_object(**self._at(key), Body=content, ContentType=mime_of(key))
                return len(content)
            counted = _Counted(content)
            extra = {"ContentType": mime_of(key)}
            self._client.upload_fileobj(counted, self._bucket, checked_key(key), ExtraArgs=extra)
            return counted.size

    def get(self, key: str) -> bytes:
        """See `BlobStore.get`."""
        with _named_failures(key), self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        """See `BlobStore.open`."""
        with _named_failures(key):
            return cast(BinaryIO, self._client.get_object(**self._at(key))["Body"])

    def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        try:
            with _named_failures(key):
                self._client.head_object(**self._at(key))
        except BlobMissing:
            return False
        return True

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        with _named_failures(key):
            self._client.delete_object(**self._at(key))

    def list(self, prefix: str) -> Iterator[str]:
        """See `BlobStore.list`."""
        folder = checked_prefix(prefix)
        with _named_failures(folder):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=folder):
                yield from (found["Key"] for found in page.get("Contents", ()))

    def signed_url(
        self,
        key: str,
        ttl: timedelta = DEFAULT_TTL,
        filename: str = "file",
        disposition: Disposition = "attachment",
    ) -> str:
        """See `BlobStore.signed_url`."""
        shown = disposition if may_show(key) else "attachment"
        answer = {
            "ResponseContentType": mime_of(key),
            "ResponseContentDisposition": content_disposition(shown, filename),
            "ResponseCacheControl": "private, no-store",
        }
        return str(
            self._client.generate_presigned_url(
                "get_object",
                Params={**self._at(key), **answer},
                ExpiresIn=int(min(ttl, MAX_TTL).total_seconds()),
            )
        )

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": checked_key(key)}


class _Counted:
    """A stream that counts what is read from it; boto3 reads it once, from the start."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self.size = 0

    def read(self, amount: int = -1) -> bytes:
        """As much as asked, like any binary stream."""
        chunk = self._inner.read(amount)
        self.size += len(chunk)
        return chunk


@contextmanager
def _named_failures(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise BlobMissing(key=key) from None
        raise StorageUnavailable(cause=code) from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailable(cause=type(error).__name__) from error
