"""Each order of the list, and each way to narrow it, has an index; the folded words of a request are kept with it.

Both columns write each row anew: about a minute for 250,000 requests, in which nobody reads them.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.text_lookups


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0002_walls"),
        ("accounts", "0003_a_member_is_found_by_the_words_of_their_town"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="helprequest",
            name="idx_help_requests_words",
        ),
        migrations.AddField(
            model_name="helprequest",
            name="place_words",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.postgres.search.SearchVector(
                    carecollective.ground.text_lookups.Folded("location_override"), config="simple"
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddField(
            model_name="helprequest",
            name="search_words",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.postgres.search.SearchVector(
                    carecollective.ground.text_lookups.Folded("title"),
                    carecollective.ground.text_lookups.Folded("description"),
                    config="simple",
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=models.Index(
                condition=models.Q(("status__in", ["open", "in_progress"])),
                fields=["category", "-created_at", "-id"],
                name="idx_help_requests_category",
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=models.Index(
                condition=models.Q(("status__in", ["open", "in_progress"])),
                fields=["urgency", "-created_at", "-id"],
                name="idx_help_requests_urgency",
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=models.Index(
                condition=models.Q(("status__in", ["open", "in_progress"])),
                fields=["expires_at", "id"],
                name="idx_help_requests_runs_out",
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=models.Index(
                condition=models.Q(("status__in", ["open", "in_progress"])),
                fields=["language"],
                name="idx_help_requests_language",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(
                    ("status__in", ["open", "in_progress"]), models.Q(("location_override", ""), _negated=True)
                ),
                fastupdate=False,
                fields=["place_words"],
                name="idx_help_requests_place",
            ),
        ),
        migrations.AddIndex(
            model_name="helprequest",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["search_words"], name="idx_help_requests_words"
            ),
        ),
    ]
