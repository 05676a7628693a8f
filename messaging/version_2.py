"""The hand that writes version 2 (an adapter: `messaging.hand.Hand`)."""

from collections.abc import Callable, Iterable
from uuid import UUID

from carecollective.accounts.models import Member, may_talk_with
from carecollective.ground import rows
from carecollective.ground.refusals import MessageNotFound
from carecollective.ground.round_trips import ask
from carecollective.told.notifications.telling import Telling
from helprequests.models import HelpRequest

from .closed import stays_archived
from .hand import Hand, run
from .models import MAY_WRITE, Conversation, Message, Thread

# By hand, as every lock here: to put the statement together took longer than the lock, and a view over two tables has
# no row to lock. Not FOR SHARE: under that two senders would wait for each other for ever.
LOCK_CONVERSATION = """
SELECT 'v2' AS version, id, help_request_id, requester_id, helper_id, status = 'active' AS is_open,
       CASE helper_id WHEN %(me)s THEN requester_id ELSE helper_id END AS other_id, true AS could_be_open
FROM conversations_v2 WHERE id = %(id)s AND %(me)s IN (requester_id, helper_id) FOR NO KEY UPDATE
"""
LOCKED = "version id help_request_id requester_id helper_id is_open other_id could_be_open"

# Under the conversation's lock, which each message takes too: else one could go unnoticed by what waits in it. The
# conversation's own id names the first message. The marker only ever moves forward, however late a request arrives.
MARK_READ = """
WITH found AS MATERIALIZED (
    SELECT requester_id, helper_id, CASE id WHEN %(up_to)s THEN created_at ELSE (
        SELECT m.created_at FROM messages_v2 AS m WHERE m.id = %(up_to)s AND m.conversation_id = c.id) END AS seen_at
    FROM conversations_v2 AS c WHERE id = %(id)s AND %(me)s IN (requester_id, helper_id) FOR NO KEY UPDATE
), moved AS (
    INSERT INTO conversation_read_markers AS marker (conversation_id, member_id, read_up_to)
    SELECT %(id)s, %(me)s, seen_at FROM found WHERE seen_at IS NOT NULL
    ON CONFLICT (conversation_id, member_id) DO UPDATE SET read_up_to = excluded.read_up_to
    WHERE excluded.read_up_to > marker.read_up_to
    RETURNING member_id
)
SELECT requester_id, helper_id, seen_at IS NOT NULL, EXISTS (SELECT FROM moved) FROM found
"""


class Version2(Hand):
    version = "v2"
    LOCK_ALL_ON = "SELECT FROM conversations_v2 WHERE help_request_id = %(help_request)s ORDER BY id FOR NO KEY UPDATE"
    ARCHIVE_BETWEEN = """
    UPDATE conversations_v2 SET status = 'archived' WHERE status = 'active'
        AND %(me)s IN (requester_id, helper_id) AND %(other)s IN (requester_id, helper_id) RETURNING id
    """
    ARCHIVE_ALL = """
    UPDATE conversations_v2 SET status = 'archived' WHERE status = 'active' AND %(me)s IN (requester_id, helper_id)
    RETURNING id, CASE helper_id WHEN %(me)s THEN requester_id ELSE helper_id END
    """
    REMOVE_OF_NOBODY = """
    DELETE FROM conversations_v2 AS c WHERE %(member)s IN (requester_id, helper_id) AND status = 'archived' AND 2 = (
        SELECT count(*) FROM members WHERE id IN (c.requester_id, c.helper_id) AND name = %(former)s)
    """
    LOCK_ABOUT = "SELECT FROM conversations_v2 WHERE %(id)s IN (id, help_request_id) ORDER BY id FOR UPDATE"
    # Those on a request go with it.
    REMOVE_ABOUT = "DELETE FROM conversations_v2 WHERE id = %(id)s"

    def offered_before(self, help_request: HelpRequest, *, helper: Member, text: str) -> Conversation | None:
        return Conversation.objects.filter(help_request=help_request, helper=helper).first()

    def begin(self, help_request: HelpRequest, *, helper: Member, text: str, telling: Telling) -> Conversation | None:
        return Conversation.objects.begin(help_request, helper=helper, text=text, telling=telling)

    def lock(self, conversation_id: UUID, by: Member) -> Thread | None:
        return self.lock_asked(conversation_id, by)()

    def lock_asked(self, conversation_id: UUID, by: Member) -> Callable[[], Thread | None]:
        asked = ask(LOCK_CONVERSATION, {"id": conversation_id, "me": by.pk})

        def answer() -> Thread | None:
            row = asked()
            return row and rows.partly(Thread, LOCKED, row)

        return answer

    def write(
        self, thread: Thread, *, by: Member, text: str, id: UUID | None = None, telling: Telling | None = None
    ) -> Message | None:
        only_if = MAY_WRITE.format(messages="messages_v2")
        return Message.objects.write(thread.pk, sender=by, text=text, id=id, only_if=only_if, telling=telling)

    def written(self, thread: Thread, id: UUID, *, by: Member, text: str) -> Message | None:
        return Message.objects.filter(pk=id, conversation=thread.pk, sender=by, content=text).first()

    def hold(self, conversation_id: UUID, by: Member) -> None:
        """Nothing: a constraint keeps one conversation for a helper and a request."""

    def forget_words_of_requests(self, owner_id: UUID | None) -> None:
        """Nothing: it repeats none."""

    def set_open(self, thread: Thread, *, is_open: bool) -> bool:
        if thread.is_open == is_open:
            return False
        if is_open and not may_talk_with(thread.other_id):
            raise stays_archived(thread)
        status = Conversation.Status.ACTIVE if is_open else Conversation.Status.ARCHIVED
        Conversation.objects.filter(pk=thread.pk).update(status=status)
        return True

    def mark_read(self, conversation_id: UUID, *, by: Member, up_to: UUID) -> Iterable[UUID] | None:
        found = run(MARK_READ, id=conversation_id, me=by.pk, up_to=up_to)
        if not found:
            return None
        ((requester_id, helper_id, is_there, has_moved),) = found
        if not is_there:
            raise MessageNotFound
        return [requester_id, helper_id] if has_moved else []
