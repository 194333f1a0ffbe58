"""Every id that a test names exists, and the table from requirement to test is current (CMP-03)."""

from __future__ import annotations

import pytest

from ops import traceability

pytestmark = pytest.mark.proves("CMP-03")


def test_every_named_requirement_exists():
    assert traceability.unknown_ids() == []


def test_the_table_is_current():
    assert traceability.TRACE.read_text(encoding="utf-8") == traceability.page(), "run `make trace`"


def test_a_useful_part_is_proven():
    """Were the reader of markers blind, the two tests above would be content."""
    proven = {proof.requirement for proof in traceability.proofs()}
    assert {"KRN-01", "SCH-02", "FRM-03", "TLM-04"} <= proven
    assert len(traceability.requirements()) > 100


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('@pytest.mark.proves("A11-01", "SEC-01")\ndef test_a(): ...', ["A11-01", "SEC-01"]),
        ('pytestmark = pytest.mark.proves("SEC-01")\ndef test_a(): ...', ["SEC-01"]),
        (
            'pytestmark = [pytest.mark.bench, pytest.mark.proves("SEC-01")]\ndef test_a(): ...',
            ["SEC-01"],
        ),
        (
            '@pytest.mark.proves("SEC-01")\nclass TestA:\n    @pytest.mark.proves("A11-01")\n    def test_a(self): ...',
            ["A11-01", "SEC-01"],
        ),
        ('@pytest.mark.proves("SEC-01")\ndef helper(): ...', []),
        ("def test_a(): ...", []),
    ],
)
def test_markers_are_found(source: str, expected: list[str]):
    assert [proof.requirement for proof in traceability.proofs_of(source, "tests/x.py")] == expected
