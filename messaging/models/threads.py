"""A conversation of either version, as views over both show it: to whoever asks, and behind their own walls.

The views are `security_invoker`: the policies and grants of the tables below them hold, and nothing is to be seen here
that is not to be seen there. They are read; what is written goes through `messaging.threads`.
"""

from typing import Protocol
from uuid import UUID

from django.db import models

from carecollective.accounts.models import Member
from carecollective.ground.database_view import DatabaseView
from carecollective.ground.foreign_keys import reference
from helprequests.models import HelpRequest


class Talk(Protocol):
    """All that has to be known of a conversation to tell of it."""

    @property
    def pk(self) -> UUID: ...
    @property
    def version(self) -> str: ...
    @property
    def help_request_id(self) -> UUID | None: ...


class ThreadColumns(DatabaseView):
    """What is known of every conversation, and no word of it."""

    version = models.TextField()
    id = models.UUIDField(primary_key=True)
    # None where version 1 has lost its request, or, to anybody but a member, whose it was.
    help_request = reference(HelpRequest, null=True, related_name="+")
    requester = reference(Member, null=True, related_name="+")
    helper = reference(Member, related_name="+")
    # With whom the member who asks talks there; None where nobody is left.
    other = reference(Member, null=True, related_name="+")
    is_open = models.BooleanField()
    # Closed, may one of the two open it again? Version 1 knows some that stay as they are.
    could_be_open = models.BooleanField()
    # Was help offered in it? In version 1 somebody could begin without a word, or on their own request.
    is_offer = models.BooleanField()
    # Beside it its helper offers nothing new.
    takes_the_place = models.BooleanField()
    begun_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta(DatabaseView.Meta):
        abstract = True


class Thread(ThreadColumns):
    class Meta(DatabaseView.Meta):
        db_table = "threads"


class Offer(ThreadColumns):
    """A conversation, and how the offer stands that began it."""

    # What was said last; accepted is whoever the request has as its helper, so the answer may be another one.
    said = models.TextField(null=True)  # noqa: DJ001  (no answer is no empty one)
    answer = models.TextField(null=True)  # noqa: DJ001  (likewise)
    # Since when it stands so, and since when there is this answer.
    since = models.DateTimeField()
    answer_at = models.DateTimeField(null=True)
    # May the member who asks take back their own answer?
    can_undo = models.BooleanField()

    class Meta(DatabaseView.Meta):
        db_table = "offers"


class ThreadMessage(DatabaseView):
    """What was written in a conversation, its first message too. Members see what is neither deleted nor hidden."""

    version = models.TextField()
    id = models.UUIDField(primary_key=True)
    conversation = models.ForeignKey(
        Thread, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="messages"
    )
    sender = reference(Member, related_name="+")
    content = models.TextField()
    created_at = models.DateTimeField()
    # In version 1 each message knows it; in version 2 a marker says how far each of the two has read.
    read_at = models.DateTimeField(null=True)
    # Part of the offer itself: the conversation's own id names it.
    is_first = models.BooleanField()

    class Meta(DatabaseView.Meta):
        db_table = "thread_messages"


class Part(DatabaseView):
    """One of the people of a conversation: of version 2 both, of version 1 whoever takes part."""

    pk = models.CompositePrimaryKey("id", "member")
    version = models.TextField()
    id = models.UUIDField()
    member = reference(Member, related_name="+")
    is_open = models.BooleanField()
    begun_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta(DatabaseView.Meta):
        db_table = "thread_people"
