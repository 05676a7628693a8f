"""A name and a town have single blanks, and nothing in them that nobody sees. What was kept before is made so.

Whoever would then be called like those who have left keeps a name that is like it.
"""

from django.db import migrations, models

import carecollective.ground.text_lookups

MADE_SO = r"""
UPDATE members SET name = made_one_line(name) WHERE name <> made_one_line(name)
    AND made_one_line(name) <> 'A former member';
UPDATE members SET name = 'Former member' WHERE name <> made_one_line(name);
UPDATE members SET town = made_one_line(town) WHERE town <> made_one_line(town);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0005_words_are_compared_and_stand_on_one_line"),
        ("accounts", "0010_reasons_stay_as_they_were_written"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="member",
            name="member_name_is_clean_and_1_to_100",
        ),
        migrations.RemoveConstraint(
            model_name="member",
            name="member_town_is_clean",
        ),
        migrations.RunSQL(MADE_SO, reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    carecollective.ground.text_lookups.IsOneLine("name"), ("name__length__range", (1, 100))
                ),
                name="member_name_is_clean_and_1_to_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("town", ""), carecollective.ground.text_lookups.IsOneLine("town"), _connector="OR"),
                name="member_town_is_clean",
            ),
        ),
    ]
