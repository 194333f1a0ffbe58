"""What a newcomer is told: four addresses, and who may enter where."""

from __future__ import annotations

from app.demo.cast import LUCA, MARIA, MOVIMENTO, OPERATOR, PASSWORD


def lines(base_url: str) -> list[str]:
    """The addresses of the demo with a login for each, as text."""
    clinic = f"{base_url}/{MOVIMENTO.slug}"
    desk = next(one for one in MOVIMENTO.staff if one.role == "reception")
    specialist = MOVIMENTO.specialists[0]
    return [
        f"Book as a patient   {clinic}/",
        f"Console             {clinic}/console/    {desk.email} (reception)",
        f"                                          {specialist.email} (specialist)",
        f"                                          {MOVIMENTO.staff[0].email} (owner)",
        f"Portal              {clinic}/portal/     {MARIA[1]}",
        f"Kiosk               {clinic}/kiosk/      opened from the console",
        f"Operator            {base_url}/platform/  {OPERATOR[1]}",
        f"Second clinic       {base_url}/{LUCA.slug}/",
        f"Password of all: {PASSWORD}   (the page shows the second factor's code)",
    ]
