"""Administrators close each other's requests once a second one has agreed to this very closing: nobody else acts on an
equal. Neither whoever asks nor whoever agrees has reported what the owner wrote about it.
"""

from django.db import migrations

CLOSING = """
CREATE OR REPLACE FUNCTION request_is_closed_from_above() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own integer := public.rank_of(NEW.actor_id);
    theirs integer := public.rank_of(NEW.subject_id);
    agreed uuid;
    confirmed uuid;
    takes_two boolean;
BEGIN
    SELECT act.agreed_by_id, act.confirmed_by_id INTO agreed, confirmed FROM public.grave_acts AS act
    WHERE act.kind = 'request_closed' AND act.asked_by_id = NEW.actor_id AND act.subject_id = NEW.subject_id
        AND act.about_id = NEW.about_id AND act.needs_second AND act.status = 'done'
        AND act.ended_at >= transaction_timestamp();
    takes_two := FOUND;
    IF NEW.actor_id = NEW.subject_id OR NOT (own > theirs OR own = 3 AND theirs = 3 AND takes_two) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody closes the request of an equal or a higher rank';
    END IF;
    IF EXISTS (
        SELECT FROM public.message_reports AS report JOIN public.threads AS t ON t.id = report.conversation_id
        WHERE t.help_request_id = NEW.about_id AND report.sender_id = NEW.subject_id
            AND report.reported_by IN (NEW.actor_id, agreed, confirmed))
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody closes a request about which they reported its owner';
    END IF;
    RETURN NEW;
END $$;
"""

CLOSING_BEFORE = """
CREATE OR REPLACE FUNCTION request_is_closed_from_above() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0006_a_report_is_decided_by_whoever_opened_it"),
        ("accounts", "0005_what_is_grave_takes_two"),
    ]

    operations = [migrations.RunSQL(CLOSING, reverse_sql=CLOSING_BEFORE)]
