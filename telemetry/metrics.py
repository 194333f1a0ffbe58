"""Figures about the process itself, for Prometheus. No label names a person or a clinic."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """One set per process (or per test)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers: dict[tuple[str, str], Counter] = {}
        self.requests = Counter(
            "telemetry_requests",
            "Requests by door and answer",
            ["door", "code"],
            registry=self.registry,
        )
        self.turned_away = Counter(
            "telemetry_turned_away", "Requests answered 503 under pressure", registry=self.registry
        )
        self.sessions = Counter(
            "telemetry_sessions", "Sessions finalised", ["reason"], registry=self.registry
        )
        self.finalise_failures = Counter(
            "telemetry_finalise_failures", "Tries that must be repeated", registry=self.registry
        )
        self.finalise_seconds = Histogram(
            "telemetry_finalise_seconds", "Time to compute a session", registry=self.registry
        )
        self.publications = Counter(
            "telemetry_publications", "Posts of results", ["outcome"], registry=self.registry
        )
        self.open_sessions = Gauge(
            "telemetry_open_sessions", "Sessions not finalised", registry=self.registry
        )
        self.waiting_results = Gauge(
            "telemetry_waiting_results", "Results not told yet", registry=self.registry
        )

    def answered(self, door: str, code: str) -> None:
        """Count one request; the look-up of its counter is done once."""
        counter = self._answers.get((door, code))
        if counter is None:
            counter = self._answers[door, code] = self.requests.labels(door=door, code=code)
        counter.inc()

    def text(self) -> bytes:
        """Prometheus text format."""
        return generate_latest(self.registry)
