"""Tables and sessions: the declarative base, column vocabulary and the database handle.

Nothing here knows a particular table; who may see a row is decided in kernel.tenancy and in the policies.
"""

from app.kernel.db.base import Base, ClinicRow, clinic_fk, table_of
from app.kernel.db.columns import DataClass, column
from app.kernel.db.commits import once_committed
from app.kernel.db.handle import db
from app.kernel.db.reading import read_rows
from app.kernel.db.rows import write_object, write_row
from app.kernel.db.types import EncryptedText

__all__ = [
    "Base",
    "ClinicRow",
    "DataClass",
    "EncryptedText",
    "clinic_fk",
    "column",
    "db",
    "once_committed",
    "read_rows",
    "table_of",
    "write_object",
    "write_row",
]
