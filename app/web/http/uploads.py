"""A file that came with a form, read and checked by the policy whose `field` names the form's."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import request

from app.kernel.storage.inspect import Accepted, UploadPolicy, inspect_upload
from app.lib.errors import Invalid


def uploaded(policy: UploadPolicy) -> Accepted | None:
    """The file, or None where none was chosen. Raises what `inspect_upload` does."""
    sent = request.files.get(policy.field)
    if sent is None or not sent.filename:
        return None
    return inspect_upload(cast(BinaryIO, sent.stream), sent.filename, policy)


def demand_upload(policy: UploadPolicy) -> Accepted:
    """The file. Raises Invalid `required` where none was chosen, and what `inspect_upload` does."""
    found = uploaded(policy)
    if found is None:
        raise Invalid.one(policy.field, "required")
    return found
