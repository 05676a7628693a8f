"""A notification says what happened, as whom its member reads of it, and who did it. One more kind: to the requester, that
an offer was withdrawn, which was told as an answer to an offer of theirs until now.

What was told before is filled in from the answers and conversations that it was told of. Going back forgets it again.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
from carecollective.ground.identity import unforced

TABLES = ("notifications", "mails", "offer_answers", "conversations_v2", "conversations")

FROM_ANSWERS = """
UPDATE notifications AS n SET
    by_id = nullif(a.by_id, n.member_id),
    reader = CASE WHEN n.member_id = a.requester_id THEN 'requester'
                  WHEN a.kind IN ('accepted', 'released') OR a.before = 'accepted' THEN 'helper' ELSE 'offerer' END,
    what = CASE
        WHEN a.kind = 'offered' THEN 'offered_again'
        WHEN a.kind = 'released' AND n.member_id = a.requester_id THEN 'stepped_back'
        WHEN a.kind = 'withdrawn' AND a.before = 'accepted' THEN 'stepped_back'
        ELSE a.kind END
FROM offer_answers AS a
WHERE n.about = a.id::text AND n.kind IN ('offer', 'answer', 'completed', 'cancelled')
    AND n.member_id IN (a.requester_id, a.helper_id)
"""
# Of an answer that went with its people there is nothing left to read.
WITHOUT_ANSWER = "DELETE FROM notifications WHERE kind = 'answer' AND what = ''"
FROM_CONVERSATIONS = """
UPDATE notifications AS n SET by_id = nullif(CASE n.member_id WHEN c.asked THEN c.offered ELSE c.asked END, n.member_id)
FROM (
    SELECT id, requester_id AS asked, helper_id AS offered FROM conversations_v2
    UNION ALL
    SELECT c.id, hr.user_id, c.created_by FROM conversations AS c JOIN help_requests AS hr ON hr.id = c.help_request_id
    WHERE NOT c.migrated_to_v2
) AS c
WHERE c.id = n.conversation_id AND n.kind IN ('offer', 'message', 'unanswered') AND n.what = ''
    AND n.member_id IN (c.asked, c.offered)
"""
THE_REST = """
UPDATE notifications AS n SET
    what = CASE n.kind
        WHEN 'offer' THEN 'offered' WHEN 'message' THEN 'wrote' WHEN 'report' THEN 'report_decided'
        WHEN 'copy' THEN 'copy_ready' WHEN 'copied' THEN 'copy_made'
        WHEN 'going' THEN CASE WHEN n.conversation_id IS NULL THEN 'request_goes' ELSE 'conversation_goes' END
        WHEN 'cancelled' THEN CASE WHEN is_own THEN 'closed' ELSE 'cancelled' END
        ELSE n.kind END,
    reader = CASE
        WHEN n.kind IN ('offer', 'unanswered', 'ending') THEN 'requester'
        WHEN n.kind = 'going' THEN CASE WHEN n.conversation_id IS NULL THEN 'requester' ELSE 'member' END
        WHEN n.kind IN ('completed', 'cancelled') THEN CASE WHEN is_own THEN 'requester' ELSE 'offerer' END
        ELSE 'member' END
FROM (
    SELECT told.id, coalesce(hr.user_id = told.member_id, false) AS is_own
    FROM notifications AS told LEFT JOIN help_requests AS hr ON hr.id = told.help_request_id
) AS of
WHERE of.id = n.id AND n.what = ''
"""
# The mail of a notification is found by its kind: else it would go out once more.
ANOTHER_KIND = """
UPDATE mails SET key = '{after}:' || notification_id, kind = '{after}' WHERE kind = '{before}'
    AND notification_id IN (SELECT id FROM notifications WHERE kind = '{before}' AND what IN ('withdrawn', 'stepped_back'));
UPDATE notifications SET kind = '{after}' WHERE kind = '{before}' AND what IN ('withdrawn', 'stepped_back')
"""

RIGHTS = "GRANT INSERT (what, reader, by_id) ON notifications TO care_system"
NO_RIGHTS = "REVOKE INSERT (what, reader, by_id) ON notifications FROM care_system"

TELL = """
DROP FUNCTION tell_member(uuid, text, text, uuid, uuid);
CREATE FUNCTION tell_member(
    told uuid, of_kind text, told_about text, in_conversation uuid, on_help_request uuid,
    -- What happened, as whom they read of it, and whose doing it was where they may know.
    happened text, read_as text, done_by uuid,
    -- The notification where it is a new one; and why there is none where that is a fault.
    OUT new_id uuid, OUT failure text
) LANGUAGE plpgsql SET role = 'care_system' AS $$
DECLARE
    is_new boolean;
BEGIN
    INSERT INTO notifications AS n
        (member_id, kind, about, conversation_id, help_request_id, what, reader, by_id)
    VALUES (told, of_kind, told_about, in_conversation, on_help_request, happened, read_as, done_by)
    ON CONFLICT (member_id, about, kind) WHERE read_at IS NULL OR kind <> 'message'
        -- Another message before the first was read: no new notification, so no new mail, and it moves to the top.
        DO UPDATE SET created_at = clock_timestamp() WHERE n.kind = 'message'
    RETURNING n.id, n.xmax = 0 INTO new_id, is_new;
    IF new_id IS NULL THEN
        RETURN;
    END IF;
    IF NOT is_new THEN
        new_id := NULL;
    END IF;
    PERFORM pg_notify('care_events', json_build_object('type', 'notification', 'members', json_build_array(told))::text);
EXCEPTION WHEN OTHERS THEN
    new_id := NULL;
    failure := SQLSTATE;  -- the code alone: the message of an error may quote a row
END $$;
REVOKE EXECUTE ON FUNCTION tell_member FROM PUBLIC;
"""
TELL_AS_BEFORE = """
DROP FUNCTION tell_member(uuid, text, text, uuid, uuid, text, text, uuid);
CREATE FUNCTION tell_member(
    told uuid, what text, told_about text, in_conversation uuid, on_help_request uuid,
    -- The notification where it is a new one; and why there is none where that is a fault.
    OUT new_id uuid, OUT failure text
) LANGUAGE plpgsql SET role = 'care_system' AS $$
DECLARE
    is_new boolean;
BEGIN
    INSERT INTO notifications AS n (member_id, kind, about, conversation_id, help_request_id)
    VALUES (told, what, told_about, in_conversation, on_help_request)
    ON CONFLICT (member_id, about, kind) WHERE read_at IS NULL OR kind <> 'message'
        -- Another message before the first was read: no new notification, so no new mail, and it moves to the top.
        DO UPDATE SET created_at = clock_timestamp() WHERE n.kind = 'message'
    RETURNING n.id, n.xmax = 0 INTO new_id, is_new;
    IF new_id IS NULL THEN
        RETURN;
    END IF;
    IF NOT is_new THEN
        new_id := NULL;
    END IF;
    PERFORM pg_notify('care_events', json_build_object('type', 'notification', 'members', json_build_array(told))::text);
EXCEPTION WHEN OTHERS THEN
    new_id := NULL;
    failure := SQLSTATE;  -- the code alone: the message of an error may quote a row
END $$;
REVOKE EXECUTE ON FUNCTION tell_member FROM PUBLIC;
"""

BEFORE = [
    ("offer", "A new offer"),
    ("answer", "An answer to your offer"),
    ("message", "A message"),
    ("unanswered", "An offer waits for your answer"),
    ("ending", "Your request is about to run out"),
    ("completed", "A request is done"),
    ("cancelled", "A request was closed"),
    ("report", "An answer to your report"),
    ("news", "News from the team"),
    ("copy", "Your copy of your data is ready"),
    ("copied", "The team made a copy of your data"),
    ("going", "Something old is removed in 30 days"),
]
KINDS = [*BEFORE[:2], ("withdrawn", "An offer was withdrawn"), *BEFORE[2:]]


def fill_in(apps, schema_editor):
    with unforced(schema_editor, *TABLES):
        for statement in (FROM_ANSWERS, WITHOUT_ANSWER, FROM_CONVERSATIONS, THE_REST):
            schema_editor.execute(statement)
        for statement in ANOTHER_KIND.format(before="answer", after="withdrawn").split(";"):
            schema_editor.execute(statement)


def one_kind_again(apps, schema_editor):
    with unforced(schema_editor, *TABLES):
        for statement in ANOTHER_KIND.format(before="withdrawn", after="answer").split(";"):
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_members_hear_before_something_old_goes"),
        ("mail", "0003_a_mail_that_cannot_be_queued_fails_nobody"),
        ("messaging", "0007_blocks_hold"),
        ("legacy", "0004_blocks_hold_here_too"),
    ]

    operations = [
        migrations.AddField(
            "notification", "what", models.CharField(max_length=20, default=""), preserve_default=False
        ),
        migrations.AddField(
            "notification", "reader", models.CharField(max_length=12, default=""), preserve_default=False
        ),
        migrations.AddField(
            "notification",
            "by",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveConstraint("notification", "notification_kind_is_known"),
        migrations.AlterField("notification", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.RunPython(fill_in, one_kind_again),
        migrations.AddConstraint(
            "notification",
            models.CheckConstraint(
                name="notification_kind_is_known", condition=models.Q(kind__in=[kind for kind, _name in KINDS])
            ),
        ),
        migrations.AddConstraint(
            "notification",
            models.CheckConstraint(
                name="notification_has_a_reader",
                condition=models.Q(
                    ("reader__in", ["requester", "helper", "offerer", "member"]), models.Q(("what", ""), _negated=True)
                ),
            ),
        ),
        migrations.AddConstraint(
            "notification",
            carecollective.ground.foreign_keys.ForeignKeyConstraint(
                fields=("by",),
                name="notification_outlives_whose_doing_it_was",
                on_delete="SET NULL",
                to="accounts.Member",
                to_fields=("id",),
            ),
        ),
        migrations.AddIndex(
            "notification",
            models.Index(fields=["by"], name="idx_notifications_by", condition=models.Q(by__isnull=False)),
        ),
        migrations.RunSQL(RIGHTS, reverse_sql=NO_RIGHTS),
        migrations.RunSQL(TELL, reverse_sql=TELL_AS_BEFORE),
    ]
