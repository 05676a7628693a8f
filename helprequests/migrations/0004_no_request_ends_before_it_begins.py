"""What was written by a clock that was off ends, from here on, when it began."""

import datetime

from django.db import migrations, models
from django.db.models import F, Q

MENDED = """
UPDATE help_requests SET completed_at = greatest(completed_at, created_at) WHERE completed_at < created_at;
UPDATE help_requests SET cancelled_at = greatest(cancelled_at, created_at) WHERE cancelled_at < created_at;
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("helprequests", "0003_each_list_of_requests_has_its_index")]

    operations = [
        migrations.RunSQL(MENDED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="helprequest",
            constraint=models.CheckConstraint(
                name="no_request_ends_before_it_begins",
                condition=(Q(completed_at=None) | Q(completed_at__gte=F("created_at") - datetime.timedelta(days=1)))
                & (Q(cancelled_at=None) | Q(cancelled_at__gte=F("created_at") - datetime.timedelta(days=1))),
            ),
        ),
    ]
