"""manage.py database identity-keys and rotate-identity-key: what the keys are with which who asks is proved."""

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import ProgrammingError

from carecollective.ground import identity_keys, owner


def show(tell: Callable[[str], object]) -> None:
    """A line for each valid key, by its id. Raises CommandError for a login that may not look."""
    try:
        with owner.as_the_owner():
            tell("\n".join(valid_keys()))
    except ProgrammingError:
        raise CommandError("The owner of the tables alone sees the keys: set OWNER_DATABASE_URL for this.") from None
    except ImproperlyConfigured as reason:
        raise CommandError(str(reason)) from None


def valid_keys() -> list[str]:
    """For the owner: which keys are valid, and which of them this machine has."""
    mine = identity_keys.key().id
    valid = identity_keys.believed()
    lines = [
        f"{id}, made {made_at:%Y-%m-%d %H:%M}" + (": this machine signs with it" if id == mine else "")
        for id, made_at in valid
    ]
    return lines if mine in dict(valid) else [*lines, f"{mine}: this machine signs with it, and it is not valid"]


def rotate(tell: Callable[[str], object], *, finish: bool) -> None:
    """A new key beside the old one, or the end of the old one. Raises CommandError where that cannot be done."""
    try:
        with owner.as_the_owner():
            tell(_finish() if finish else _begin())
    except ProgrammingError:
        raise CommandError("The owner of the tables alone changes keys: set OWNER_DATABASE_URL for this.") from None
    except ImproperlyConfigured as reason:
        raise CommandError(str(reason)) from None


def _begin() -> str:
    secret = identity_keys.rotate()
    where = (
        f"Write {identity_keys.VARIABLE}={secret} where it stands now"
        if secret
        else (f"The new key is in {identity_keys.file()}; give it to other machines that serve")
    )
    return (
        f"{where}, and restart every process. The old key is valid until then: afterwards, "
        "`manage.py database rotate-identity-key --finish` ends it."
    )


def _finish() -> str:
    identity_keys.end_the_others()
    return f"Only {identity_keys.key().id} is valid now, the key of this machine."
