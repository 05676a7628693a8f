"""One member floods the site: how long do the others wait, against a calm site, and are they answered at all?"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle

from benchmarks import people
from benchmarks.bench import Bench
from benchmarks.figures import VALUE, Figure, at_most, value
from benchmarks.rows.calls import INBOX
from benchmarks.rows.crowd import Call, crowded
from benchmarks.serving.caller import Caller, Person, with_tokens
from benchmarks.serving.site import ROOT

OTHERS, IN_FLIGHT, ROUNDS = 16, 300, 3


def flood(bench: Bench) -> list[Figure]:
    """Whoever gets no 200 ends the row."""
    people.settle()
    flooder, *others = with_tokens(people.with_full_inboxes(41))
    calls: cycle[Call] = cycle([partial(Caller.get, path=INBOX, by=person) for person in others])
    port, seconds = bench.site().port, bench.seconds / 4
    calm: list[float] = []
    flooded: list[float] = []
    for _ in range(ROUNDS):
        calm += crowded(port, calls, OTHERS, seconds)
        with _flooding(port, flooder):
            flooded += crowded(port, calls, OTHERS, seconds)
    before, during = (sorted(took)[int(len(took) * 0.95)] * 1000 for took in (calm, flooded))
    return [
        value("flood", f"GET inbox, p95 of {OTHERS} clients", before, "ms"),
        value("flood", f"the same, beside {IN_FLIGHT} of one member", during, "ms"),
        value("flood", "the one against the other", during / before, "×", at_most(2, VALUE), against="calm"),
    ]


@contextmanager
def _flooding(port: int, by: Person) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.serving.flooder", str(port), INBOX, by.token, str(IN_FLIGHT)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"floods\n":
                raise SystemExit("The flood did not begin.")
            yield
        finally:
            process.terminate()
