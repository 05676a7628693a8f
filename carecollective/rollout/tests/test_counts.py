"""How many members the rollout can reach is counted as they come and go, and says what going through them says."""

import uuid
from collections import Counter

import pytest
from django.db import ProgrammingError, connection, transaction

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout import counts, tasks
from carecollective.rollout.heads import Roster
from carecollective.rollout.models import Count
from carecollective.rollout.stages import BUCKETS, bucket
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.plans import most_looked_at

pytestmark = pytest.mark.django_db

OF_MEMBERS = ["members", "members by number", "staff"]


def by_hand():
    able = list(Member.objects.filter(verification_status="approved", restriction="none"))
    found = Counter(("members by number", bucket(member.pk)) for member in able if not member.is_staff)
    return found + Counter(("staff" if member.is_staff else "members", 0) for member in able)


def kept():
    found = Counter()
    for row in Count.objects.filter(counted__in=OF_MEMBERS):
        found[row.counted, row.part] += row.number
    return +found


def test_the_database_gives_each_member_the_number_that_python_gives():
    ids = [uuid.uuid4() for _ in range(2_000)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rollout_bucket(id) FROM unnest(%s::uuid[]) WITH ORDINALITY AS t (id, n) ORDER BY n", [ids]
        )
        numbers = [number for (number,) in cursor.fetchall()]

    assert numbers == [bucket(id) for id in ids]
    assert max(numbers) > BUCKETS * 0.9


CHANGES = {
    "comes": lambda: MemberFactory(),
    "applies": lambda: MemberFactory(verification_status="pending"),
    "is let in": lambda: Member.objects.filter(verification_status="pending").update(verification_status="approved"),
    "is suspended": lambda: Member.objects.filter(is_staff=False).update(restriction="suspended"),
    "comes back": lambda: Member.objects.update(restriction="none"),
    "joins the staff": lambda: Member.objects.update(is_staff=True),
    "leaves the staff": lambda: Member.objects.update(is_staff=False),
    "goes by another name": lambda: Member.objects.update(name="Somebody Else"),
    "is gone": lambda: [member.delete() for member in Member.objects.all()],
}


def test_whatever_becomes_of_a_member_is_counted():
    people = [
        *MemberFactory.create_batch(5),
        MemberFactory(is_staff=True),
        MemberFactory(verification_status="pending"),
    ]
    seen = []

    for name, change in CHANGES.items():
        change()
        assert (name, kept()) == (name, by_hand())
        seen.append(len(Roster.read()))

    assert len(set(seen)) >= 4
    assert seen[-1] == 0 < len(people)


def test_summed_up_it_is_the_same_and_one_row_for_each_number():
    MemberFactory.create_batch(6)
    Member.objects.update(restriction="suspended")
    Member.objects.filter(pk__in=Member.objects.values("pk")[:4]).update(restriction="none")
    before = kept()

    tasks.counts.sum_up()

    assert kept() == before == by_hand()
    assert Count.objects.filter(counted__in=OF_MEMBERS).count() == len(before)


def test_nobody_makes_a_count_by_hand():
    with pytest.raises(ProgrammingError, match="triggers on what is counted"), transaction.atomic():
        Count.objects.create(counted="members", number=1_000)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Count.objects.all().delete()


@takes_long
def test_the_page_looks_at_no_member_but_its_reader(client, admin, set_stage):
    set_stage("percentage:12.5")
    MemberFactory.create_batch(600)
    counts.sum_up()
    run_as_owner("ANALYZE")
    client.force_login(admin)

    assert most_looked_at(lambda: client.get("/admin/rollout/messaging-v2/"), "members") <= 5
