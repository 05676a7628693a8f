"""The rollout of the new messaging (V2) over the old (V1). The only module that knows waffle.

Doors ask one of these two, for the member who starts a conversation, at that moment. There is no cookie, no die, no
query parameter and no header in the answer: the same member gets the same one everywhere.
"""

from typing import TYPE_CHECKING

from django.apps import apps as installed  # `apps` is a module of this package

from .stages import FLAG

if TYPE_CHECKING:
    from carecollective.accounts.models import Member

    from .decisions import Decision


def decision_for(member: "Member") -> "Decision":
    """Which version this member's next conversation starts in, and because of which rule."""
    return installed.get_model("rollout", "Flag").get(FLAG).decide(member)


def version_for(member: "Member") -> str:
    """ "v1" or "v2"."""
    return decision_for(member).version


def v1_is_read_only() -> bool:
    """Old conversations can be read, exported and reported, and not written."""
    return bool(installed.get_model("waffle", "Switch").get("messaging_v1_read_only").active)
