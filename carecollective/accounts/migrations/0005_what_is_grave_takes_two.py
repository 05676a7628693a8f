"""What is grave takes two: it waits for a second person of the right rank, and the database holds each of its steps.

Whoever asked cannot be changed afterwards, nor can what for and why; who agrees is somebody else, and never whom it is
about. Alone, it waits 72 hours by this clock. An address, a second step and a role are changed by nobody of the team
without such an act that has just been done, and administrators restrict each other in the same way.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from carecollective.ground.identity import unforced


def somebody():
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


STATUS = {
    "waiting": "Waits for a second person",
    "done": "Done",
    "declined": "Declined",
    "lapsed": "Lapsed",
}
COLUMNS = {
    "status": models.CharField(choices=list(STATUS.items()), db_default="done", max_length=8),
    "needs_second": models.BooleanField(db_default=False),
    "is_alone": models.BooleanField(db_default=False),
    "new_address": models.EmailField(db_default="", max_length=254),
    "due_at": models.DateTimeField(null=True),
    "agreed_by": somebody(),
    "agreed_at": models.DateTimeField(null=True),
    "disputed_at": models.DateTimeField(null=True),
    "confirmed_by": somebody(),
    "ended_at": models.DateTimeField(null=True),
    "ended_by": somebody(),
}
CONSTRAINTS = [
    models.CheckConstraint(name="grave_act_status_is_known", condition=Q(status__in=list(STATUS))),
    models.CheckConstraint(
        name="grave_act_waits_until_a_moment",
        condition=Q(status="waiting", needs_second=True, due_at__isnull=False, ended_at=None)
        | Q(~Q(status="waiting"), ended_at__isnull=False),
    ),
    models.CheckConstraint(
        name="grave_act_is_agreed_to_by_somebody_else",
        condition=~Q(agreed_by=F("asked_by")) & ~Q(agreed_by=F("subject")),
    ),
    models.CheckConstraint(
        name="grave_act_is_confirmed_by_a_third",
        condition=~Q(confirmed_by=F("asked_by")) & ~Q(confirmed_by=F("subject")) & ~Q(confirmed_by=F("agreed_by")),
    ),
    models.CheckConstraint(
        name="grave_act_takes_two_unless_alone",
        condition=Q(needs_second=False) | ~Q(status="done") | Q(is_alone=True) | Q(agreed_by__isnull=False),
    ),
    models.CheckConstraint(
        name="grave_act_keeps_no_address_once_ended", condition=Q(status="waiting") | Q(new_address="")
    ),
    models.UniqueConstraint(name="one_of_a_kind_waits", fields=["subject", "kind"], condition=Q(status="waiting")),
]


def were_done_when_they_were_written(apps, schema_editor):
    with unforced(schema_editor, "grave_acts"):
        schema_editor.execute("UPDATE grave_acts SET ended_at = at")


UNLOCK = """
DROP TRIGGER grave_acts_are_never_changed ON grave_acts;
DROP TRIGGER grave_acts_have_their_own_clock ON grave_acts;
"""

LOCK = """
CREATE TRIGGER grave_acts_have_their_own_clock BEFORE INSERT ON grave_acts
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_written_once();
-- By statement, because under FORCE there may be no row to see.
CREATE TRIGGER grave_acts_are_never_changed BEFORE UPDATE OR DELETE ON grave_acts
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_written_once();
"""

STEPS = r"""
-- The rank that agrees to such an act: above its member's, or administrators among each other; a role no higher.
CREATE FUNCTION rank_that_agrees(kind text, of_subject integer, codes text) RETURNS integer LANGUAGE sql IMMUTABLE
    RETURN greatest(
        CASE WHEN kind IN ('address_changed', 'second_step_taken', 'roles_changed') THEN 3 ELSE 1 END,
        least(of_subject + 1, 3),
        CASE WHEN kind = 'roles_changed' AND codes ~ '[+-]is_superuser' THEN 4 ELSE 0 END);
REVOKE EXECUTE ON FUNCTION rank_that_agrees(text, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rank_that_agrees(text, integer, text) TO care_system;

CREATE FUNCTION grave_act_is_asked_for() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own integer := public.rank_of(NEW.asked_by_id);
    theirs integer := public.rank_of(NEW.subject_id);
BEGIN
    NEW.at := clock_timestamp();
    IF NEW.needs_second THEN
        NEW.status := 'waiting';
        NEW.due_at := NEW.at + interval '72 hours';
    ELSE
        NEW.status := 'done';
        NEW.ended_at := NEW.at;
    END IF;
    IF NEW.subject_id IS NULL OR NEW.kind IN ('request_closed', 'suspended_at_once') THEN
        RETURN NEW;
    END IF;
    IF NEW.asked_by_id = NEW.subject_id AND NEW.kind <> 'roles_changed' THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody acts on themselves';
    END IF;
    IF NEW.asked_by_id <> NEW.subject_id AND NOT (own > theirs OR (own = 3 AND theirs = 3 AND NEW.needs_second)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody acts on an equal or a higher rank';
    END IF;
    IF NOT NEW.needs_second AND (
        NEW.kind IN ('address_changed', 'second_step_taken', 'roles_changed')
        OR theirs > 0 AND NEW.kind IN ('turned_down', 'restricted') AND NEW.codes !~ ' until ')
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'this takes two';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION grave_act_is_asked_for() FROM PUBLIC;
CREATE TRIGGER grave_acts_are_asked_for_by_a_higher_rank BEFORE INSERT ON grave_acts
    FOR EACH ROW EXECUTE FUNCTION grave_act_is_asked_for();

CREATE FUNCTION grave_act_takes_its_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    over boolean := OLD.due_at <= clock_timestamp();
    needed integer := public.rank_that_agrees(OLD.kind, public.rank_of(OLD.subject_id), OLD.codes);
    is_due boolean;
BEGIN
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
    IF OLD.status <> 'waiting' THEN
        RAISE insufficient_privilege USING MESSAGE = 'what has ended stays as it is';
    END IF;
    IF NEW.new_address NOT IN (OLD.new_address, '') THEN
        RAISE insufficient_privilege USING MESSAGE = 'what was asked for stays as it was';
    END IF;
    IF OLD.disputed_at IS NULL AND NEW.disputed_at IS NOT NULL THEN
        NEW.disputed_at := clock_timestamp();
        NEW.due_at := clock_timestamp() + interval '72 hours';
    ELSE
        NEW.disputed_at := OLD.disputed_at;
    END IF;
    IF NEW.agreed_by_id IS DISTINCT FROM OLD.agreed_by_id THEN
        IF OLD.agreed_by_id IS NOT NULL OR public.rank_of(NEW.agreed_by_id) < needed THEN
            RAISE insufficient_privilege USING MESSAGE = 'somebody else of the right rank agrees, and once';
        END IF;
        NEW.agreed_at := clock_timestamp();
        IF OLD.disputed_at IS NOT NULL THEN
            NEW.due_at := clock_timestamp() + interval '72 hours';
        END IF;
    END IF;
    IF NEW.confirmed_by_id IS DISTINCT FROM OLD.confirmed_by_id AND public.rank_of(NEW.confirmed_by_id) < needed THEN
        RAISE insufficient_privilege USING MESSAGE = 'somebody else of the right rank confirms';
    END IF;
    IF NEW.status = 'done' THEN
        is_due := CASE WHEN OLD.disputed_at IS NULL THEN NEW.agreed_by_id IS NOT NULL OR (OLD.is_alone AND over)
            ELSE (NEW.agreed_by_id IS NOT NULL AND NEW.confirmed_by_id IS NOT NULL)
                OR ((OLD.agreed_by_id IS NOT NULL OR OLD.is_alone) AND over) END;
        IF is_due IS NOT TRUE THEN
            RAISE insufficient_privilege USING MESSAGE = 'this waits for a second person, or for its moment';
        END IF;
    ELSIF NEW.status = 'lapsed' AND NOT over THEN
        RAISE insufficient_privilege USING MESSAGE = 'nothing lapses before its moment';
    END IF;
    IF NEW.status <> 'waiting' THEN
        NEW.ended_at := clock_timestamp();
        NEW.new_address := '';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION grave_act_takes_its_steps() FROM PUBLIC;
CREATE TRIGGER grave_acts_take_their_steps BEFORE UPDATE ON grave_acts
    FOR EACH ROW EXECUTE FUNCTION grave_act_takes_its_steps();
-- By statement, because under FORCE there may be no row to see.
CREATE TRIGGER grave_acts_are_never_changed_by_hand BEFORE UPDATE OR DELETE ON grave_acts
    FOR EACH STATEMENT WHEN (current_user IS DISTINCT FROM 'care_system')
    EXECUTE FUNCTION audit_entry_is_written_once();
"""

NO_STEPS = """
DROP TRIGGER grave_acts_are_never_changed_by_hand ON grave_acts;
DROP TRIGGER grave_acts_take_their_steps ON grave_acts;
DROP FUNCTION grave_act_takes_its_steps();
DROP TRIGGER grave_acts_are_asked_for_by_a_higher_rank ON grave_acts;
DROP FUNCTION grave_act_is_asked_for();
DROP FUNCTION rank_that_agrees(text, integer, text);
"""

WALL = """
REVOKE SELECT ON grave_acts FROM care_staff;
GRANT SELECT (id, at, kind, subject_id, status, needs_second, due_at, disputed_at, ended_at)
    ON grave_acts TO authenticated;
-- Not the new address: whoever agrees reads it in a service.
GRANT SELECT (id, at, kind, asked_by_id, subject_id, about_id, codes, reason, status, needs_second, is_alone,
              due_at, agreed_by_id, agreed_at, disputed_at, confirmed_by_id, ended_at, ended_by_id)
    ON grave_acts TO care_staff;
GRANT INSERT (status, needs_second, is_alone, new_address),
      UPDATE (status, new_address, agreed_by_id, disputed_at, confirmed_by_id, ended_by_id)
    ON grave_acts TO care_system;
DROP POLICY "the team reads why" ON grave_acts;
CREATE POLICY "the team reads why, and a member what waits for a second person" ON grave_acts
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE needs_second AND subject_id = (SELECT acting_member()) END);
CREATE POLICY "the system takes an act on by a step" ON grave_acts
    FOR UPDATE TO care_system USING (current_user = 'care_system');
"""

NO_WALL = """
DROP POLICY "the system takes an act on by a step" ON grave_acts;
DROP POLICY "the team reads why, and a member what waits for a second person" ON grave_acts;
CREATE POLICY "the team reads why" ON grave_acts
    FOR SELECT TO care_staff, care_system USING (current_user IN ('care_staff', 'care_system'));
REVOKE ALL ON grave_acts FROM authenticated, care_staff, care_system;
GRANT SELECT ON grave_acts TO care_staff;
GRANT SELECT, INSERT (kind, asked_by_id, subject_id, about_id, codes, reason) ON grave_acts TO care_system;
"""

BACKED = """
CREATE FUNCTION is_backed_by_two(kind text, actor uuid, subject uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM grave_acts AS act WHERE act.kind = $1 AND act.asked_by_id = $2 AND act.subject_id = $3
                   AND act.needs_second AND act.status = 'done' AND act.ended_at >= transaction_timestamp());
REVOKE EXECUTE ON FUNCTION is_backed_by_two(text, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_backed_by_two(text, uuid, uuid) TO care_system;

CREATE FUNCTION grave_entry_is_backed_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    are_equal boolean := public.rank_of(NEW.actor_id) = public.rank_of(NEW.subject_id);
BEGIN
    IF (NEW.kind IN ('address_changed', 'second_step_taken', 'roles_changed')
        OR are_equal AND NEW.kind IN ('approved', 'turned_down', 'restricted', 'warned'))
        AND NOT public.is_backed_by_two(NEW.kind, NEW.actor_id, NEW.subject_id)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'this takes two, and nobody has agreed';
    END IF;
    IF NEW.kind = 'suspended_at_once'
        AND (NEW.actor_id = NEW.subject_id OR public.rank_of(NEW.actor_id) < 3)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'only administrators suspend at once, and never themselves';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION grave_entry_is_backed_by_two() FROM PUBLIC;
CREATE TRIGGER audit_entries_of_grave_acts_are_backed BEFORE INSERT ON audit_entries
    FOR EACH ROW WHEN (NEW.hand = 'member') EXECUTE FUNCTION grave_entry_is_backed_by_two();
"""

NOT_BACKED = """
DROP TRIGGER audit_entries_of_grave_acts_are_backed ON audit_entries;
DROP FUNCTION grave_entry_is_backed_by_two();
DROP FUNCTION is_backed_by_two(text, uuid, uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_nobody_acts_on_an_equal_or_a_higher_rank")]

    operations = [
        migrations.RunSQL(UNLOCK, reverse_sql=LOCK),
        *(migrations.AddField("graveact", name, column) for name, column in COLUMNS.items()),
        migrations.RunPython(were_done_when_they_were_written, migrations.RunPython.noop),
        *(migrations.AddConstraint("graveact", constraint) for constraint in CONSTRAINTS),
        migrations.AddIndex(
            "graveact", models.Index(fields=["due_at"], name="idx_grave_acts_waiting", condition=Q(status="waiting"))
        ),
        migrations.RunSQL(STEPS, reverse_sql=NO_STEPS),
        migrations.RunSQL(WALL, reverse_sql=NO_WALL),
        migrations.RunSQL(BACKED, reverse_sql=NOT_BACKED),
    ]
