"""What can go wrong with blobs, by name."""

from __future__ import annotations

from app.lib.errors import DomainError, Invalid, NotFound, Unavailable


class BlobMissing(NotFound):
    """No blob has that key."""

    code = "blob_missing"


class WrongClinic(NotFound):
    """The key belongs to another clinic; outwardly it does not exist."""

    code = "blob_missing"


class BadKey(DomainError):
    """The key is not one that `new_key` makes; a programming error or an attack."""

    code = "blob_bad_key"


class StorageUnavailable(Unavailable):
    """The store did not answer, or has no room; nothing was stored and a retry may succeed."""

    code = "storage_unavailable"


class UploadRefused(Invalid):
    """An upload that may not come in; the single field error has the code below."""

    upload_code = "upload_refused"

    def __init__(self, field: str = "file", **params: object) -> None:
        super().__init__(Invalid.one(field, self.upload_code, **params).errors)


class UploadEmpty(UploadRefused):
    """No byte arrived."""

    upload_code = "upload_empty"


class UploadTooLarge(UploadRefused):
    """More bytes than the policy allows; reading stopped there. Params: `limit` (bytes)."""

    upload_code = "upload_too_large"


class UploadKindRefused(UploadRefused):
    """The content is no PDF or image, whatever its name says, or a kind the field forbids."""

    upload_code = "upload_kind"


class UploadDamaged(UploadRefused):
    """It starts as an accepted kind and cannot be read to the end as one."""

    upload_code = "upload_damaged"


class ImageTooLarge(UploadRefused):
    """The picture unpacks to more pixels than the policy allows. Params: `limit` (pixels)."""

    upload_code = "upload_pixels"
