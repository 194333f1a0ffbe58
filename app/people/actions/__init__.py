"""Writing people: patients' cards and logins. Each verb audits and announces itself."""

from app.people.actions.cards import add_guest, add_patient, onboard
from app.people.actions.claiming import Claimant, UnclaimedCard, claim, unclaimed_cards
from app.people.actions.contacts import Contact, checked_contact, search_text
from app.people.actions.correcting import Born, card_mark, change_contact
from app.people.actions.logins import add_caregiver, give_login

__all__ = [
    "Born",
    "Claimant",
    "Contact",
    "UnclaimedCard",
    "add_caregiver",
    "add_guest",
    "add_patient",
    "card_mark",
    "change_contact",
    "checked_contact",
    "claim",
    "give_login",
    "onboard",
    "search_text",
    "unclaimed_cards",
]
