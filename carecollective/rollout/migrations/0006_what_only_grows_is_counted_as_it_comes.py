"""What only grows is counted as it comes and goes, in a journal whose sum is the number.

Each trigger adds a row with the rights of whoever writes, so nobody waits for another; by hand nobody may add one.
Members who can start conversations are counted by the number that decides when the rollout reaches them, and in all;
the staff apart.
"""

from django.db import migrations, models

COUNTS = """
GRANT INSERT ON rollout_counts TO authenticated;
GRANT SELECT, INSERT, DELETE ON rollout_counts TO care_system;

CREATE FUNCTION counts_are_not_made_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the triggers on what is counted write rollout_counts' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION rows_are_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.rollout_counts (counted, number)
    SELECT TG_TABLE_NAME, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END FROM changed HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE FUNCTION rollout_bucket(member_id uuid) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- The first eight bytes as one number, of which 10,000 leaves the rest: 2 ^ 32 % 10000 = 7296.
    SELECT ((('x' || substr(digest, 1, 8))::bit(32)::bigint % 10000 * 7296
             + ('x' || substr(digest, 9, 8))::bit(32)::bigint) % 10000)::integer
    FROM encode(sha256(convert_to(E'messaging_v2\\x1f' || member_id::text, 'UTF8')), 'hex') AS digest
$$;
CREATE FUNCTION members_are_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.verification_status = 'approved' AND OLD.restriction = 'none' THEN
        INSERT INTO public.rollout_counts (counted, part, number)
            SELECT 'staff', 0, -1 WHERE OLD.is_staff
            UNION ALL SELECT 'members', 0, -1 WHERE NOT OLD.is_staff
            UNION ALL SELECT 'members by number', public.rollout_bucket(OLD.id), -1 WHERE NOT OLD.is_staff;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.verification_status = 'approved' AND NEW.restriction = 'none' THEN
        INSERT INTO public.rollout_counts (counted, part, number)
            SELECT 'staff', 0, 1 WHERE NEW.is_staff
            UNION ALL SELECT 'members', 0, 1 WHERE NOT NEW.is_staff
            UNION ALL SELECT 'members by number', public.rollout_bucket(NEW.id), 1 WHERE NOT NEW.is_staff;
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION counts_are_not_made_by_hand() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION rows_are_counted() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION rollout_bucket(uuid) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION members_are_counted() FROM PUBLIC;

INSERT INTO rollout_counts (counted, part, number)
SELECT CASE WHEN is_staff THEN 'staff' ELSE 'members' END, 0, count(*) FROM members
WHERE verification_status = 'approved' AND restriction = 'none' GROUP BY 1
UNION ALL SELECT 'members by number', rollout_bucket(id), count(*) FROM members
WHERE verification_status = 'approved' AND restriction = 'none' AND NOT is_staff GROUP BY 2;

CREATE TRIGGER members_who_come_and_go_are_counted AFTER INSERT OR DELETE ON members
    FOR EACH ROW EXECUTE FUNCTION members_are_counted();
CREATE TRIGGER members_who_change_are_counted AFTER UPDATE ON members FOR EACH ROW
    WHEN ((OLD.verification_status, OLD.restriction, OLD.is_staff)
          IS DISTINCT FROM (NEW.verification_status, NEW.restriction, NEW.is_staff))
    EXECUTE FUNCTION members_are_counted();
CREATE TRIGGER rollout_counts_are_not_made_by_hand BEFORE INSERT ON rollout_counts FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND current_user <> 'care_system')
    EXECUTE FUNCTION counts_are_not_made_by_hand();
"""
NO_COUNTS = """
DROP TRIGGER rollout_counts_are_not_made_by_hand ON rollout_counts;
DROP TRIGGER members_who_change_are_counted ON members;
DROP TRIGGER members_who_come_and_go_are_counted ON members;
DROP FUNCTION members_are_counted();
DROP FUNCTION rollout_bucket(uuid);
DROP FUNCTION rows_are_counted();
DROP FUNCTION counts_are_not_made_by_hand();
REVOKE ALL ON rollout_counts FROM authenticated, care_system;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("rollout", "0005_when_the_database_was_away_is_found"),
        ("accounts", "0006_whoever_waits_comes_from_an_index"),
        ("carecollective", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("counted", models.CharField(max_length=20)),
                ("part", models.PositiveSmallIntegerField(db_default=0)),
                ("number", models.BigIntegerField()),
            ],
            options={
                "db_table": "rollout_counts",
                "indexes": [
                    models.Index(fields=["counted", "part"], include=["number"], name="idx_rollout_counts"),
                ],
            },
        ),
        migrations.RunSQL(COUNTS, reverse_sql=NO_COUNTS),
    ]
