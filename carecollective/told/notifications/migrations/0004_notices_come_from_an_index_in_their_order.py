"""A page of notices is read from an index, the unread first and then the newest, and not put in order each time."""

import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0003_each_list_of_requests_has_its_index"),
        ("notifications", "0003_open_pages_hear_after_the_commit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="notification",
            name="idx_notifications_member",
        ),
        migrations.RemoveIndex(
            model_name="notification",
            name="idx_notifications_unread",
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                models.F("member"),
                django.db.models.lookups.IsNull(models.F("read_at"), False),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="idx_notifications_member",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("read_at", None)),
                fields=["member", "-created_at", "-id"],
                name="idx_notifications_unread",
            ),
        ),
    ]
