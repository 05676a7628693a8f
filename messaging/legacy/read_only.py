"""Whether version 1 may still be written: asked here, and nowhere else in this folder."""

from carecollective.rollout.versions import v1_is_read_only


def is_read_only() -> bool:
    return v1_is_read_only()
