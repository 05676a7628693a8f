"""What is on one line has single blanks, and nothing in it that nobody sees. What was kept before is made so.

Row level security is forced, so the table's owner sees no rows: for this one statement it is not.
"""

from django.conf import settings
from django.db import migrations, models

import carecollective.ground.text_lookups

MADE_SO = r"""
ALTER TABLE contact_details NO FORCE ROW LEVEL SECURITY;
UPDATE contact_details SET value = made_one_line(value) WHERE value <> made_one_line(value);
ALTER TABLE contact_details FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0005_words_are_compared_and_stand_on_one_line"),
        ("contacts", "0002_a_member_reads_and_writes_their_own"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="contactdetail",
            name="contact_is_clean_and_on_one_line",
        ),
        migrations.RunSQL(MADE_SO, reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="contactdetail",
            constraint=models.CheckConstraint(
                condition=models.Q(carecollective.ground.text_lookups.IsOneLine("value"), ("value__length__lte", 200)),
                name="contact_is_clean_and_on_one_line",
            ),
        ),
    ]
