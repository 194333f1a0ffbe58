"""The trail in words: what was done, to what, and which part of a record was looked at (KRN-15).

The stored code stays beside the words, since the filter looks for it and an export carries it. A house test keeps
the list complete.
"""

from __future__ import annotations

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from app.web.http.copy import ERRORS

ACTIONS: dict[str, LazyString] = {
    "access.elevate": _l("Elevated access opened"),
    "access.elevate_end": _l("Elevated access ended"),
    "acting_as.end": _l("Acting for the patient ended"),
    "acting_as.start": _l("Acting for the patient begun"),
    "appointments.add_file": _l("File kept with a visit"),
    "appointments.remove_file": _l("File of a visit removed"),
    "appointments.share_file": _l("Whether the patient may open a file changed"),
    "appointments.addons": _l("Add-ons of a visit changed"),
    "appointments.book": _l("Visit booked"),
    "appointments.call": _l("Called to the room"),
    "appointments.undo_call": _l("Call taken back"),
    "screens.change": _l("Waiting-room screen changed"),
    "screens.end": _l("Waiting-room screen ended"),
    "screens.open": _l("Waiting-room screen opened"),
    "screens.renew": _l("Waiting-room screen given a new address"),
    "appointments.cancel": _l("Visit cancelled"),
    "appointments.check_in": _l("Arrival noted"),
    "appointments.confirm": _l("Visit confirmed"),
    "appointments.excuse": _l("No-show taken back"),
    "appointments.finish": _l("Visit finished"),
    "appointments.miss": _l("No-show noted"),
    "appointments.move": _l("Visit moved"),
    "appointments.stretch": _l("Length of a visit changed"),
    "appointments.onboard": _l("Visit of a new patient accepted"),
    "appointments.overbook": _l("Visit put on taken time"),
    "appointments.restore": _l("Cancelled visit restored"),
    "appointments.set_continuity": _l("Days that count as soon changed"),
    "appointments.start": _l("Visit started"),
    "courses.book": _l("Course of visits booked"),
    "courses.cancel": _l("Rest of a course cancelled"),
    "events.give_up": _l("Failed follow-up given up"),
    "events.try_again": _l("Failed follow-up tried again"),
    "courses.move": _l("Rest of a course moved"),
    "courses.restore": _l("Cancelled visits of a course restored"),
    "catalog.add_addon": _l("Add-on of a service added"),
    "catalog.archive_addon": _l("Add-on of a service no longer offered"),
    "catalog.change_addon": _l("Add-on of a service changed"),
    "catalog.add_document": _l("Document of a service added"),
    "catalog.remove_document": _l("Document of a service removed"),
    "schedule.ask_for_forms": _l("Forms of a calendar chosen"),
    "classes.cancel": _l("Class called off"),
    "classes.capacity": _l("Places of classes changed"),
    "appointments.charge": _l("Fee for a late or missed visit"),
    "appointments.waive": _l("Fee let off"),
    "schedule.calendar_terms": _l("Cancellation terms of a calendar changed"),
    "appointments.tell_again": _l("Confirmation sent again"),
    "appointments.undo_check_in": _l("Arrival taken back"),
    "audit.export": _l("Trail exported"),
    "calendar_feed.end": _l("Private calendar address ended"),
    "calendar_feed.open": _l("Private calendar address made"),
    "capability.clear": _l("Capability cleared for the platform"),
    "capability.grant": _l("Capability granted to the clinic"),
    "capability.pause": _l("Capability paused"),
    "capability.resume": _l("Capability resumed"),
    "capability.revoke": _l("Capability taken from the clinic"),
    "capability.unclear": _l("Capability closed for every clinic"),
    "catalog.add_service": _l("Service added"),
    "catalog.archive_service": _l("Service archived"),
    "catalog.change_service": _l("Service changed"),
    "catalog.move_service": _l("Order of services changed"),
    "catalog.qualify": _l("Qualified specialists changed"),
    "catalog.restore_service": _l("Service restored"),
    "clinic.activate": _l("Clinic activated"),
    "clinic.change": _l("Clinic's details changed"),
    "clinic.create": _l("Clinic created"),
    "consent.grant": _l("Consent given"),
    "consent.withdraw": _l("Consent withdrawn"),
    "consent_text.publish": _l("Consent text published"),
    "elevated.read": _l("Page read with elevated access"),
    "embedding.allow": _l("Site allowed to show the booking pages"),
    "embedding.stop": _l("Site no longer allowed to show the booking pages"),
    "form.claim": _l("Form opened on the tablet"),
    "form.complete": _l("Form filled in"),
    "flag.close": _l("Ability closed for the clinic"),
    "flag.open": _l("Ability opened for the clinic"),
    "form.open": _l("Form opened for the patient"),
    "form.open_on_kiosk": _l("Form handed over on the tablet"),
    "form.put_away": _l("Form put away on the tablet"),
    "form.reopen": _l("Form opened again for corrections"),
    "form.revoke_opening": _l("Form taken back from the tablet"),
    "form.sign": _l("Form signed"),
    "form.start": _l("Form begun"),
    "form.void": _l("Form set aside"),
    "form_template.publish": _l("Form template published"),
    "location.add": _l("Location added"),
    "location.change": _l("Location changed"),
    "location.close": _l("Location closed"),
    "location.reopen": _l("Location opened again"),
    "message.resent": _l("Message sent again"),
    "patients.add": _l("Patient added"),
    "patients.add_caregiver": _l("Caregiver added"),
    "patients.add_guest": _l("Guest added"),
    "patients.change_contact": _l("Patient's card changed"),
    "patients.claim": _l("Patient's card connected to a login"),
    "patients.export": _l("List of patients exported"),
    "patients.give_login": _l("Login given to the patient"),
    "reviews.give": _l("Visit reviewed"),
    "reviews.handle": _l("Review dealt with"),
    "reviews.set_rule": _l("Asking for reviews changed"),
    "patients.import": _l("Import of patients begun"),
    "patients.import_card": _l("Patient added by an import"),
    "patients.import_fill": _l("Card completed by an import"),
    "patients.import_rows": _l("Rows of an import to correct exported"),
    "patients.import_uncard": _l("Card of an import taken back"),
    "patients.import_undo": _l("Import of patients taken back"),
    "patients.keep_apart": _l("Two cards found to be two people"),
    "patients.merge": _l("Cards of one patient merged"),
    "patients.unmerge": _l("Merge of cards taken back"),
    "patients.onboard": _l("Guest taken on as a patient"),
    "platform.add_staff": _l("Operator's staff member added"),
    "platform.remove_staff": _l("Operator's staff member removed"),
    "role.change": _l("Role changed"),
    "role.create": _l("Role added"),
    "schedule.block": _l("Time blocked"),
    "schedule.unblock": _l("Blocked time freed"),
    "schedule.add_calendar": _l("Calendar opened"),
    "schedule.add_room": _l("Room or device added"),
    "schedule.archive_calendar": _l("Calendar archived"),
    "schedule.archive_room": _l("Room or device taken out of use"),
    "schedule.change_calendar": _l("Calendar changed"),
    "schedule.change_room": _l("Room or device changed"),
    "schedule.set_needs": _l("Rooms and devices of a service changed"),
    "schedule.clear_override": _l("Weekly hours count again on a day"),
    "schedule.restore_calendar": _l("Calendar opened again"),
    "schedule.restore_room": _l("Room or device in use again"),
    "schedule.set_override": _l("Hours of single days changed"),
    "schedule.set_weekly_hours": _l("Weekly hours changed"),
    "specialists.activate": _l("Specialist activated"),
    "specialists.add": _l("Specialist added"),
    "specialists.change": _l("Specialist's profile changed"),
    "specialists.connect": _l("Login connected to the specialist"),
    "specialists.add_licence": _l("Licence added"),
    "specialists.remove_licence": _l("Licence removed"),
    "specialists.deactivate": _l("Specialist deactivated"),
    "specialists.keep_signature": _l("Specialist's signature stored"),
    "specialists.name_specialty": _l("Specialty added"),
    "specialists.remove": _l("Specialist removed"),
    "specialists.remove_signature": _l("Specialist's signature removed"),
    "team.add": _l("Colleague invited"),
    "team.change_role": _l("Colleague's role changed"),
    "team.deactivate": _l("Colleague's access ended"),
    "team.drop_second_factor": _l("Second factor removed"),
    "team.password_link": _l("Link for a new password sent"),
    "team.reactivate": _l("Colleague's access restored"),
    "telerehab.abandon": _l("Exercise session abandoned"),
    "telerehab.end": _l("Exercise session ended"),
    "telerehab.measure": _l("Exercise session measured"),
    "telerehab.start": _l("Exercise session started"),
    "waiting.accept": _l("Offered time taken"),
    "waiting.back_in_turn": _l("In turn again on the waiting list"),
    "waiting.booked": _l("Off the waiting list: booked"),
    "waiting.bring_forward": _l("Brought forward on the waiting list"),
    "waiting.come_back": _l("Back on the waiting list"),
    "waiting.declined": _l("Offered time declined"),
    "waiting.expired": _l("Offer ran out"),
    "waiting.join": _l("Joined the waiting list"),
    "waiting.leave": _l("Left the waiting list"),
    "waiting.offer": _l("Free time offered"),
    "waiting.set_window": _l("Time to answer an offer changed"),
    "waiting.withdrawn": _l("Offer withdrawn"),
}

SUBJECTS: dict[str, LazyString] = {
    "appointment": _l("Visit"),
    "audit": _l("Trail"),
    "audit_archive": _l("Archive of the trail"),
    "block": _l("Blocked time"),
    "calendar_feed": _l("Private calendar address"),
    "calendar": _l("Calendar"),
    "capability": _l("Capability"),
    "class": _l("Class"),
    "clinic": _l("Clinic"),
    "consent": _l("Consent"),
    "consent_text": _l("Consent text"),
    "course": _l("Course of visits"),
    "delivery": _l("Message"),
    "event": _l("Follow-up"),
    "embed_origin": _l("Site with booking pages"),
    "form": _l("Form"),
    "form_template": _l("Form template"),
    "human": _l("Account"),
    "kiosk_opening": _l("Handover on the tablet"),
    "location": _l("Location"),
    "membership": _l("Colleague"),
    "page": _l("Page"),
    "patient": _l("Patient"),
    "patient_import": _l("Import of patients"),
    "pose_session": _l("Exercise session"),
    "role": _l("Role"),
    "review": _l("Review"),
    "room": _l("Room or device"),
    "route": _l("Page"),
    "service": _l("Service"),
    "specialist": _l("Specialist"),
    "specialty": _l("Specialty"),
    "waiting_entry": _l("Waiting list"),
    "wall_screen": _l("Waiting-room screen"),
}

PARTS: dict[str, LazyString] = {
    "card": _l("Patient's card"),
    "consents": _l("Consents"),
    "form": _l("Form"),
    "form_print": _l("Form, to print"),
    "pose_session": _l("Exercise session"),
    "visit": _l("Visit"),
    "visit_file": _l("File of a visit"),
}


REASONS: dict[str, LazyString] = {
    "operator_only": _l("For the operator's staff only."),
    "permission_missing": _l("The role does not allow it."),
}


def action(code: str) -> str:
    """What was done. A refused request is stored as `METHOD route`."""
    if code in ACTIONS:
        return str(ACTIONS[code])
    method, space, _route = code.partition(" ")
    if not space:
        return code
    return gettext("Tried to open a page") if method == "GET" else gettext("Tried to make a change")


def subject(code: str) -> str:
    """To what it was done."""
    return str(SUBJECTS.get(code, code))


def reason(text: str) -> str:
    """Why: what a person wrote, or the words for the code of a refusal."""
    return str(REASONS.get(text) or ERRORS.get(text, text))


def part(code: str) -> str:
    """Which part of a record was looked at."""
    return str(PARTS.get(code, code))
