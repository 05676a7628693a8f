"""A help request is closed by a higher rank than its owner's, and not by whoever reported what the owner wrote about it:
that it was closed is refused where it is written down, and with it the closing, whichever door it came through.
"""

from django.db import migrations

CLOSING = """
CREATE FUNCTION request_is_closed_from_above() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.actor_id = NEW.subject_id OR public.rank_of(NEW.actor_id) <= public.rank_of(NEW.subject_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody closes the request of an equal or a higher rank';
    END IF;
    IF EXISTS (
        SELECT FROM public.message_reports AS report JOIN public.threads AS t ON t.id = report.conversation_id
        WHERE t.help_request_id = NEW.about_id AND report.sender_id = NEW.subject_id
            AND report.reported_by = NEW.actor_id)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody closes a request about which they reported its owner';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION request_is_closed_from_above() FROM PUBLIC;
CREATE TRIGGER audit_entries_close_from_above BEFORE INSERT ON audit_entries
    FOR EACH ROW WHEN (NEW.hand = 'member' AND NEW.kind = 'request_closed')
    EXECUTE FUNCTION request_is_closed_from_above();
"""

NO_CLOSING = """
DROP TRIGGER audit_entries_close_from_above ON audit_entries;
DROP FUNCTION request_is_closed_from_above();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0003_nobody_judges_what_they_brought"),
        ("messaging", "0003_a_conversation_is_one_noun"),
        ("audit", "0003_an_entry_says_the_rank_of_whoever_did_it"),
    ]

    operations = [migrations.RunSQL(CLOSING, reverse_sql=NO_CLOSING)]
