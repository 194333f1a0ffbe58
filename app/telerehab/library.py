"""The platform's exercises that the camera can follow (EXR-01): names, instructions and safety remarks in ro and en.

`tracking` and `camera_view` are those of the telemetry process' exercise table; a test compares them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.lib.ids import uuid7
from app.telerehab.models import Exercise

_STOP = {
    "ro": "Opriți-vă dacă apare o durere nouă, amețeală sau lipsă de aer.",
    "en": "Stop if you feel new pain, dizziness or shortness of breath.",
}


def _exercise(
    tracking: str,
    camera_view: str,
    names: tuple[str, str],
    steps: tuple[tuple[str, str], ...],
    safety: tuple[tuple[str, str], ...],
) -> dict[str, Any]:
    return {
        "slug": tracking.replace("_", "-"),
        "tracking": tracking,
        "camera_view": camera_view,
        "kind": "repetitions",
        "status": "published",
        "names": {"ro": names[0], "en": names[1]},
        "instructions": {
            language: {
                "steps": [step[index] for step in steps],
                "safety": [*(remark[index] for remark in safety), _STOP[language]],
            }
            for index, language in enumerate(("ro", "en"))
        },
    }


_CHAIR = (
    "Sprijiniți scaunul de perete, ca să nu alunece.",
    "Put the chair against a wall so that it cannot slide.",
)
_HOLD = (
    "Țineți la îndemână un scaun sau o masă de care să vă sprijiniți.",
    "Keep a chair or table within reach to hold on to.",
)

LIBRARY: tuple[dict[str, Any], ...] = (
    _exercise(
        "squat",
        "side",
        ("Genuflexiune", "Squat"),
        (
            (
                "Stați în picioare, cu tălpile depărtate la lățimea umerilor.",
                "Stand with your feet as wide as your shoulders.",
            ),
            (
                "Coborâți încet, ca și cum v-ați așeza pe un scaun, cu spatele drept.",
                "Go down slowly as if sitting on a chair, back straight.",
            ),
            (
                "Ridicați-vă împingând în călcâie.",
                "Come up again, pushing through your heels.",
            ),
        ),
        (
            (
                "Coborâți doar cât nu vă dor genunchii.",
                "Go only as low as your knees allow without pain.",
            ),
            _HOLD,
        ),
    ),
    _exercise(
        "sit_to_stand",
        "side",
        ("Ridicare de pe scaun", "Sit to stand"),
        (
            (
                "Așezați-vă pe jumătatea din față a scaunului, cu tălpile pe podea.",
                "Sit on the front half of a chair, feet flat on the floor.",
            ),
            (
                "Aplecați-vă ușor în față și ridicați-vă fără ajutorul mâinilor.",
                "Lean forward a little and stand up without using your hands.",
            ),
            ("Așezați-vă la loc, încet.", "Sit down again, slowly."),
        ),
        (_CHAIR,),
    ),
    _exercise(
        "lunge",
        "side",
        ("Fandare", "Lunge"),
        (
            ("Faceți un pas mare în față.", "Take a long step forward."),
            (
                "Coborâți genunchiul din spate spre podea, cu trunchiul drept.",
                "Lower the knee behind you towards the floor, trunk upright.",
            ),
            (
                "Împingeți în piciorul din față și reveniți.",
                "Push off the front foot and come back.",
            ),
        ),
        (
            (
                "Genunchiul din față rămâne deasupra tălpii.",
                "The front knee stays above the foot.",
            ),
            _HOLD,
        ),
    ),
    _exercise(
        "knee_extension",
        "side",
        ("Extensia genunchiului din șezut", "Seated knee extension"),
        (
            (
                "Stați pe scaun, cu spatele sprijinit.",
                "Sit on a chair with your back supported.",
            ),
            (
                "Întindeți încet genunchiul, până când gamba ajunge orizontală.",
                "Slowly straighten the knee until the lower leg is level.",
            ),
            (
                "Mențineți o secundă, apoi coborâți încet.",
                "Hold for a second, then lower it slowly.",
            ),
        ),
        (_CHAIR,),
    ),
    _exercise(
        "hip_abduction",
        "front",
        ("Abducția șoldului din picioare", "Standing hip abduction"),
        (
            (
                "Stați drept și țineți-vă de spătarul unui scaun.",
                "Stand upright and hold the back of a chair.",
            ),
            (
                "Ridicați un picior în lateral, cu genunchiul întins.",
                "Raise one leg to the side with the knee straight.",
            ),
            (
                "Coborâți încet, fără să atingeți podeaua.",
                "Lower it slowly, not quite to the floor.",
            ),
        ),
        (
            (
                "Nu vă înclinați în partea opusă.",
                "Do not lean to the other side.",
            ),
        ),
    ),
    _exercise(
        "shoulder_flexion",
        "side",
        ("Flexia umărului", "Shoulder flexion"),
        (
            (
                "Stați drept, cu brațele pe lângă corp.",
                "Stand upright with your arms at your sides.",
            ),
            (
                "Ridicați brațele prin față, cât mai sus, cu coatele întinse.",
                "Raise your arms forwards and up with straight elbows.",
            ),
            ("Coborâți încet.", "Lower them slowly."),
        ),
        (
            (
                "Nu ridicați umerii spre urechi și nu arcuiți spatele.",
                "Do not shrug and do not arch your back.",
            ),
        ),
    ),
    _exercise(
        "shoulder_abduction",
        "front",
        ("Abducția umărului", "Shoulder abduction"),
        (
            (
                "Stați drept, cu brațele pe lângă corp și palmele în față.",
                "Stand upright, arms at your sides, palms forward.",
            ),
            (
                "Ridicați brațele prin lateral, cât se poate fără durere.",
                "Raise your arms sideways as far as you can without pain.",
            ),
            ("Coborâți încet.", "Lower them slowly."),
        ),
        (
            (
                "Păstrați gâtul relaxat.",
                "Keep your neck relaxed.",
            ),
        ),
    ),
    _exercise(
        "elbow_flexion",
        "side",
        ("Flexia cotului", "Elbow flexion"),
        (
            (
                "Stați drept, cu brațul pe lângă corp și palma în față.",
                "Stand upright, arm at your side, palm forward.",
            ),
            (
                "Îndoiți cotul, până când palma ajunge aproape de umăr.",
                "Bend the elbow until the hand is near the shoulder.",
            ),
            ("Întindeți încet cotul.", "Straighten it slowly."),
        ),
        (
            (
                "Cotul rămâne lângă corp.",
                "Keep the elbow close to the body.",
            ),
        ),
    ),
)


def ensure(session: Session) -> int:
    """Bring the library into the database, changed texts too; what was archived stays so. Gives how many."""
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        for exercise in LIBRARY:
            kept = {name: exercise[name] for name in ("names", "instructions", "camera_view")}
            session.execute(
                insert(Exercise)
                .values(id=uuid7(), **exercise)
                .on_conflict_do_update(index_elements=["slug"], set_=kept)
            )
    return len(LIBRARY)
