"""Backups: made, kept, put back, and tried by putting them back. `manage.py backup` is the door, the clock another.

A backup is one sealed file that says of itself what is in it (`sealed.py`, `contents.py`). It is only one once it has
been read back, and a restore only happens once what came of it has been proved.
"""
