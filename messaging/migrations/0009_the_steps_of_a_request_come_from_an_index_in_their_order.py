"""Whether anything was answered on a request since a moment, and what last, is read from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_conversations_and_reports_are_counted")]

    operations = [
        migrations.AddIndex(
            model_name="offeranswer",
            index=models.Index(fields=["help_request", "at"], name="idx_answers_help_request"),
        ),
        migrations.RemoveIndex(model_name="offeranswer", name="idx_answers_help_request_id"),
    ]
