"""Whether version 1 may still be written: asked here, and nowhere else in this folder.

As the login, before a scope opens: a member's role reads no switches.
"""

from carecollective.rollout.versions import v1_is_read_only


def is_read_only() -> bool:
    return v1_is_read_only()
