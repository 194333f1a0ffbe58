"""Blobs behind one port (KRN-07): disk by default, S3 by setting; upload inspection.

Here lives what knows bytes, keys and signed links. Not here: who may read a blob (the owning
domain decides), the table rows that point at blobs, and the web route that serves disk blobs.
"""

from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.factory import open_storage
from app.kernel.storage.inspect import Accepted, UploadPolicy, inspect_upload
from app.kernel.storage.keys import new_key
from app.kernel.storage.port import BlobStore, Disposition

__all__ = [
    "Accepted",
    "BlobStore",
    "ClinicStorage",
    "Disposition",
    "UploadPolicy",
    "inspect_upload",
    "new_key",
    "open_storage",
]
