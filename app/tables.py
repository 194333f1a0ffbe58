"""Every module that defines tables, imported once so that the metadata is complete."""

from app.appointments import models as appointments
from app.catalog import models as catalog
from app.consents import models as consents
from app.forms import models as forms
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
from app.scheduling import models as scheduling
from app.telerehab import models as telerehab
from app.waiting import models as waiting

MODULES = (
    access,
    appointments,
    audit,
    blobs,
    capabilities,
    catalog,
    consents,
    flags,
    forms,
    idempotency,
    identity,
    integrations,
    messaging,
    outbox,
    people,
    scheduling,
    telerehab,
    waiting,
    tenancy,
)
metadata = Base.metadata
