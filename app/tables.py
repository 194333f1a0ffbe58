"""Every module that defines tables, imported once so that the metadata is complete."""

from app.appointments import models as appointments
from app.appointments.files import models as files
from app.appointments.reviews import models as reviews
from app.catalog import models as catalog
from app.consents import models as consents
from app.forms import models as forms
from app.forms.states import OPEN_STATES
from app.integrations import models as integrations
from app.kernel.access import models as access
from app.kernel.audit import models as audit
from app.kernel.blobs import models as blobs
from app.kernel.capabilities import models as capabilities
from app.kernel.db import Base
from app.kernel.flags import models as flags
from app.kernel.idempotency import models as idempotency
from app.kernel.identity import models as identity
from app.kernel.outbox import models as outbox
from app.kernel.tenancy import models as tenancy
from app.messaging import models as messaging
from app.people import models as people
from app.people.importing import models as importing
from app.people.merging import models as merging
from app.people.merging.followers import follows_patient
from app.scheduling import models as scheduling
from app.scheduling.hold_log import models as hold_log
from app.telerehab import models as telerehab
from app.waiting import models as waiting
from app.waiting.following import waits_once

MODULES = (
    access,
    appointments,
    audit,
    blobs,
    capabilities,
    catalog,
    consents,
    files,
    flags,
    forms,
    hold_log,
    idempotency,
    identity,
    importing,
    integrations,
    merging,
    messaging,
    outbox,
    people,
    reviews,
    scheduling,
    telerehab,
    waiting,
    tenancy,
)
metadata = Base.metadata

# What goes along when two cards of one person are merged (BYD-09). A signed form is sealed and stays; of two places on
# one waiting list the kept card's own counts.
follows_patient(appointments.Appointment)
follows_patient(appointments.Course)
follows_patient(telerehab.PoseSession)
follows_patient(
    forms.FormInstance, movable=lambda table, _patient_id: table.c.state.in_(OPEN_STATES)
)
follows_patient(waiting.WaitingEntry, movable=waits_once)
