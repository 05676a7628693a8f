"""What is reported, and who learns that the team looked, is asked of the views and of no version's tables.

As before it is asked in the name of whoever calls, behind their own walls. A model cannot say any of this.
"""

from importlib import import_module

from django.db import migrations

before = import_module("messaging.reports.migrations.0002_a_report_freezes_its_evidence")

EVIDENCE = """
CREATE OR REPLACE FUNCTION report_freezes_its_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said_at timestamptz;
BEGIN
    SELECT version, conversation_id, sender_id, created_at INTO NEW.version, NEW.conversation_id, NEW.sender_id, said_at
    FROM public.thread_messages WHERE id = NEW.message_id;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = 'there is no such message to report';
    END IF;
    WITH thread AS (
        SELECT id, sender_id, content, created_at FROM public.thread_messages
        WHERE conversation_id = NEW.conversation_id
    ), around AS (
        (SELECT * FROM thread WHERE (created_at, id) <= (said_at, NEW.message_id)
         ORDER BY created_at DESC, id DESC LIMIT 3)
        UNION ALL
        (SELECT * FROM thread WHERE (created_at, id) > (said_at, NEW.message_id) ORDER BY created_at, id LIMIT 2)
    )
    SELECT jsonb_agg(jsonb_build_object('id', id, 'sender_id', sender_id, 'content', content, 'created_at', created_at)
                     ORDER BY created_at, id)
    INTO NEW.evidence FROM around;
    NEW.evidence_sha256 := encode(sha256(convert_to(NEW.evidence::text, 'UTF8')), 'hex');
    NEW.created_at := clock_timestamp();
    RETURN NEW;
END $$;
"""
EVIDENCE_BEFORE = before.EVIDENCE[: before.EVIDENCE.index("REVOKE")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
WHO_LEARNS = """
ALTER POLICY "both people see that their conversation was opened" ON staff_reads
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (SELECT FROM thread_people AS p
                        WHERE p.id = staff_reads.conversation_id AND p.member_id = (SELECT acting_member())) END);
"""
WHO_LEARNS_BEFORE = """
ALTER POLICY "both people see that their conversation was opened" ON staff_reads
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id)
               OR EXISTS (SELECT FROM conversation_participants AS p
                          WHERE p.conversation_id = staff_reads.conversation_id
                              AND p.user_id = (SELECT acting_member())) END);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_labels_are_in_plain_words"),
        ("messaging", "0009_a_conversation_is_one_noun"),
    ]

    operations = [
        migrations.RunSQL(EVIDENCE, reverse_sql=EVIDENCE_BEFORE),
        migrations.RunSQL(WHO_LEARNS, reverse_sql=WHO_LEARNS_BEFORE),
    ]
