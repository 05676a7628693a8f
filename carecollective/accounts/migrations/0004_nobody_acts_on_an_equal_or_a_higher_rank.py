"""Nobody acts on somebody of an equal or a higher rank, nor approves an account that they made: what the team did is
refused where it is written down, and with it the act, whichever door it came through.

Administrators act on each other; that a second one agrees first is the grave acts' to hold. Whoever acts at the server
has no rank, and is written down as an operator.
"""

from django.db import migrations

RANKS = """
GRANT SELECT (is_staff, is_superuser) ON members TO care_system;
GRANT SELECT (member_id, group_id) ON members_groups TO care_system;
GRANT SELECT (id, name) ON auth_group TO care_system;

CREATE FUNCTION rank_of(uuid) RETURNS integer LANGUAGE sql STABLE
    RETURN coalesce((
        SELECT CASE WHEN m.is_superuser THEN 4 WHEN NOT m.is_staff THEN 0 ELSE greatest(1, (
            SELECT max(CASE g.name WHEN 'administrators' THEN 3 WHEN 'moderators' THEN 2 ELSE 1 END)
            FROM members_groups AS mg JOIN auth_group AS g ON g.id = mg.group_id WHERE mg.member_id = m.id)) END
        FROM members AS m WHERE m.id = $1), 0);
REVOKE EXECUTE ON FUNCTION rank_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rank_of(uuid) TO care_system;

CREATE FUNCTION name_of_rank(integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN (ARRAY['', 'coordinator', 'moderator', 'administrator', 'superuser'])[$1 + 1];
REVOKE EXECUTE ON FUNCTION name_of_rank(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION name_of_rank(integer) TO care_system;

CREATE FUNCTION nobody_acts_on_their_equal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own integer := public.rank_of(NEW.actor_id);
    theirs integer := public.rank_of(NEW.subject_id);
BEGIN
    NEW.role := public.name_of_rank(own);
    IF NEW.kind IN ('approved', 'turned_down', 'restricted', 'warned', 'address_changed', 'second_step_taken',
                    'report_opened', 'report_decided') AND NEW.subject_id IS NOT NULL THEN
        IF NEW.actor_id = NEW.subject_id OR NOT (own > theirs OR (own = 3 AND theirs = 3)) THEN
            RAISE insufficient_privilege USING MESSAGE = 'nobody acts on an equal or a higher rank';
        END IF;
    END IF;
    IF NEW.kind = 'approved' AND EXISTS (
        SELECT FROM public.audit_entries AS made
        WHERE made.kind = 'account_made' AND made.subject_id = NEW.subject_id AND made.actor_id = NEW.actor_id)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody approves an account that they made';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION nobody_acts_on_their_equal() FROM PUBLIC;
CREATE TRIGGER audit_entries_are_of_a_higher_rank BEFORE INSERT ON audit_entries
    FOR EACH ROW WHEN (NEW.hand = 'member') EXECUTE FUNCTION nobody_acts_on_their_equal();
"""

NO_RANKS = """
DROP TRIGGER audit_entries_are_of_a_higher_rank ON audit_entries;
DROP FUNCTION nobody_acts_on_their_equal();
DROP FUNCTION name_of_rank(integer);
DROP FUNCTION rank_of(uuid);
REVOKE SELECT (id, name) ON auth_group FROM care_system;
REVOKE SELECT (member_id, group_id) ON members_groups FROM care_system;
REVOKE SELECT (is_staff, is_superuser) ON members FROM care_system;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_a_member_is_found_by_the_words_of_their_town"),
        ("audit", "0003_an_entry_says_the_rank_of_whoever_did_it"),
    ]

    operations = [migrations.RunSQL(RANKS, reverse_sql=NO_RANKS)]
