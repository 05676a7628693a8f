"""Samples are taken in turns, and processor time is that of the processes that are asked about."""

import os
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connection

from benchmarks import turns
from benchmarks.processor import Clocks, Meter, Spent, _parent_of, clock_of, family
from benchmarks.rows.commits import compared
from benchmarks.serving import site
from carecollective.tests.every_day import takes_long
from carecollective.tests.waiting import eventually

pytestmark = takes_long


WORK = "SELECT count(*) FROM generate_series(1, 300000)"


class Still:
    """A meter by which everything takes as long."""

    def __init__(self):
        self.begun = 0

    def begin(self):
        self.begun += 1

    def spent(self):
        return Spent(1.0, 2.0)


def test_sides_take_turns_and_another_is_first_in_each_round():
    done = []
    sides = {name: [lambda name=name: done.append(name)] * 20 for name in "ab"}

    taken = turns.in_turns(sides, Still(), seconds=60, batch=5)

    assert "".join(done) == "aaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaa"
    assert [len(samples.elapsed) for samples in taken.values()] == [15, 15]


def test_processor_time_is_read_for_each_batch_and_shared_by_its_calls():
    taken = turns.in_turns({"a": [lambda: None] * 20}, Still(), seconds=60, batch=5)

    assert taken["a"].processor == [(0.2, 0.4)] * 3


def test_a_side_may_have_a_meter_of_its_own():
    meters = {"a": Still(), "b": Still()}

    turns.in_turns({"a": [lambda: None] * 5, "b": [lambda: None] * 5}, meters, seconds=60)

    assert [meter.begun for meter in meters.values()] == [1, 1]


def test_time_that_is_over_ends_it_after_a_few_rounds():
    done = []

    turns.in_turns({"a": [lambda: done.append(1)] * 500}, Still(), seconds=1e-9, batch=1)

    assert 1 <= len(done) <= turns.FEWEST_ROUNDS + 1


def test_a_process_that_was_not_there_before_began_from_nothing():
    before, after = Clocks({1: 1.0}, {5: 2.0}), Clocks({1: 1.5}, {5: 2.0, 6: 0.25})

    assert after.since(before) == (0.5, 0.25)


def test_a_clock_that_nobody_has_says_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert clock_of(process.pid) is None


def test_a_child_counts_with_its_parent():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in family(os.getpid())
        assert child.pid not in family(os.getpid(), without=child.pid)
        eventually(lambda: clock_of(child.pid))
        child.stdin.close()


@pytest.fixture
def meter(transactional_db):
    connection.ensure_connection()
    meter = Meter(os.getpid(), site.parameters())
    yield meter
    meter.close()


def test_what_the_database_works_is_counted_as_the_databases(meter):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        meter.begin()
        nothing = meter.spent()
        meter.begin()
        cursor.execute(WORK)
        spent = meter.spent()

    assert spent.database > 10 * nothing.database
    assert spent.database > 3 * spent.web


def test_the_database_that_a_program_has_started_is_not_the_program(meter):
    meter.process = _parent_of(meter.postmaster)
    backend = connection.connection.info.backend_pid

    meter.begin()

    assert backend in family(meter.process)
    assert (backend in meter.before.web, backend in meter.before.database) == (False, True)


def test_what_this_program_works_is_counted_as_its_own(meter):
    meter.begin()
    sum(number * number for number in range(300_000))

    spent = meter.spent()

    assert spent.web > spent.database


def test_to_look_for_processes_is_no_work_of_this_program(meter):
    began = time.process_time()
    meter.begin()
    spent = meter.spent()
    looking = time.process_time() - began

    assert spent.web < looking / 2


def test_a_connection_that_is_new_counts_from_its_beginning(meter):
    meter.begin()
    with psycopg.connect(**site.parameters()) as another:
        another.execute(WORK)
        spent = meter.spent()

    assert spent.database > 0.005


def test_commits_that_keep_up_show_nothing_where_a_line_could_not_be_seen():
    busy, quick, in_line = compared("here", 80, 80), compared("here", 500, 510), compared("here", 150, 510)

    assert (busy.is_met, quick.is_met, in_line.is_met) == (False, True, False)
    assert "too busy" in busy.verdict
