"""Free times over HTTP: the fragment of two weeks and the API's month, beside a bare Flask page.

One client on one core asks in turn, the servers run on the others. A peer's month view takes 54 ms for one specialist
and 331 ms for any of 20 (performance notes); ours is to be 15 and 20 times as fast, measured on the same machine.
"""

from __future__ import annotations

from app.kernel.redis import connect
from tests.bench import slots_workload as workload
from tests.bench.running_system import administrator, running_system, web_server
from tests.bench.slots_clinic import busy_clinic
from tests.bench.taking_turns import Getter, report, servers_apart, take_turns

ROUNDS = 40
FLOOR = "floor: a bare Flask page"


def measure(load: workload.Workload) -> None:
    """One specialist and any of 20, in turn with the floor."""
    first, days = workload.MONTH
    with running_system() as system:
        with servers_apart():
            admin, redis = administrator(system), connect(system.redis_url)
            slugs = [
                busy_clinic(system, admin, redis, f"http-{people}", load, people).clinic.slug
                for people in (1, 20)
            ]
            site, _ = web_server(system)
            floor, _ = web_server(system, "tests.bench.floors.bare_page:application", health="/")
        part = {"HX-Request": "true"}
        last = first.replace(day=days)
        pages = {FLOOR: Getter(f"{floor}/")}
        for slug, who in zip(slugs, ("one specialist", "any of 20"), strict=True):
            address = f"{site}/{slug}/book/consult?from={first}"
            api = f"{site}/{slug}/api/v1/calendars/consult/availability?from={first}&to={last}"
            pages[f"two weeks, {who}, part"] = Getter(address, **part)
            pages[f"month by the API, {who}"] = Getter(api)
        report(take_turns(pages, ROUNDS), FLOOR)
