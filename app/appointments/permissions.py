"""Permissions that appointments own."""

from app.kernel.access.permissions import declare

VIEW = declare("appointments.view", "See appointments")
BOOK = declare("appointments.book", "Book and move appointments")
OVERBOOK = declare("appointments.overbook", "Book onto taken time, with a reason")
FILES = declare("appointments.files", "See and keep files of visits")
CANCEL = declare("appointments.cancel", "Cancel appointments and mark no-shows")
WAIVE = declare("appointments.waive", "Waive what is due for late or missed appointments")
RECEIVE = declare("reception.check_in", "Check patients in")
CALL = declare("reception.call", "Call waiting patients to the room")
REVIEWS = declare("reviews.manage", "Read reviews of visits and deal with low ones")
TREAT = declare("appointments.treat", "Start and finish visits")
