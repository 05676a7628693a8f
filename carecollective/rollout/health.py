"""The rollout in a line, for monitors (health check)."""

from typing import Any

from django.db import DatabaseError, InterfaceError

from .models import Flag
from .stages import FLAG
from .versions import v1_is_read_only

AWAY = {"v2": "disabled", "v1_read_only": False, "error": "The database is away, and the flag with it."}


def state() -> dict[str, Any]:
    """What is in effect, and `error` where the settings cannot be read: then V2 is off."""
    try:
        flag = Flag.get(FLAG)
        answer = {"v2": str(flag.in_effect), "v1_read_only": v1_is_read_only()}
    except (DatabaseError, InterfaceError):
        return AWAY
    flag.complain()
    return answer | ({"error": flag.problem} if flag.problem else {})
