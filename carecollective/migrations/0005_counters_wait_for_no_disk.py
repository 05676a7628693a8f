"""The counters behind every limit are UNLOGGED: to count a call waits for no disk.

They are written anew once, without a log of it. After a crash of the database they begin at nothing.
"""

from django.db import migrations

UNLOGGED = "ALTER TABLE rate_limits SET UNLOGGED"
LOGGED = "ALTER TABLE rate_limits SET LOGGED"


class Migration(migrations.Migration):
    dependencies = [("carecollective", "0004_wake_ups_are_said_after_their_commit")]

    operations = [migrations.RunSQL(UNLOGGED, reverse_sql=LOGGED)]
