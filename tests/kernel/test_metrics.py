"""Metrics count the product, name nobody, and add up over processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from app.kernel import metrics

pytestmark = pytest.mark.proves("OPS-01")

ROOT = Path(__file__).resolve().parents[2]
LABELS_FROM_CODE = {
    "route", "method", "status", "kind", "provider", "outcome", "channel", "operation", "job",
}  # fmt: skip


def _value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_no_label_can_hold_a_person_or_clinic() -> None:
    own = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    assert len(own) > 10
    for metric in own:
        assert set(metric._labelnames) <= LABELS_FROM_CODE, metric


def test_requests_are_counted_by_rule_and_status() -> None:
    labels = {"route": "/visits/<uuid:visit_id>", "method": "GET", "status": "404"}
    before = _value("restartix_http_requests_total", **labels)
    metrics.observe_request("/visits/<uuid:visit_id>", "GET", 404, 0.02)
    assert _value("restartix_http_requests_total", **labels) == before + 1
    assert b'route="/visits/<uuid:visit_id>"' in metrics.expose()


def test_strangers_cannot_grow_the_labels() -> None:
    for number in range(5):
        metrics.observe_request(None, f"X{number}", 404, 0.01)
    labels = {"route": "unmatched", "method": "other", "status": "404"}
    assert _value("restartix_http_requests_total", **labels) >= 5


def test_a_failed_job_is_counted_as_failed_and_still_fails() -> None:
    labels = {"job": "sweep", "outcome": "failed"}
    before = _value("restartix_job_seconds_count", **labels)
    with pytest.raises(RuntimeError), metrics.timed_job("sweep"):
        raise RuntimeError
    with metrics.timed_job("sweep"):
        pass
    assert _value("restartix_job_seconds_count", **labels) == before + 1
    assert _value("restartix_job_seconds_count", job="sweep", outcome="done") >= 1


def test_processes_add_up_in_the_shared_folder(tmp_path: Path) -> None:
    count = "from app.kernel import metrics as m; m.HOLDS.labels(outcome='placed').inc(2)"
    show = f"{count}; print(m.expose().decode()); m.forget_process(1)"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def run(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    run(count)
    assert 'restartix_holds_total{outcome="placed"} 4.0' in run(show)
