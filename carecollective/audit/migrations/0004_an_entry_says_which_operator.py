"""An entry of an operator says whose account of the server's it was, and more of what is done there has a kind.

`app.operator` is what `manage.py` says to each connection; whoever does not say it is written down without a name.
"""

from django.db import migrations, models
from django.db.models import Q

KINDS = {
    "approved": "Application approved",
    "turned_down": "Application declined",
    "account_made": "Account made by the team",
    "details_changed": "Name or town changed by the team",
    "address_changed": "Email address changed by the team",
    "roles_changed": "Roles changed",
    "restricted": "Restriction set or lifted",
    "restriction_ended": "Restriction ended by its time",
    "suspended_at_once": "Suspended at once, for 72 hours at most",
    "warned": "Warning given",
    "warning_read": "Warning read",
    "request_closed": "Request closed by the team",
    "answered_for_team": "Offer answered in the team’s name",
    "report_opened": "Report opened",
    "report_decided": "Report decided",
    "thread_opened": "Conversation opened without a report",
    "impersonation": "Impersonation attempt",
    "sign_in_failed": "Sign-in failed",
    "second_step_taken": "Second step taken away",
    "act_asked": "Grave act asked for",
    "act_agreed": "Grave act agreed to",
    "act_declined": "Grave act declined",
    "act_lapsed": "Grave act lapsed",
    "act_disputed": "Grave act called not right by its member",
    "exported": "Copy of someone’s data made",
    "export_fetched": "Copy of someone’s data fetched",
    "leaving_asked": "Asked to leave",
    "leaving_stayed": "Decided to stay",
    "left": "Left: account emptied",
    "deleted": "Account deleted from the database",
    "password_set": "Password set at the server",
    "shell_opened": "Shell opened at the server",
    "renamed": "Name changed by its member",
    "rename_seen": "Changed name looked at by the team",
}

OPERATOR = """
CREATE FUNCTION entry_says_the_operator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.login := left(regexp_replace(coalesce(current_setting('app.operator', true), ''),
                                     '[^A-Za-z0-9_.@:-]', '_', 'g'), 64);
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION entry_says_the_operator() FROM PUBLIC;
CREATE TRIGGER audit_entries_say_the_operator BEFORE INSERT ON audit_entries
    FOR EACH ROW WHEN (NEW.hand = 'operator') EXECUTE FUNCTION entry_says_the_operator();

-- One looks at changed names, and never at one's own.
CREATE FUNCTION nobody_looks_at_their_own_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.actor_id = NEW.subject_id THEN
        RAISE insufficient_privilege USING MESSAGE = 'somebody else looks at a changed name';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION nobody_looks_at_their_own_name() FROM PUBLIC;
CREATE TRIGGER audit_entries_see_no_own_name BEFORE INSERT ON audit_entries
    FOR EACH ROW WHEN (NEW.kind = 'rename_seen') EXECUTE FUNCTION nobody_looks_at_their_own_name();

ALTER POLICY "members see what was done to their account" ON audit_entries
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE subject_id = (SELECT acting_member())
               AND kind IN ('approved', 'turned_down', 'account_made', 'address_changed', 'roles_changed', 'restricted',
                            'restriction_ended', 'warned', 'warning_read', 'sign_in_failed', 'second_step_taken',
                            'suspended_at_once', 'details_changed',
                            'exported', 'export_fetched', 'leaving_asked', 'leaving_stayed', 'left',
                            'password_set') END);
"""

NO_OPERATOR = """
ALTER POLICY "members see what was done to their account" ON audit_entries
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE subject_id = (SELECT acting_member())
               AND kind IN ('approved', 'turned_down', 'account_made', 'address_changed', 'roles_changed', 'restricted',
                            'restriction_ended', 'warned', 'warning_read', 'sign_in_failed', 'second_step_taken',
                            'suspended_at_once', 'details_changed',
                            'exported', 'export_fetched', 'leaving_asked', 'leaving_stayed', 'left') END);
DROP TRIGGER audit_entries_see_no_own_name ON audit_entries;
DROP FUNCTION nobody_looks_at_their_own_name();
DROP TRIGGER audit_entries_say_the_operator ON audit_entries;
DROP FUNCTION entry_says_the_operator();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_an_entry_says_the_rank_of_whoever_did_it")]

    operations = [
        migrations.RemoveConstraint("entry", "entry_kind_is_known"),
        migrations.AlterField(
            "entry", "kind", models.CharField(choices=list(KINDS.items()), max_length=20, verbose_name="what")
        ),
        migrations.AddConstraint(
            "entry", models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="entry_kind_is_known")
        ),
        migrations.AddField(
            "entry", "login", models.CharField(db_default="", max_length=64, verbose_name="account at the server")
        ),
        migrations.AddConstraint(
            "entry",
            models.CheckConstraint(
                condition=Q(login="") | Q(hand="operator", login__regex=r"^[A-Za-z0-9_.@:-]{1,64}$"),
                name="entry_has_a_login_only_of_operators",
            ),
        ),
        migrations.RunSQL(OPERATOR, reverse_sql=NO_OPERATOR),
    ]
