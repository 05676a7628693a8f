"""Whoever begins a conversation, or writes in one, tells the other of its two people in the statement that writes.

`tell_the_other` is what `notify.offered` and `notify.wrote` do, for version 2 and in one step: what open pages are to
hear is put into the outbox, the notification is told, and its mail queued. It is called with the new row, in the
member's role and with the member's rights, and asks the walls which of the two the caller is: nobody tells anybody
but the other one of their own conversation, and of nothing but that.

Between, it is the login, as the verb is after its scope: members' hands reach neither the outbox nor the queue, and
`tell_member` takes the system's role for itself. The member's role is taken again before it ends: the triggers after an
INSERT run at the end of the statement, and what they look at is to be the member's, as everything in the scope is.
"""

from django.db import migrations

TELL_THE_OTHER = """
CREATE FUNCTION tell_the_other(
    in_conversation uuid,
    -- As `tell_member` has them; and when its mail is due.
    of_kind text, happened text, read_as text, due timestamptz,
    -- The transaction whose rows of the outbox are to be said after its commit; whether the notification is a new one;
    -- and why there is none, or no mail, where that is a fault.
    OUT transaction_id bigint, OUT is_new boolean, OUT failure text, OUT no_mail text
) LANGUAGE plpgsql AS $$
DECLARE
    in_role text := current_setting('role');
    me uuid := public.acting_member();
    other uuid;
    help_request uuid;
    notification uuid;
BEGIN
    SELECT c.help_request_id, CASE c.helper_id WHEN me THEN c.requester_id ELSE c.helper_id END
        INTO help_request, other
        FROM public.conversations_v2 AS c WHERE c.id = in_conversation AND me IN (c.requester_id, c.helper_id);
    IF NOT FOUND THEN
        RETURN;
    END IF;

    PERFORM set_config('role', 'none', true);
    INSERT INTO public.wake_outbox (payload) VALUES (json_build_object(
        'type', 'conversation', 'id', in_conversation, 'version', 'v2', 'what', 'message',
        'members', json_build_array(me, other))::text);
    SELECT told.new_id, told.failure INTO notification, failure FROM public.tell_member(
        other, of_kind, in_conversation::text, in_conversation, help_request, happened, read_as, me) AS told;
    is_new := notification IS NOT NULL;
    IF is_new THEN
        no_mail := public.enqueue_mail('mail', 'mail.consider', notification, due);
    END IF;
    transaction_id := txid_current();
    PERFORM set_config('role', in_role, true);
END $$;
REVOKE EXECUTE ON FUNCTION tell_the_other(uuid, text, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tell_the_other(uuid, text, text, text, timestamptz) TO authenticated;
"""
NOBODY_TELLS = "DROP FUNCTION tell_the_other(uuid, text, text, text, timestamptz)"


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_the_others_read_mark_is_asked_for_apart"),
        ("carecollective", "0004_wake_ups_are_said_after_their_commit"),
        ("mail", "0002_walls"),
        ("notifications", "0003_open_pages_hear_after_the_commit"),
    ]

    operations = [migrations.RunSQL(TELL_THE_OTHER, reverse_sql=NOBODY_TELLS)]
