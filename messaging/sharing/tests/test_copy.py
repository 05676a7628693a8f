"""What a member's copy says of shares: whose number it was, who reads it, and no more of the other than they knew."""

import pytest

from carecollective.accounts.contacts import services as contacts
from carecollective.ground.identity import acting_as
from helprequests import services as help_requests
from messaging.sharing import exported
from messaging.sharing.models import ContactShare
from messaging.sharing.services import share, stop

from .people import PHONE, PLACE, under_way

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation():
    found = under_way()
    share(found.pk, "phone", by=found.requester)
    return found


def copy_of(member):
    """Each share: its values by their keys, and what a person reads."""
    (part,) = exported.parts(member)
    assert part.key == "contact_shares"
    for entry in part.entries:
        yield (
            {field.key: field.value for field in entry.fields},
            {str(field.label): field.shown for field in entry.fields if field.shown},
        )


def test_the_owner_reads_with_whom_and_the_reader_what(conversation):
    ((own, own_words),) = copy_of(conversation.requester)
    ((read, read_words),) = copy_of(conversation.helper)

    for values in (own, read):
        assert (values["kind"], values["conversation_id"]) == ("phone", conversation.pk)
        assert (values["ended_at"], values["ended_by"]) == (None, None)
        assert values["shared_at"]
    assert own_words["What"] == read_words["What"] == "Phone number"
    assert (own["by"], own["other"], own["value"]) == ("you", "Hal Hill", None)
    assert (read["by"], read["other"], read["value"]) == ("other", "Nora Nelson", PHONE)
    assert [own_words.get(label) for label in ("Shared by", "With", "Phone number")] == ["You", "Hal Hill", None]
    assert [read_words.get(label) for label in ("Shared by", "With", "Phone number")] == ["Nora Nelson", None, PHONE]


def test_when_the_help_is_over_the_number_and_the_last_name_are_gone(conversation):
    help_requests.release(conversation.help_request_id, by=conversation.requester)

    ((own, _),) = copy_of(conversation.requester)
    ((read, words),) = copy_of(conversation.helper)

    assert (own["other"], own["ended_by"]) == ("Hal H.", "help_ended")
    assert (read["other"], read["value"], words["Shared by"]) == ("Nora N.", None, "Nora N.")
    assert own["ended_at"] == read["ended_at"] is not None


def test_each_of_several_stands_in_the_order_of_sharing(conversation):
    share(conversation.pk, "place", by=conversation.requester)
    contacts.change(conversation.helper, phone="(555) 010-4444", place="")
    share(conversation.pk, "phone", by=conversation.helper)
    under_way()

    came = [(values["by"], values["kind"], values["value"]) for values, _ in copy_of(conversation.helper)]

    assert came == [("other", "phone", PHONE), ("other", "place", PLACE), ("you", "phone", None)]
    # And the other way round: each reads the other's, not their own.
    theirs = [values["value"] for values, _ in copy_of(conversation.requester) if values["by"] == "other"]
    assert theirs == ["(555) 010-4444"]


def test_what_was_stopped_says_so(conversation):
    with acting_as(conversation.requester):
        mine = ContactShare.objects.get(owner=conversation.requester)
    stop(mine.pk, by=conversation.requester)

    ((read, _),) = copy_of(conversation.helper)

    assert (read["ended_by"], read["value"]) == ("stopped", None)
