"""What a help request is written in. Under a member's hands it is one of the owner's words, like the title."""

from django.db import migrations, models

# Nobody said it of the rows that there are: the language in which their owner reads is the best guess, and they may
# change it. Nothing has changed in the request itself, so its clock stands still.
AS_THEIR_OWNER_READS = """
UPDATE help_requests SET language = members.language FROM members
WHERE members.id = help_requests.user_id AND members.language <> ''
"""
STOP, GO = (f"ALTER TABLE help_requests {what} TRIGGER help_requests_updated_at" for what in ("DISABLE", "ENABLE"))

FUNCTION = """
CREATE OR REPLACE FUNCTION helpers_change_the_status_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF acting_member() = OLD.user_id
        OR (NEW.title, NEW.description, NEW.category, NEW.subcategory, NEW.urgency, NEW.exchange_offer,
            NEW.is_ongoing, NEW.location_override, NEW.cancel_reason{new})
         = (OLD.title, OLD.description, OLD.category, OLD.subcategory, OLD.urgency, OLD.exchange_offer,
            OLD.is_ongoing, OLD.location_override, OLD.cancel_reason{old})
    THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'only its owner changes what a help request says';
END $$;
"""

WALLS = "GRANT INSERT (language), UPDATE (language) ON help_requests TO authenticated;" + FUNCTION.format(
    new=", NEW.language", old=", OLD.language"
)
NO_WALLS = "REVOKE INSERT (language), UPDATE (language) ON help_requests FROM authenticated;" + FUNCTION.format(
    new="", old=""
)


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0006_requests_are_found_by_folded_words_and_titles_stand_on_one_line"),
        ("mail", "0004_a_language_is_the_members"),  # from then on the members know theirs
    ]

    operations = [
        migrations.AddField(
            model_name="helprequest",
            name="language",
            field=models.CharField(
                db_default=models.Value("en"), default="en", max_length=35, verbose_name="written in"
            ),
        ),
        migrations.RunSQL([STOP, AS_THEIR_OWNER_READS, GO], reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="helprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(language__regex=r"^([a-z]{2,3}|x(?=-))(-[A-Za-z0-9]{1,8})*$"),
                name="request_language_is_a_tag",
            ),
        ),
        migrations.RunSQL(WALLS, reverse_sql=NO_WALLS),
    ]
