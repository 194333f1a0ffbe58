"""The sentence that a person reads for a named error. Every code that a surface can meet stands here."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.lib.errors import DomainError, FieldError

ERRORS: dict[str, LazyString] = {
    "link_unknown": _l("This link leads nowhere. Please open it exactly as it was sent to you."),
    "choose_room": _l("Choose the room to which the patient is called."),
    "addon_unknown": _l("This add-on is not offered any more. Look at the page again."),
    "too_many_addons": _l("A service has at most %(limit)s add-ons. Take one off first."),
    "file_unknown": _l("This file does not exist any more."),
    "too_many_files": _l("A visit keeps at most %(limit)s files. Remove one first."),
    "too_many_documents": _l("A service has at most %(limit)s documents. Remove one first."),
    "not_arrived": _l("Only somebody who has arrived can be called."),
    "offer_impossible_now": _l(
        "It cannot be offered now: it is night for them, or too soon before the start."
    ),
    "offer_open": _l("They have an offer that they have not answered yet."),
    "offered_before": _l("They were offered this time before and did not take it."),
    "offer_over": _l("This offer is over."),
    "waiting_again": _l("They are on the list again already."),
    "waiting_over": _l("They are no longer on the list."),
    "import_moved_on": _l("This import has moved on meanwhile. Look at it again."),
    "import_runs": _l("It is at work: a moment ago it moved on."),
    "import_undo_over": _l("An import can be taken back for thirty days. These are over."),
    "import_unknown": _l("This import does not exist."),
    "event_not_parked": _l("Somebody has decided about this already, or it went through."),
    "merge_changed": _l("One of these cards was merged meanwhile. Look at the list again."),
    "merge_two_logins": _l(
        "Two people sign in as these two, so the cards stay apart. Ask them which account they keep."
    ),
    "merge_undo_order": _l(
        "The kept card was merged again since. Take the newest merge back first."
    ),
    "merge_undo_over": _l("A merge can be taken back for thirty days. These are over."),
    "merge_undone": _l("This merge was taken back already."),
    "merge_unknown": _l("This merge does not exist."),
    "not_found": _l("This does not exist, or it is not yours to see."),
    "refused": _l("You may not do this."),
    "conflict": _l("Somebody else was quicker. Look at the page again and decide."),
    "expired": _l("This link has expired. Please ask for a new one."),
    "unavailable": _l("A service we depend on does not answer. Please try again in a moment."),
    "permission_missing": _l("Your role does not allow this. Ask the manager of your clinic."),
    "bad_credentials": _l("E-mail and password do not match."),
    "bad_code": _l("This code is not right, or it was used already. Wait for the next one."),
    "too_many_attempts": _l("Too many attempts. Please wait a quarter of an hour."),
    "claim_phone": _l("These are not the last four digits of the number that the clinic has."),
    "link_expired": _l("This link was used already or has expired. Ask for a new one."),
    "class_above_capacity": _l("More places are taken already in a class that is to come."),
    "block_taken": _l("Something stands there already. Move it first, or block another time."),
    "block_not_found": _l("This block does not exist any more."),
    "class_length": _l("A class lasts as long as its calendar says."),
    "class_not_found": _l("This class does not exist."),
    "capability_off": _l("This feature is not switched on for the clinic."),
    "capability_paused": _l("This feature is paused for the clinic."),
    "cost_not_accepted": _l("This costs something now. Show how much, and send it along."),
    "appointment_changed": _l("Somebody else changed this visit meanwhile. Look at it again."),
    "cancel_too_late": _l("It is too late to cancel here. Please call the clinic."),
    "illegal_move": _l("This is not possible any more: the visit has moved on."),
    "move_too_late": _l("It is too late to move the visit here. Please call the clinic."),
    "hold_too_long": _l("This time was kept as long as a time can be. Please choose again."),
    "review_closed": _l("This visit can no longer be reviewed, or not yet."),
    "review_unknown": _l("This review does not exist."),
    "room_exists": _l("Another room or device has this name by now. Rename one of the two first."),
    "room_taken": _l("This room is not free then, or does not suit this service."),
    "charge_released": _l("It was let off already."),
    "slot_taken": _l("That time was taken a moment ago. Please choose another one."),
    "token_expired": _l("This link has expired. Please ask for a new one."),
    "idempotency_key_reused": _l("This form was sent before with other content. Reload the page."),
    "delivery_not_repeatable": _l("A message with a one-time link cannot be sent again."),
    "delivery_overtaken": _l(
        "The visit has changed since. This message would say what is no more."
    ),
    "delivery_waiting": _l("This message is on its way already."),
    "consent_missing": _l("The patient has not given the consent that this needs."),
    "consent_not_held": _l("This consent is not given, or it was withdrawn already."),
    "consent_not_withdrawable": _l("This rests on the law or the care contract, not on consent."),
    "feed_is_personal": _l("The address of a calendar is made by the patient alone."),
    "flag_off": _l(
        "The operator has not opened this for the clinic. Please ask the clinic's manager."
    ),
    "form_for_consent": _l("This consent is given at the clinic. Please ask at the reception."),
    "form_changed": _l("The form has changed since you read it. Please read it again."),
    "form_closed": _l("This form is already signed or set aside."),
    "kiosk_ended": _l("This form was closed on this tablet. Please ask at the reception."),
    "kiosk_expired": _l(
        "The time of this code has run out. Please ask at the reception for a new one."
    ),
    "kiosk_revoked": _l("The reception took this form back. Please ask at the reception."),
    "kiosk_used": _l("This code was used already. Please ask at the reception for a new one."),
    "pose_session_not_found": _l("This session does not exist, or it is not yours to see."),
    "exercise_not_found": _l(
        "This exercise does not exist, or it is not measured with the camera."
    ),
    "signature_mode_off": _l("This form cannot be signed in this way."),
    "staff_never_measure": _l("Staff never measure in a patient's place."),
    "staff_never_sign": _l("Staff never sign or consent in a patient's place."),
    "telemetry_flag": _l("The measurement cannot start right now. Please try again in a moment."),
    "write_back_refused": _l("This result was not signed by the telemetry process just now."),
    "beyond_own_permissions": _l("You can give and take only what your own role allows."),
    "clinic_active": _l("This clinic is active already."),
    "elevation_open": _l("You have access to this clinic already."),
    "last_owner": _l(
        "Somebody must remain who can manage roles and team. Give another person that role first."
    ),
    "works_elsewhere": _l(
        "This colleague works in another clinic too. They can change it themselves."
    ),
    "operator_only": _l("Only the operator's staff may do this."),
    "not_started_yet": _l("The visit has not begun yet, so nobody has missed it."),
    "appointment_not_found": _l("This visit does not exist, or it is not yours to see."),
    "visit_link_over": _l("The visit was more than a month ago, so its page is closed."),
    "visit_link_unknown": _l("This link leads to no visit"),
    "changed_meanwhile": _l("Somebody else changed this meanwhile. Look at it again."),
    "location_in_use": _l("Specialists work at this location. Give them another one first."),
    "last_location": _l("A clinic needs at least one open location."),
    "profile_claimed": _l("One person has one specialist profile, and one profile one person."),
    "room_in_use": _l("Visits to come have this room. Give them another one first."),
    "specialist_has_visits": _l(
        "Visits are to come. Give them to somebody else, or cancel them, first."
    ),
}

FIELDS: dict[str, LazyString] = {
    "device_not_chosen": _l("Tick at least one device."),
    "consent_missing": _l(
        "This consent is needed before booking; the clinic's answer has its text."
    ),
    "consent_version": _l("The clinic has a newer text of this consent. Show that one."),
    "field_unknown": _l("There is no field of this name."),
    "hold_addons": _l("This hold is for other add-ons."),
    "hold_other": _l("This hold is for another time or another calendar."),
    "key_wrong": _l("Send a header Idempotency-Key of 16 to 255 characters, new for each booking."),
    "moment_malformed": _l(
        "Write a moment in whole minutes with its offset, like 2027-03-08T09:00:00+02:00."
    ),
    "origin_insecure": _l("The site must be reached by https://."),
    "origin_malformed": _l(
        "This is not the address of a site. Write it like https://www.example.com."
    ),
    "web_address_malformed": _l(
        "This is not the address of a page. Write it like https://www.example.com."
    ),
    "color_malformed": _l("Please choose a colour."),
    "origins_many": _l("At most %(limit)s sites. Remove one first."),
    "out_of_bounds": _l("This number is too small or too large."),
    "repeated": _l("Say this only once."),
    "specialist_unknown": _l("Nobody of this name can be booked here."),
    "location_unknown": _l("Nobody can be booked here at this location."),
    "too_many": _l("These are too many."),
    "wrong_form": _l("This does not have the form that the description asks for."),
    "wrong_type": _l("This is not of the type that the description asks for."),
    "required": _l("Please fill this in."),
    "too_long": _l("This is too long (at most %(max)s characters)."),
    "password_length": _l("Choose between %(min)s and %(max)s characters."),
    "agree_required": _l("Please tick this box to go on."),
    "kiosk_code_unknown": _l(
        "This code is not right, or its time has run out. Please ask at the reception."
    ),
    "signature_missing": _l("Please sign in the frame."),
    "signature_trivial": _l(
        "This is very short for a signature. Please sign with your whole name."
    ),
    "signature_unreadable": _l(
        "The signature did not arrive whole. Please clear the frame and sign again."
    ),
    "unknown_choice": _l("Please choose one of these."),
    "upload_damaged": _l("The picture is damaged. Please try again."),
    "upload_kind": _l("This is not a picture of an accepted kind."),
    "upload_pixels": _l("The picture has too many pixels."),
    "upload_too_large": _l("The file is too large."),
    "email_invalid": _l("This is not an e-mail address. It looks like name@example.com."),
    "phone_not_a_number": _l("This is not a phone number. Write it like 0721 234 567."),
    "phone_unknown_country": _l("Please choose the country of the number."),
    "phone_wrong_country": _l(
        "This number is not from the chosen country. Choose its country, or correct it."
    ),
    "phone_not_mobile": _l("This is not a mobile number, so we could not text you."),
    "phone_too_short": _l("This number is too short for the chosen country."),
    "phone_too_long": _l("This number is too long for the chosen country."),
    "phone_not_in_use": _l("No such number exists in the chosen country. Is a digit wrong?"),
    "block_order": _l("The end comes after the start, at most 24 hours later."),
    "length_invalid": _l("A visit lasts 5 minutes to 8 hours, in steps of 5 minutes."),
    "slot_past": _l("This time has passed."),
    "password_guessable": _l("This is too easy to guess."),
    "member_exists": _l("This person is on the team already."),
    "must_be_later": _l("Choose a moment in the future."),
    "reason_too_short": _l("Please say a little more (at least %(min)s characters)."),
    "role_exists": _l("There is a role of this name already."),
    "room_exists": _l("There is a room or device of this name at this location already."),
    "slug_reserved": _l("This word belongs to the platform. Choose another one."),
    "slug_shape": _l("Use 3 to 40 letters a to z, digits and single dashes."),
    "slug_taken": _l("Another clinic has this short name."),
    "wrong_password": _l("This is not your password now."),
    "address_shape": _l("Use letters a to z, digits and single dashes, at most 60 in all."),
    "address_taken": _l("Another calendar has this address."),
    "amount_too_large": _l("This amount is too large."),
    "day_malformed": _l("This is not a date."),
    "hours_empty": _l("Add at least one stretch of time."),
    "not_an_amount": _l("This is not an amount. Write it like 120 or 120.50."),
    "ends_before_start": _l("This is before the first day."),
    "fee_range": _l("Write an amount such as 50, or a share from 1 to 100 percent."),
    "course_length": _l("A course has between %(lowest)s and %(highest)s visits."),
    "class_of_one": _l("A group class has at least two places."),
    "places_of_class": _l("Only a group class has several places."),
    "out_of_range": _l("Choose between %(lowest)s and %(highest)s."),
    "range_backwards": _l("The last day lies before the first."),
    "range_too_long": _l("At most %(limit)s days at once."),
    "time_malformed": _l("“%(typed)s” is not a time. Write it like 9:00 or 17:30."),
    "time_missing": _l("A stretch of time needs its start and its end."),
    "too_many_decimals": _l("At most two decimals."),
    "window_empty": _l("%(start)s–%(end)s is no time at all: start and end are the same."),
    "window_inverted": _l("%(start)s–%(end)s ends before it starts."),
    "window_malformed": _l("Times lie between 0:00 and 24:00."),
    "windows_overlap": _l("%(start)s–%(end)s overlaps %(other_start)s–%(other_end)s."),
    "zone_has_overrides": _l(
        "Days off or hours of a calendar are set on the old clock. Remove them first, then change the zone."
    ),
    "zone_unknown": _l("There is no such time zone."),
    "choose_patient": _l("Please choose the patient, or add a new one."),
    "known_already": _l(
        "Somebody like this is known already: choose them, or say that it is somebody else."
    ),
    "phone_or_email": _l("Please give a mobile number or an e-mail address."),
    "time_invalid": _l("This is not a time."),
    "time_skipped": _l("The clocks skip this time on that date."),
    "no_calendar": _l("Open a calendar first; its forms are asked for when it is booked."),
    "addon_minutes": _l("Up to four hours, in steps of five minutes."),
    "addon_unknown": _l("This add-on is not offered any more. Look at the page again."),
    "date_impossible": _l("This date cannot be right."),
    "birth_date_other": _l("The date of birth is not the one in the personal number."),
    "personal_number": _l("This is not a valid personal number (CNP)."),
    "language_unknown": _l("Only Romanian and English are known. Write ro or en."),
    "row_too_wide": _l("The row has more cells than there are columns."),
    "column_twice": _l("Two columns cannot hold the same. Choose one of them."),
    "column_name_missing": _l("Say which column holds the name."),
    "csv_empty": _l("The file is empty."),
    "csv_no_patients": _l("The file names its columns and has no row below."),
    "csv_workbook": _l(
        "This is a workbook, not a CSV file. Open it, choose “Save as” and the kind CSV, and bring that file."
    ),
    "csv_not_text": _l("This is not a text file. Save the table as CSV and bring that file."),
    "csv_encoding": _l("The letters of this file cannot be read this way. Choose another one."),
    "csv_quote": _l(
        "A quotation mark in the row that begins on line %(line)s opens or ends in the wrong place."
    ),
    "csv_cell_long": _l("A cell in line %(line)s is too long: at most 10,000 characters."),
    "csv_columns": _l("At most %(limit)s columns."),
    "csv_rows": _l("At most %(limit)s rows at once. Split the file, and bring the parts."),
}


def sentence(error: DomainError) -> str:
    """The text of an error, filled with its parameters."""
    template = ERRORS.get(error.code) or ERRORS.get(type(error).code) or ERRORS["refused"]
    return _fill(template, dict(error.params))


def field_sentence(error: FieldError) -> str:
    """The text beside a field."""
    return _fill(FIELDS.get(error.code, FIELDS["required"]), dict(error.params))


def _fill(template: LazyString, params: dict[str, object]) -> str:
    text = str(template)
    try:
        return text % params if params else text
    except (KeyError, ValueError, TypeError):
        return text
