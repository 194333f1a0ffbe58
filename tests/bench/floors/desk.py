"""Floors of the desk and of holds: plain Flask with one transaction under row-level security, or with one Lua call.

Environment as the product's, and BENCH_ORG, BENCH_SINCE, BENCH_UNTIL (ISO) for the day that is shown.
"""

from __future__ import annotations

import os

from flask import Flask, render_template, request
from jinja2 import DictLoader
from psycopg_pool import ConnectionPool
from redis import Redis

from tests.bench.floors.desk_sql import SET

TABLE = """<!doctype html><html lang="ro"><title>Day</title><table>{% for row in rows %}
<tr><td>{{ row[0].strftime("%H:%M") }}<td>{{ row[1] }}<td>{{ row[2].ro }}<td>{{ row[3] }}<td>{{ row[4] }}</tr>
{%- endfor %}</table>"""

DAY = """
SELECT a.starts_at, p.name, s.names, p.phone, a.state
FROM appointments a
JOIN patients p ON p.org_id = a.org_id AND p.id = a.patient_id
JOIN services s ON s.org_id = a.org_id AND s.id = a.service_id
WHERE a.org_id = %s AND a.starts_at >= %s AND a.starts_at < %s AND a.state <> 'cancelled'
ORDER BY a.starts_at
"""
KEEP = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', 480000)
return 1
"""
application = Flask(__name__)
application.jinja_loader = DictLoader({"day.html": TABLE})  # type: ignore[assignment]  # any loader will do.
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=4, open=False)
redis = Redis.from_url(os.environ["REDIS_URL"])
keep = redis.register_script(KEEP)


@application.get("/")
def alive() -> str:
    """Nothing but an answer."""
    return "ok"


@application.get("/day")
def day() -> str:
    """Twenty visits of one day in a table."""
    pool.open()
    org = os.environ["BENCH_ORG"]
    given = (org, os.environ["BENCH_SINCE"], os.environ["BENCH_UNTIL"])
    with pool.connection() as connection, connection.transaction():
        connection.execute(SET, (org,))
        rows = connection.execute(DAY, given).fetchall()
    return render_template("day.html", rows=rows)


@application.post("/hold")
def hold() -> str:
    """Keep a time, if nobody does."""
    start = request.form["start"]
    return str(keep(keys=[f"bench:{start}"], args=[start]))
