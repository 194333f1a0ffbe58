"""The promises between the two processes: round trips, refusals, and no foreign imports."""

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from telemetry.contract import (
    ContractError,
    MediaEvent,
    PoseFigures,
    SessionClaims,
    SessionEnd,
    SessionResult,
    Tracking,
    consent_key,
    replay_key,
    view_key,
)
from tests.telemetry.running import ROOT, session_claims

CONTRACT = sorted((ROOT / "telemetry" / "contract").glob("*.py"))


@pytest.mark.proves("TLM-02")
def test_claims_survive_json() -> None:
    claims = session_claims(tracking=Tracking("squat", "left", "side", 10, 90.0))
    assert SessionClaims.from_json(json.loads(json.dumps(claims.to_json()))) == claims


def test_ends_and_events_survive_json() -> None:
    end = SessionEnd("stopped", 7, ((0, 5), (9, 12)), "mediapipe 0.10.35 lite")
    assert SessionEnd.from_json(json.loads(json.dumps(end.to_json()))) == end
    event = MediaEvent("milestone", 5, "film", 1.5, 30.0, 25, "auto")
    assert MediaEvent.from_json(json.loads(json.dumps(event.to_json()))) == event


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sub", ""),
        ("sub", 7),
        ("org", "../x"),
        ("org", "a" * 65),
        ("sid", "a b"),
        ("scope", "pose"),
        ("scope", ["pose", "everything"]),
        ("exp", "soon"),
        ("exp", True),
        ("tracking", {"exercise": "squat", "side": "up"}),
        ("tracking", {"exercise": "squat", "target_reps": 0}),
        ("tracking", {"exercise": "squat", "target_rom_deg": float("nan")}),
        ("tracking", {}),
        ("jti", None),
    ],
)
def test_wrong_claims_name_the_field_and_not_its_value(field: str, value: object) -> None:
    with pytest.raises(ContractError) as caught:
        SessionClaims.from_json({**session_claims().to_json(), field: value})
    assert "malformed" in str(caught.value)
    assert "../x" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("session_id", "../x"),
        ("ended_reason", "bored"),
        ("pose", {"reps": -1}),
        ("stream", []),
        ("media", [{"media_id": "f"}]),
    ],
)
def test_wrong_results_are_refused(field: str, value: object) -> None:
    good = SessionResult("s1", "clinic-a", "p-1", "completed", None, None).to_json()
    assert SessionResult.from_json(good).pose is None
    with pytest.raises(ContractError):
        SessionResult.from_json({**good, field: value})


def test_keys_start_with_the_clinic() -> None:
    assert consent_key("c", "s") == "telemetry:consent:c:s"
    assert replay_key("c", "s") == "c/s/replay-v1.bin.gz"
    assert view_key("c", "s") == "c/s/view-v1.bin.gz"


def test_figures_refuse_what_is_not_a_number() -> None:
    from telemetry.aggregate.finalise import pose_figures
    from tests.telemetry.stick_figure import squats

    figures = pose_figures(squats(1), Tracking("squat"))
    for field in ("rom_deg", "coverage", "confidence", "seconds_tracked"):
        spoiled = replace(figures, **{field: float("inf")})
        with pytest.raises(ContractError):
            PoseFigures.from_json(spoiled.to_json())


@pytest.mark.proves("TLM-01")
@pytest.mark.parametrize("path", CONTRACT, ids=lambda path: path.stem)
def test_the_contract_needs_only_the_standard_library(path: Path) -> None:
    for name in _imports(path):
        assert name.split(".")[0] in sys.stdlib_module_names or name.startswith(
            "telemetry.contract"
        )


@pytest.mark.proves("TLM-01")
def test_telemetry_imports_nothing_of_the_application() -> None:
    for path in (ROOT / "telemetry").rglob("*.py"):
        assert not {n for n in _imports(path) if n.split(".")[0] in {"app", "config", "flask"}}


@pytest.mark.proves("TLM-01")
def test_handlers_reach_no_store_directly() -> None:
    """TLM-01: buffer, codec and consent are interfaces; only `compose` knows who implements them."""
    for name in ("server", "ingest", "finaliser", "session_result", "codec", "tokens"):
        imported = _imports(ROOT / "telemetry" / f"{name}.py")
        assert not {n for n in imported if n.startswith(("telemetry.stores", "redis", "boto3"))}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_importing_the_contract_loads_no_numpy() -> None:
    """The web process imports it at start; half a second of numpy would be felt."""
    code = "import sys, telemetry.contract; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
