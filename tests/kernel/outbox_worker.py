"""A worker whose subscribers a test can watch: run by tests/kernel/test_outbox_processes.py in a process of its own.

`slow.happened` writes a file when it begins and works until the file `go` appears; `quick.happened` does its work at
once. Their work is a row in idempotency_keys, so that it commits or vanishes together with the receipt.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.factory import create_app
from app.kernel.idempotency.models import IdempotencyKey
from app.kernel.outbox import Event, subscribe
from app.lib.ids import uuid7
from app.worker import run

FOLDER = Path(os.environ["TEST_FOLDER"])


def _note(session: Session, event: Event) -> None:
    session.execute(
        insert(IdempotencyKey).values(
            org_id=event.org_id,
            id=uuid7(),
            scope=event.name,
            key=f"{event.id}:{uuid7()}",
            request_digest=str(event.attempt),
        )
    )


@subscribe("slow.happened", "test.slow")
def slow(session: Session, event: Event) -> None:
    _note(session, event)
    (FOLDER / f"begun-{os.getpid()}").touch()
    while not (FOLDER / "go").exists():
        time.sleep(0.02)


@subscribe("quick.happened", "test.quick")
def quick(session: Session, event: Event) -> None:
    _note(session, event)


if __name__ == "__main__":
    run(create_app(), lease=dt.timedelta(seconds=float(sys.argv[1])))
