"""The waiting room of a demo clinic: a screen on its wall, and one of those who wait called to a room."""

from __future__ import annotations

import uuid

from app.appointments.actions.calling import call
from app.appointments.actions.screens import ScreenDraft, open_screen
from app.appointments.models import Appointment
from app.appointments.queries.board import on_board
from app.demo.world import TIME_ZONE, World
from app.scheduling.queries.listing import room_choices

SCREEN = ScreenDraft("Sala de așteptare", "both")


def waiting_room(world: World) -> None:
    """Open the screen; its address is given again from the console. The first of several who wait is called."""
    session, org_id = world.session, world.org_id
    open_screen(session, world.desk, SCREEN, now=world.now)
    waiting = on_board(session, org_id, world.now, TIME_ZONE).waiting
    if len(waiting) < 2:
        return
    visit_id = uuid.UUID(waiting[0].key)
    place = session.get_one(Appointment, (org_id, visit_id)).location_id
    rooms = room_choices(session, org_id, place)
    room_id = rooms[0][0] if rooms else None
    call(session, world.desk, visit_id, now=world.now, room_id=room_id)
