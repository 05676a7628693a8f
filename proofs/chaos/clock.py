"""The clock of the machines that serve, two days behind and two days ahead, while they serve."""

import json
import uuid
from collections import Counter
from pathlib import Path

from proofs.ground import Ground
from proofs.load import break_often, under_load
from proofs.offering import Call, until_answered
from proofs.proof import Outcome, Proof

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
CLOCKS = ("-2d", "+2d", "+0")
# What happened: none of it can have been long before this began, nor lie ahead.
HAPPENED = ("created_at", "updated_at", "cancelled_at", "sent_at", "read_up_to", "attempted_at", "told_at", "at")
COLUMNS = f"""
SELECT table_name, column_name
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'timestamp with time zone'
    AND table_name <> 'procrastinate_events' AND column_name = ANY (ARRAY{list(HAPPENED)})
"""
OFF = (
    "SELECT count(*) FROM {table} WHERE {column} NOT BETWEEN clock_timestamp() - interval '1 day' AND clock_timestamp()"
)


def library() -> str:
    return next((path for path in LIBRARIES if Path(path).exists()), "")


def why_not() -> str:
    return "" if library() else "libfaketime is not on this machine (Debian: apt-get install faketime)"


def turn_the_clock(ground: Ground, times: int, planted: bool) -> Outcome:
    outcome, said = Outcome(), ground.place / "clock"
    said.write_text("+0\n")
    site = ground.serving(
        "the_machines_own_clock" if planted else "",
        LD_PRELOAD=library(),
        FAKETIME_TIMESTAMP_FILE=str(said),
        FAKETIME_CACHE_DURATION="1",  # seconds until it looks again
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        DONT_FAKE_MONOTONIC="1",
    )

    def turn(number: int) -> None:
        said.write_text(f"{CLOCKS[number % len(CLOCKS)]}\n")
        outcome.wrong += _asked_and_called_off(site.port, site.people["writers"][number % 8])

    with under_load(ground, outcome) as load:
        outcome.figures["turns of the clock"] = break_often(load, times, turn, everybody=True)
    outcome.wrong += _times_that_are_off(ground)
    return outcome


def _asked_and_called_off(port: int, person: dict[str, str]) -> Counter[str]:
    """A help request, with what it writes down by the clock."""
    asked = {
        "id": str(uuid.uuid4()),
        "title": "A ride to the clinic",
        "category": "transportation-errands",
        "urgency": "urgent",
    }
    path, token = "/api/help-requests", person["token"]
    calls = (Call(path, token, json.dumps(asked)), Call(f"{path}/{asked['id']}/cancel", token))
    answers = tuple(until_answered(port, call) for call in calls)
    return Counter() if answers == (201, 200) else Counter({f"asked and called off: answered {answers}": 1})


def _times_that_are_off(ground: Ground) -> Counter[str]:
    found = Counter[str]()
    for table, column in ground.database.rows(COLUMNS):
        found[f"times in {table}.{column} that are days off"] = ground.one(OFF.format(table=table, column=column))
    return +found


PROOF = Proof(
    name="clock",
    promise="The clock of the machine that serves is turned two days back and forth: nobody is turned away, nothing is "
    "lost, and every time that is kept is the database's",
    fault="a server process that goes by its own clock",
    run=turn_the_clock,
    quick=2,
    full=60,
    why_not=why_not,
)
