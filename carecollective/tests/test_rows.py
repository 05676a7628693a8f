"""Rows written column by column come back as the database wrote them."""

import uuid

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import rows
from carecollective.ground.identity import acting_as
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db


def ride(member, **more):
    return {"user_id": member.pk, "title": "A ride to the clinic", "category": "other", **more}


def test_an_inserted_row_comes_back_with_its_defaults():
    member = MemberFactory()

    with acting_as(member):
        made = rows.insert(HelpRequest, ride(member))

    assert made == HelpRequest.objects.get()
    assert (made.status, made.created_at) == ("open", HelpRequest.objects.get().created_at)
    assert made._state.adding is False


def test_a_row_that_is_there_already_is_let_be():
    member, key = MemberFactory(), uuid.uuid4()

    with acting_as(member):
        first = rows.insert(HelpRequest, ride(member, id=key), on_conflict="(id)")
        second = rows.insert(HelpRequest, ride(member, id=key), on_conflict="(id)")

    assert (first.pk, second) == (key, None)


def test_a_function_says_something_of_a_new_row_and_of_no_other():
    member, key = MemberFactory(), uuid.uuid4()
    call = "left(written.title, %(most)s)"

    with acting_as(member):
        made, said = rows.insert_and(HelpRequest, ride(member, id=key), call, on_conflict="(id)", most=6)
        again = rows.insert_and(HelpRequest, ride(member, id=key), call, on_conflict="(id)", most=6)

    assert (made, made.status, said, again) == (HelpRequest.objects.get(), "open", ("A ride",), None)


def test_a_changed_row_comes_back_as_it_is():
    made = HelpRequestFactory()

    with acting_as(made.user):
        changed = rows.update(made, title="Two rides")

    assert (changed.title, changed.category) == ("Two rides", made.category)
    assert changed.updated_at > made.updated_at


def test_a_row_that_one_may_not_change_is_not_there():
    made = HelpRequestFactory()

    with acting_as(MemberFactory()), pytest.raises(HelpRequest.DoesNotExist):
        rows.update(made, title="Mine now")
