"""Periodic jobs: registered once, run in surroundings of their own, their failures logged and counted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import structlog.testing
from sqlalchemy.orm import sessionmaker

from app.kernel import jobs
from app.kernel.metrics import REGISTRY
from app.kernel.storage.disk import DiskStore
from app.kernel.tokens import TokenSigner
from app.lib.clock import SystemClock

SURROUNDINGS = jobs.Surroundings(
    sessionmaker(), SystemClock(), DiskStore(Path("unused"), TokenSigner("k" * 32), "")
)


@pytest.fixture(autouse=True)
def _own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_jobs", {})


def _ran(job: str, outcome: str) -> float:
    labels = {"job": job, "outcome": outcome}
    return REGISTRY.get_sample_value("restartix_job_seconds_count", labels) or 0.0


def test_a_name_belongs_to_one_job() -> None:
    run = jobs.every("test.tidy", minute="0")(lambda surroundings: None)
    assert jobs.every("test.tidy", minute="0")(run) is run
    with pytest.raises(ValueError, match="twice"):
        jobs.every("test.tidy", minute="5")(lambda surroundings: None)
    assert [job.name for job in jobs.registered()] == ["test.tidy"]


@pytest.mark.proves("OPS-01")
def test_a_failing_job_is_counted_and_the_next_one_runs(redis_url: str) -> None:
    seen: list[jobs.Surroundings] = []

    @jobs.every("test.fails", minute="*")
    def fail(surroundings: jobs.Surroundings) -> None:
        raise RuntimeError

    jobs.every("test.works", minute="*")(seen.append)
    consumer = jobs.consumer(redis_url, SURROUNDINGS)
    failed, done = _ran("test.fails", "failed"), _ran("test.works", "done")
    with structlog.testing.capture_logs() as lines:
        for task in consumer.huey.read_periodic(dt.datetime.now(dt.UTC)):
            consumer.huey.execute(task)
    assert seen == [SURROUNDINGS]
    assert _ran("test.fails", "failed") == failed + 1
    assert _ran("test.works", "done") == done + 1
    assert [line["job"] for line in lines if line["event"] == "job_failed"] == ["test.fails"]


def test_times_are_those_of_a_crontab(redis_url: str) -> None:
    jobs.every("test.nightly", minute="0", hour="3")(lambda surroundings: None)
    huey = jobs.consumer(redis_url, SURROUNDINGS).huey
    assert len(huey.read_periodic(dt.datetime(2027, 3, 3, 3, 0))) == 1
    assert huey.read_periodic(dt.datetime(2027, 3, 3, 4, 0)) == []
