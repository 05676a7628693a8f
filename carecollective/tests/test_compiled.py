"""A compiled query: put together once, asked for anybody, and nothing of anybody is kept."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.compiled import compiled
from carecollective.tests.owner import run_as_owner
from carecollective.tests.races import at_once

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_it_is_put_together_once_and_each_gets_their_own():
    seen = []

    @compiled
    def called(*, id: UUID, name: str):
        seen.append((id, name))
        return Member.objects.filter(pk=id, name=name)

    members = [MemberFactory(name="Nora Nelson"), MemberFactory(name="O'Brien 100% %s")]

    assert [called(id=member.pk, name=member.name) for member in members] == [[member] for member in members]
    assert called(id=members[0].pk, name=members[1].name) == []
    assert len(seen) == 1
    assert not {*seen[0]} & {value for member in members for value in (member.pk, member.name)}


def test_the_text_holds_the_constants_and_none_of_the_values():
    @compiled
    def called(number: int, *, id: UUID):
        return Member.objects.filter(pk=id, town="50% of 'Boonville'", name__startswith="No%")[:number]

    member = MemberFactory(name="No% one", town="50% of 'Boonville'")
    with CaptureQueriesContext(connection) as asked:
        assert called(3, id=member.pk) == [member]
        assert called(4, id=uuid4()) == []

    (kept, other) = (question._text for question in (called._statement((n,), (("id", UUID),)) for n in (3, 4)))
    assert "'50%% of ''Boonville'''" in kept
    assert (kept.count("%s"), str(member.pk) in kept, "LIMIT 3" in kept, "LIMIT 4" in other) == (1, False, True, True)
    assert len(asked) == 2


def test_it_is_one_for_each_shape_and_reads_what_a_queryset_reads():
    @compiled
    def asked(what: str, *, id: UUID):
        return Member.objects.filter(pk=id).values_list(what, flat=True)

    member = MemberFactory(name="Nora Nelson", town="Springfield")

    assert [*asked("name", id=member.pk), *asked("town", id=member.pk)] == ["Nora Nelson", "Springfield"]


def test_a_moment_may_be_some_time_before_or_after_the_one_that_is_given():
    @compiled
    def joined(*, since: datetime, until: datetime):
        return Member.objects.filter(last_login__gte=since - timedelta(days=1), last_login__lt=until)

    member = MemberFactory(last_login=NOON)

    def found(since, until):
        return member in joined(since=NOON + since, until=NOON + until)

    hour, day = timedelta(hours=1), timedelta(days=1)
    assert [found(day, hour), found(day + hour, hour), found(day, -hour)] == [True, False, False]


def test_a_value_that_is_not_bound_as_it_was_given_is_refused():
    @compiled
    def beginning(*, name: str):
        return Member.objects.filter(name__startswith=name)

    with pytest.raises(LookupError, match="name"):
        beginning(name="No")


def test_a_value_that_nothing_asks_with_is_refused():
    @compiled
    def everybody(*, id: UUID):
        return Member.objects.all()

    with pytest.raises(LookupError, match="id"):
        everybody(id=uuid4())


def test_what_is_no_value_belongs_to_the_shape():
    @compiled
    def some(*, number: int):
        return Member.objects.all()[:number]

    with pytest.raises(TypeError, match="shape"):
        some(number=3)


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection():
    @compiled
    def called(*, id: UUID):
        return Member.objects.filter(pk=id)

    member = MemberFactory()
    called(id=member.pk)
    kept = called._statement((), (("id", UUID),))

    def backend():
        return kept.compiler({"id": member.pk}).connection.connection.info.backend_pid

    (there,) = at_once(lambda: (called(id=member.pk), backend()))

    assert (there[0], there[1] == backend()) == ([member], False)


def test_a_shape_that_no_row_can_have_asks_nobody():
    @compiled
    def asked(number: int, *, id: UUID):
        return Member.objects.filter(pk=id)[:number]

    member = MemberFactory()
    with CaptureQueriesContext(connection) as queries:
        assert (asked(0, id=member.pk), asked(1, id=member.pk)) == ([], [member])

    assert len(queries) == 1


def test_no_plan_knows_a_value_so_the_one_for_everybody_is_as_good_as_any():
    @compiled
    def asked(*, id: UUID, name: str, since: datetime):
        return Member.objects.filter(last_login__gte=since, town=name).exclude(pk=id)

    for number in range(50):  # of whom a plan for somebody would know how few are from there, or came since
        MemberFactory(town="Boonville" if number else "Springfield", last_login=NOON + timedelta(days=number))
    run_as_owner("ANALYZE members")
    values = {"id": UUID, "name": str, "since": datetime}
    text = asked._statement((), tuple(values.items()))._text

    def cost(*given):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", given)
            ((plan,),) = cursor.fetchall()
        return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Total Cost"]

    many, few = ((NOON + timedelta(days=day), town, uuid4()) for day, town in ((0, "Boonville"), (49, "Springfield")))
    assert cost(*many) == cost(*few)
    assert text.count("(SELECT %s::") == 3
