"""Whoever reads the table of sessions, or the list of browsers, learns no key that a browser could bring.

Those that there are stay open: the browser has its key still. There is no way back to the keys, so going back ends them.
"""

from django.db import migrations

DIGESTS = """
UPDATE django_session SET session_key = left(encode(sha256(session_key::bytea), 'hex'), 40);
UPDATE usersessions_usersession SET session_key = left(encode(sha256(session_key::bytea), 'hex'), 40);
"""
NO_SESSIONS = "DELETE FROM usersessions_usersession; DELETE FROM django_session;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_nobody_reads_a_password_but_to_sign_somebody_in"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [migrations.RunSQL(DIGESTS, NO_SESSIONS)]
