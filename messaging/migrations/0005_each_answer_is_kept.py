"""Answers to offers are said once each: no role changes or deletes one, and each side says only what is its own.

A member brings a conversation, a kind and their own name. The trigger finds the conversation, in either version, takes
its turn under that row's lock as a message does, and says the rest: whose offer it is, how it stood and how it stands,
and when. So nobody answers in a conversation that is not theirs, or in the past. That an offer is accepted must be true
of the help request at that moment.

After a "no" the helper has one last message, and one more for each that the requester writes. That is counted after the
insert, so under the conversation's lock, and only what is new is counted: a message sent twice never gets there.
A model cannot say any of this.
"""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys

WALLS = """
ALTER TABLE offer_answers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON offer_answers FROM PUBLIC;
GRANT SELECT, INSERT (conversation_id, kind, by_id) ON offer_answers TO authenticated, care_system;
GRANT SELECT ON offer_answers TO care_staff;

CREATE POLICY "both read how an offer stands" ON offer_answers
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE (SELECT acting_member()) = ANY (ARRAY[requester_id, helper_id]) END);
CREATE POLICY "each side answers for itself" ON offer_answers
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR by_id = (SELECT acting_member()) AND CASE by_id
        WHEN requester_id THEN CASE kind
            WHEN 'accepted' THEN EXISTS (
                SELECT FROM help_requests AS hr
                WHERE hr.id = help_request_id AND hr.helper_id = offer_answers.helper_id AND hr.status = 'in_progress')
            ELSE kind IN ('declined', 'undone') END
        WHEN helper_id THEN kind IN ('withdrawn', 'offered', 'undone') END);

-- What the system says in a thread moves its clock too, and nothing else of it.
GRANT UPDATE (updated_at) ON conversations_v2 TO care_system;
CREATE POLICY "the system moves the clock" ON conversations_v2
    FOR UPDATE TO care_system USING (current_user = 'care_system');
"""

NO_WALLS = """
DROP POLICY "the system moves the clock" ON conversations_v2;
REVOKE UPDATE (updated_at) ON conversations_v2 FROM care_system;
DROP POLICY "each side answers for itself" ON offer_answers;
DROP POLICY "both read how an offer stands" ON offer_answers;
REVOKE ALL ON offer_answers FROM authenticated, care_staff, care_system;
REVOKE ALL (conversation_id, kind, by_id) ON offer_answers FROM authenticated, care_system;
ALTER TABLE offer_answers NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

TURNS = """
CREATE FUNCTION answer_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last public.offer_answers;
BEGIN
    IF current_user = 'care_system' THEN
        UPDATE public.conversations_v2 SET updated_at = updated_at WHERE id = NEW.conversation_id
            RETURNING help_request_id, requester_id, helper_id, updated_at
            INTO NEW.help_request_id, NEW.requester_id, NEW.helper_id, NEW.at;
    ELSE
        UPDATE public.conversations_v2 SET status = status WHERE id = NEW.conversation_id
            RETURNING help_request_id, requester_id, helper_id, updated_at
            INTO NEW.help_request_id, NEW.requester_id, NEW.helper_id, NEW.at;
    END IF;
    IF NOT FOUND THEN
        SELECT c.help_request_id, hr.user_id, c.created_by, c.last_message_at + interval '1 microsecond'
            INTO NEW.help_request_id, NEW.requester_id, NEW.helper_id, NEW.at
            FROM public.conversations AS c JOIN public.help_requests AS hr ON hr.id = c.help_request_id
            WHERE c.id = NEW.conversation_id AND c.migrated_to_v2 = false AND hr.user_id <> c.created_by
            FOR NO KEY UPDATE OF c;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'there is no offer to answer here';
        END IF;
        NEW.at := greatest(clock_timestamp(), NEW.at);
    END IF;

    SELECT * INTO last FROM public.offer_answers WHERE conversation_id = NEW.conversation_id ORDER BY at DESC LIMIT 1;
    IF NEW.kind = 'undone' AND (
        last.by_id = NEW.by_id AND last.at > clock_timestamp() - interval '10 minutes'
        AND last.kind IN ('accepted', 'declined', 'enough_help', 'withdrawn', 'released')) IS NOT TRUE
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'there is nothing of theirs to undo here';
    END IF;
    NEW.at := greatest(NEW.at, last.at + interval '1 microsecond');
    NEW.before := last.answer;
    NEW.answer := CASE
        WHEN NEW.kind IN ('accepted', 'declined', 'withdrawn', 'released', 'lapsed') THEN NEW.kind
        WHEN NEW.kind = 'enough_help' THEN 'declined'
        WHEN NEW.kind = 'offered' THEN NULL
        WHEN NEW.kind = 'undone' THEN last.before
        ELSE last.answer
    END;
    NEW.since := CASE WHEN NEW.answer = last.answer THEN last.since ELSE NEW.at END;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION answer_takes_its_turn() FROM PUBLIC;
CREATE TRIGGER answers_take_their_turn BEFORE INSERT ON offer_answers
    FOR EACH ROW EXECUTE FUNCTION answer_takes_its_turn();

CREATE FUNCTION declined_helper_has_one_last_message() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last public.offer_answers;
    more_than_the_other bigint;
BEGIN
    SELECT * INTO last FROM public.offer_answers WHERE conversation_id = NEW.conversation_id ORDER BY at DESC LIMIT 1;
    IF last.answer = 'declined' AND last.helper_id = NEW.sender_id THEN
        EXECUTE format(
            'SELECT sum(CASE sender_id WHEN $1 THEN 1 ELSE -1 END) FROM public.%I'
            ' WHERE conversation_id = $2 AND created_at > $3', TG_TABLE_NAME)
            INTO more_than_the_other USING NEW.sender_id, NEW.conversation_id, last.since;
        IF more_than_the_other > 1 THEN
            RAISE insufficient_privilege USING MESSAGE = 'a declined helper has one last message';
        END IF;
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION declined_helper_has_one_last_message() FROM PUBLIC;
CREATE TRIGGER messages_v2_end_with_one_last_message AFTER INSERT ON messages_v2
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION declined_helper_has_one_last_message();
"""

NO_TURNS = """
DROP TRIGGER messages_v2_end_with_one_last_message ON messages_v2;
DROP FUNCTION declined_helper_has_one_last_message();
DROP TRIGGER answers_take_their_turn ON offer_answers;
DROP FUNCTION answer_takes_its_turn();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_members_read_names_and_nothing_else"),
        ("helprequests", "0002_its_people_change_a_help_request"),
        ("messaging", "0004_the_team_has_three_groups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OfferAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("conversation_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("enough_help", "Enough help"),
                            ("withdrawn", "Taken back"),
                            ("released", "Released"),
                            ("lapsed", "Lapsed"),
                            ("offered", "Offered again"),
                            ("undone", "Undone"),
                            ("completed", "Request done"),
                            ("cancelled", "Request closed"),
                            ("reopened", "Request open again"),
                            ("closed", "Request closed by the team"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "before",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Taken back"),
                            ("released", "Released"),
                            ("lapsed", "Lapsed"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Taken back"),
                            ("released", "Released"),
                            ("lapsed", "Lapsed"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
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
                (
                    "help_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helprequests.helprequest",
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "answer",
                "verbose_name_plural": "answers",
                "db_table": "offer_answers",
                "indexes": [
                    models.Index(fields=["help_request"], name="idx_answers_help_request_id"),
                    models.Index(fields=["requester"], name="idx_answers_requester_id"),
                    models.Index(fields=["helper"], name="idx_answers_helper_id"),
                    models.Index(fields=["by"], name="idx_answers_by_id"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request",),
                        name="answer_goes_with_its_help_request",
                        on_delete="CASCADE",
                        to="helprequests.HelpRequest",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("requester",),
                        name="answer_has_a_requester",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("helper",),
                        name="answer_has_a_helper",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("by",),
                        name="answer_goes_with_whose_it_is",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.UniqueConstraint(fields=("conversation_id", "at"), name="answers_come_one_after_the_other"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("by", None), ("by", models.F("requester")), ("by", models.F("helper")), _connector="OR"
                        ),
                        name="answer_is_by_one_of_the_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("requester", models.F("helper")), _negated=True),
                        name="nobody_answers_themselves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "declined",
                                    "enough_help",
                                    "withdrawn",
                                    "released",
                                    "lapsed",
                                    "offered",
                                    "undone",
                                    "completed",
                                    "cancelled",
                                    "reopened",
                                    "closed",
                                ],
                            )
                        ),
                        name="answer_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer", None),
                            ("answer__in", ["accepted", "declined", "withdrawn", "released", "lapsed"]),
                            _connector="OR",
                        ),
                        name="answer_is_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
        migrations.RunSQL(TURNS, reverse_sql=NO_TURNS),
    ]
