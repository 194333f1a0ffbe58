"""The link by e-mail that opens the portal, for patients and for guests who have no login yet (BOK-01, KRN-02)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel.identity import signing_in
from app.kernel.identity.humans import create_human
from app.people.actions import unclaimed_cards
from app.people.queries import own_patient_ids
from app.web.http import context, login
from app.web.http.link_mail import mail_sign_in_link
from app.web.http.locale import current_language

LOGIN, CLAIM = "login", "claim"
PURPOSES = (LOGIN, CLAIM)


def send_portal_link(session: Session, email: str, target: str | None) -> None:
    """To patients and caregivers of this clinic, and to guests who booked with this e-mail; nobody is told which.

    `target` is the page to which the link leads, a path of this site; None for the portal's home.
    """
    address = email.strip().lower()
    human_id = signing_in.human_id_by_email(session, address)
    purpose = LOGIN
    if human_id is None or not own_patient_ids(session, context.org_id(), human_id):
        cards = unclaimed_cards(session, context.org_id(), address)
        if not cards:
            return
        purpose = CLAIM
        if human_id is None:
            create_human(
                session,
                email=address,
                name=cards[0].name,
                now=context.now(),
                locale=current_language(),
            )
    made = signing_in.request_link(session, address, purpose, login.attempt())
    if made is not None:
        mail_sign_in_link(session, *made, target=target)
