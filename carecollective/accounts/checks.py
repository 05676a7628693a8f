"""What can be wrong with who runs a community (checks)."""

from carecollective.ground.doctor import Check, Fault

from . import second_factor
from .administrators import administrators

TOGETHER = 2


def two_administrators_can_come_in() -> Fault:
    ready = [member for member in administrators().distinct() if not second_factor.is_missing(member)]
    if len(ready) < TOGETHER:
        return (
            f"Administrators who can come in, with a second step: {len(ready)}. What is grave takes two of them, and "
            "one may lose a phone: `manage.py createsuperuser` makes the first, *Roles* in the admin the next, and "
            "each sets the second step up at *You*."
        )
    return None


CHECKS = (Check("administrators", two_administrators_can_come_in, before_opening=True),)
