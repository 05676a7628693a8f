"""Requests are found by folded words; what is on one line has single blanks, and nothing in it that nobody sees.

What was kept before is made so; a title that was only long enough with what nobody saw says "Help" in front. Row level
security is forced, so the owner of the tables sees no rows: for these statements it is not.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.text_lookups

MADE_SO = r"""
UPDATE help_requests SET title = made_one_line(title) WHERE title <> made_one_line(title)
    AND char_length(made_one_line(title)) >= 5;
UPDATE help_requests SET subcategory = made_one_line(subcategory) WHERE subcategory <> made_one_line(subcategory);
UPDATE help_requests SET location_override = made_one_line(location_override) WHERE location_override <> made_one_line(location_override);
UPDATE help_requests SET title = 'Help: ' || made_one_line(title) WHERE char_length(made_one_line(title)) < 5;
ALTER TABLE requests_on_behalf NO FORCE ROW LEVEL SECURITY;
UPDATE requests_on_behalf SET shown_name = made_one_line(shown_name) WHERE shown_name <> made_one_line(shown_name);
ALTER TABLE requests_on_behalf FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0005_words_are_compared_and_stand_on_one_line"),
        ("helprequests", "0005_a_request_closed_by_the_team_says_so"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="helprequest",
            name="title_is_clean_and_5_to_100",
        ),
        migrations.RemoveConstraint(
            model_name="helprequest",
            name="subcategory_is_clean_or_empty",
        ),
        migrations.RemoveConstraint(
            model_name="helprequest",
            name="location_override_is_clean_or_empty",
        ),
        migrations.RemoveConstraint(
            model_name="onbehalf",
            name="shown_name_is_clean_and_1_to_40",
        ),
        migrations.RemoveIndex(
            model_name="helprequest",
            name="idx_help_requests_words",
        ),
        migrations.RunSQL(MADE_SO, reverse_sql=migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="helprequest",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector(
                    carecollective.ground.text_lookups.Folded("title"),
                    carecollective.ground.text_lookups.Folded("description"),
                    config="simple",
                ),
                name="idx_help_requests_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="helprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    carecollective.ground.text_lookups.IsOneLine("title"), ("title__length__range", (5, 100))
                ),
                name="title_is_clean_and_5_to_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="helprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("subcategory", ""), carecollective.ground.text_lookups.IsOneLine("subcategory"), _connector="OR"
                ),
                name="subcategory_is_clean_or_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="helprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("location_override", ""),
                    carecollective.ground.text_lookups.IsOneLine("location_override"),
                    _connector="OR",
                ),
                name="location_override_is_clean_or_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="onbehalf",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    carecollective.ground.text_lookups.IsOneLine("shown_name"), ("shown_name__length__range", (1, 40))
                ),
                name="shown_name_is_clean_and_1_to_40",
            ),
        ),
    ]
