"""A member reads how far the other of their conversation has read, unless one of the two keeps that private.

The marker itself stays its reader's to move. A choice is its own member's to make; who talks with somebody may know of
it, since the policy on the markers asks in the name of whoever looks. Counting what speaks against it permits by `=`,
where NULL denies.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys

WALLS = """
ALTER TABLE messaging_preferences ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (shows_seen) ON messaging_preferences TO authenticated;
GRANT SELECT ON messaging_preferences TO care_system;

CREATE POLICY "members choose for themselves" ON messaging_preferences
    FOR ALL TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()));
CREATE POLICY "who talks with a member knows their choice" ON messaging_preferences
    FOR SELECT TO authenticated, care_system
    USING (CASE WHEN current_user = 'care_system' THEN true
           ELSE EXISTS (
               SELECT FROM conversations_v2 AS c WHERE c.requester_id = member_id AND c.helper_id = (SELECT acting_member())
               UNION ALL
               SELECT FROM conversations_v2 AS c WHERE c.helper_id = member_id AND c.requester_id = (SELECT acting_member())
           ) END);

-- CASE and not a second policy, which would be an OR: of that the planner believes too little, and reads all markers.
DROP POLICY "members keep their own place" ON conversation_read_markers;
CREATE POLICY "both see how far both have read" ON conversation_read_markers
    FOR SELECT TO authenticated
    USING (CASE member_id WHEN (SELECT acting_member()) THEN true
           ELSE EXISTS (
                   SELECT FROM conversations_v2 AS c
                   WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
                   OFFSET 0)
               AND (SELECT count(*) FROM messaging_preferences AS p
                    WHERE p.member_id IN (conversation_read_markers.member_id, (SELECT acting_member()))
                        AND p.shows_seen = false) = 0 END);
CREATE POLICY "members begin their own place" ON conversation_read_markers
    FOR INSERT TO authenticated WITH CHECK (member_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id));
CREATE POLICY "members move their own place" ON conversation_read_markers
    FOR UPDATE TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id));
"""

NO_WALLS = """
DROP POLICY "members move their own place" ON conversation_read_markers;
DROP POLICY "members begin their own place" ON conversation_read_markers;
DROP POLICY "both see how far both have read" ON conversation_read_markers;
CREATE POLICY "members keep their own place" ON conversation_read_markers
    FOR ALL TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id));
DROP POLICY "who talks with a member knows their choice" ON messaging_preferences;
DROP POLICY "members choose for themselves" ON messaging_preferences;
REVOKE ALL ON messaging_preferences FROM authenticated, care_system;
REVOKE ALL (shows_seen) ON messaging_preferences FROM authenticated;
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_each_answer_is_kept")]

    operations = [
        migrations.CreateModel(
            name="MessagingPreference",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("shows_seen", models.BooleanField(db_default=True)),
            ],
            options={"db_table": "messaging_preferences"},
        ),
        migrations.AddConstraint(
            model_name="messagingpreference",
            constraint=carecollective.ground.foreign_keys.ForeignKeyConstraint(
                fields=("member",), name="preference_goes_with_its_member", to="accounts.Member"
            ),
        ),
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
    ]
