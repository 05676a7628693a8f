"""A title has single blanks, and nothing in it that nobody sees. What was kept before is made so."""

from django.db import migrations, models

import carecollective.ground.text_lookups

MADE_SO = r"""
UPDATE team_news SET title_en = made_one_line(title_en), title_es = made_one_line(title_es);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0005_words_are_compared_and_stand_on_one_line"),
        ("notifications", "0006_each_reader_has_their_own_words"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="news",
            name="news_is_clean",
        ),
        migrations.RunSQL(MADE_SO, reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="news",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    carecollective.ground.text_lookups.IsOneLine("title_en"),
                    carecollective.ground.text_lookups.IsOneLine("title_es"),
                    carecollective.ground.text_lookups.IsCleanText("body_en"),
                    carecollective.ground.text_lookups.IsCleanText("body_es"),
                ),
                name="news_is_clean",
            ),
        ),
    ]
