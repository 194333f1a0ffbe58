"""Who lives in the demo. Names, places and offers; every text in Romanian and English."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.catalog.actions import ServiceDraft
from app.catalog.addons import AddonDraft

PASSWORD = "demo-parola-2026"  # noqa: S105 - printed on the screen of everybody who tries the demo.
# One shared secret, so that the page can show the code of any demo account (development only).
TOTP_SECRET = "DEMODEMODEMODEMODEMODEMODEMODEMO"  # noqa: S105


@dataclass(frozen=True)
class StaffPart:
    """Somebody who signs in to the console."""

    name: str
    email: str
    role: str


@dataclass(frozen=True)
class SpecialistPart:
    """A specialist with hours: per weekday (0 Monday) the windows in hours of the day."""

    name: str
    slug: str
    title: str
    email: str
    location: int
    hours: dict[int, tuple[tuple[float, float], ...]]
    bio: dict[str, str] = field(default_factory=dict)
    specialties: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClinicPart:
    """A clinic."""

    slug: str
    name: str
    tagline: dict[str, str]
    email: str
    phone: str
    accent: str
    locations: tuple[tuple[str, str, str], ...]
    rooms: tuple[tuple[str, ...], ...]
    staff: tuple[StaffPart, ...]
    specialists: tuple[SpecialistPart, ...]
    services: tuple[tuple[ServiceDraft, tuple[str, ...]], ...]
    capabilities: tuple[str, ...] = ()


# What can be added to a visit, by the short name of its service.
ADDONS = {
    "kinetoterapie": (
        AddonDraft({"ro": "Bandă kinesiologică", "en": "Kinesiology tape"}, 4000, most=2),
        AddonDraft({"ro": "Încă 15 minute", "en": "15 more minutes"}, 5000, extra_min=15, most=2),
        AddonDraft(
            {"ro": "Bandă elastică de luat acasă", "en": "Band for home"}, 3500, online=False
        ),
    )
}


def _week(
    *windows: tuple[float, float], days: range | tuple[int, ...] = range(5)
) -> dict[int, tuple[tuple[float, float], ...]]:
    return dict.fromkeys(days, windows)


# Half the price when it is late, all of it for who does not come; the assessment asks for a deposit.
LATE_TERMS = {"late": {"percent": 50}, "no_show": {"percent": 100}, "late_online": True}
DEPOSIT_TERMS = {"deposit": {"minor": 5000}}
CANCEL = {
    "ro": "Dacă nu puteți veni, anunțați-ne din timp: cineva de pe lista de așteptare se va bucura.",
    "en": "If you cannot come, please tell us early: somebody on the waiting list will be glad.",
}

MOVIMENTO = ClinicPart(
    slug="movimento",
    name="Movimento Recuperare",
    tagline={
        "ro": "Kinetoterapie și telerecuperare în București",
        "en": "Physiotherapy and telerehabilitation in Bucharest",
    },
    email="contact@movimento.demo",
    phone="+40213100200",
    accent="#0f766e",
    locations=(
        ("Floreasca", "Calea Floreasca 91", "București"),
        ("Cotroceni", "Strada Carol Davila 14", "București"),
    ),
    rooms=(("Cabinet 1", "Cabinet 2", "Sala de kinetoterapie"), ("Cabinet 3", "Sala mare")),
    staff=(
        StaffPart("Ioana Dumitrescu", "ioana@movimento.demo", "owner"),
        StaffPart("Răzvan Neagu", "razvan@movimento.demo", "manager"),
        StaffPart("Elena Stoica", "elena@movimento.demo", "reception"),
    ),
    specialists=(
        SpecialistPart(
            "Ștefan Marinescu",
            "stefan-marinescu",
            "Kinetoterapeut",
            "stefan@movimento.demo",
            0,
            _week((8, 12), (13, 17)),
            {
                "ro": "Recuperare după operații de genunchi și șold.",
                "en": "Rehabilitation after knee and hip surgery.",
            },
            ("Kinetoterapie", "Recuperare ortopedică"),
        ),
        SpecialistPart(
            "Andreea Țuca",
            "andreea-tuca",
            "Kinetoterapeut",
            "andreea@movimento.demo",
            0,
            _week((10, 14), (15, 19), days=(1, 2, 3, 4, 5)),
            {"ro": "Coloană și postură.", "en": "Spine and posture."},
            ("Kinetoterapie",),
        ),
        SpecialistPart(
            "Mihai Brătianu",
            "mihai-bratianu",
            "Medic recuperare",
            "mihai@movimento.demo",
            0,
            _week((9, 13), days=(0, 2, 4, 6)) | _week((14, 18), days=(1, 3)),
            {"ro": "Evaluare și plan de recuperare.", "en": "Assessment and rehabilitation plan."},
            ("Medicină de recuperare",),
        ),
        SpecialistPart(
            "Diana Șerban",
            "diana-serban",
            "Kinetoterapeut",
            "diana@movimento.demo",
            1,
            _week((8, 14), days=(2, 3, 4, 5, 6)),
            {"ro": "Sportivi și umăr dureros.", "en": "Athletes and painful shoulders."},
            ("Kinetoterapie", "Recuperare sportivă"),
        ),
        SpecialistPart(
            "Vlad Câmpeanu",
            "vlad-campeanu",
            "Fizioterapeut",
            "vlad@movimento.demo",
            1,
            _week((12, 20), days=(0, 3, 4, 5, 6)),
            {"ro": "Terapie manuală.", "en": "Manual therapy."},
            ("Fizioterapie", "Terapie manuală"),
        ),
    ),
    services=(
        (
            ServiceDraft(
                "evaluare",
                {"ro": "Evaluare inițială", "en": "First assessment"},
                "evaluation",
                60,
                25000,
                descriptions={
                    "ro": "Discutăm istoricul, măsurăm mobilitatea și stabilim planul.",
                    "en": "We talk about your history, measure mobility and agree on a plan.",
                },
                policies=CANCEL,
                terms=DEPOSIT_TERMS,
                buffer_after_min=15,
                position=0,
            ),
            ("mihai-bratianu", "stefan-marinescu", "diana-serban"),
        ),
        (
            ServiceDraft(
                "kinetoterapie",
                {"ro": "Ședință de kinetoterapie", "en": "Physiotherapy session"},
                "therapy",
                45,
                18000,
                descriptions={
                    "ro": "Exerciții ghidate, adaptate planului dumneavoastră de recuperare.",
                    "en": "Guided exercise, fitted to your rehabilitation plan.",
                },
                policies=CANCEL,
                terms=LATE_TERMS,
                buffer_after_min=15,
                position=1,
            ),
            ("stefan-marinescu", "andreea-tuca", "diana-serban", "vlad-campeanu"),
        ),
        (
            ServiceDraft(
                "terapie-manuala",
                {"ro": "Terapie manuală", "en": "Manual therapy"},
                "therapy",
                50,
                22000,
                descriptions={
                    "ro": "Mobilizări articulare și tehnici de țesut moale.",
                    "en": "Joint mobilisation and soft-tissue techniques.",
                },
                policies=CANCEL,
                buffer_after_min=10,
                step_min=30,
                position=2,
            ),
            ("vlad-campeanu", "andreea-tuca"),
        ),
        (
            ServiceDraft(
                "control-online",
                {"ro": "Control telerecuperare", "en": "Telerehabilitation check"},
                "telerehab",
                30,
                12000,
                descriptions={
                    "ro": "Revedem împreună ședințele făcute acasă și ajustăm programul.",
                    "en": "We review the sessions done at home and adjust the programme.",
                },
                policies=CANCEL,
                position=3,
            ),
            ("stefan-marinescu", "mihai-bratianu"),
        ),
    ),
    capabilities=("telerehab", "camera_measurement"),
)

LUCA = ClinicPart(
    slug="kineto-luca",
    name="Cabinet Kineto Ana Luca",
    tagline={"ro": "Un singur terapeut, toată atenția", "en": "One therapist, full attention"},
    email="ana@kinetoluca.demo",
    phone="+40264410510",
    accent="#9a3412",
    locations=(("Cabinet", "Strada Memorandumului 8", "Cluj-Napoca"),),
    rooms=(("Cabinet",),),
    staff=(StaffPart("Ana Luca", "ana@kinetoluca.demo", "owner"),),
    specialists=(
        SpecialistPart(
            "Ana Luca",
            "ana-luca",
            "Kinetoterapeut",
            "ana@kinetoluca.demo",
            0,
            _week((9, 13), (14, 18), days=(0, 1, 2, 3)) | _week((9, 13), days=(4,)),
            {
                "ro": "Recuperare pentru adulți și copii.",
                "en": "Rehabilitation for adults and children.",
            },
            ("Kinetoterapie", "Recuperare pediatrică"),
        ),
    ),
    services=(
        (
            ServiceDraft(
                "consultatie",
                {"ro": "Consultație", "en": "Consultation"},
                "consultation",
                45,
                20000,
                descriptions={"ro": "Prima întâlnire și planul.", "en": "First meeting and plan."},
                policies=CANCEL,
                buffer_after_min=15,
                position=0,
            ),
            ("ana-luca",),
        ),
        (
            ServiceDraft(
                "sedinta",
                {"ro": "Ședință individuală", "en": "Individual session"},
                "therapy",
                50,
                16000,
                descriptions={
                    "ro": "Program individual de exerciții.",
                    "en": "An individual programme of exercise.",
                },
                policies=CANCEL,
                buffer_after_min=10,
                step_min=30,
                position=1,
            ),
            ("ana-luca",),
        ),
    ),
)

CLINICS = (MOVIMENTO, LUCA)
OPERATOR = ("Oana Voicu", "oana@restartix.demo")
# The patient whose portal a newcomer opens, and her child, whom she cares for.
MARIA = ("Maria Ionescu", "maria.ionescu@pacient.demo", "+40722301401")
CHILD = "Tudor Ionescu"

FIRST_NAMES = (
    "Andrei",
    "Alexandra",
    "Cătălin",
    "Crina",
    "Dan",
    "Doina",
    "Florin",
    "Gabriela",
    "George",
    "Ileana",
    "Ionuț",
    "Irina",
    "Laura",
    "Lucian",
    "Mădălina",
    "Marius",
    "Mihaela",
    "Nicoleta",
    "Octavian",
    "Oana",
    "Paul",
    "Raluca",
    "Sorin",
    "Simona",
    "Ștefania",
    "Teodora",
    "Tiberiu",
    "Valentina",
    "Victor",
    "Zoe",
)
LAST_NAMES = (
    "Albu",
    "Bănică",
    "Cojocaru",
    "Dobre",
    "Enache",
    "Filip",
    "Gheorghiță",
    "Hăineală",
    "Iacob",
    "Jitaru",
    "Lăzărescu",
    "Manea",
    "Nistor",
    "Oprea",
    "Pătrașcu",
    "Rusu",
    "Sandu",
    "Șandru",
    "Tănase",
    "Țurcanu",
    "Ungureanu",
    "Vasile",
    "Zamfir",
    "Bălan",
    "Crețu",
)
NOTES = (
    "Durere genunchi drept la coborârea scărilor.",
    "A doua ședință după artroscopie.",
    "Preferă dimineața.",
    "Aduce RMN-ul.",
    "",
    "",
    "",
)
CANCELLATIONS = ("Este răcit.", "A intervenit ceva la serviciu.", "Pleacă din oraș.", "")
