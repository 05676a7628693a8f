"""The counters behind every limit are UNLOGGED: to count a call waits for no disk.

After a crash of the database they begin at nothing, and so they do here: to write a million of them anew would keep
everybody waiting who counts.
"""

from django.db import migrations

UNLOGGED = "TRUNCATE rate_limits; ALTER TABLE rate_limits SET UNLOGGED"
LOGGED = "TRUNCATE rate_limits; ALTER TABLE rate_limits SET LOGGED"


class Migration(migrations.Migration):
    dependencies = [("carecollective", "0004_wake_ups_are_said_after_their_commit")]

    operations = [migrations.RunSQL(UNLOGGED, reverse_sql=LOGGED)]
