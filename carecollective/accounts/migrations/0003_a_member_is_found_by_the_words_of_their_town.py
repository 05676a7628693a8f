"""Who asks for help near a member is found through the words of their town, which members may read like the town itself."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import carecollective.ground.text_lookups

GRANTED = "GRANT SELECT (town_words) ON members TO authenticated;"

TAKEN_BACK = "REVOKE SELECT (town_words) ON members FROM authenticated;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="town_words",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.postgres.search.SearchVector(
                    carecollective.ground.text_lookups.Folded("town"), config="simple"
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["town_words"], name="idx_members_town"
            ),
        ),
        migrations.RunSQL(GRANTED, reverse_sql=TAKEN_BACK),
    ]
