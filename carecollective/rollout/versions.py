"""Who starts their next conversation in which version (the feature flag's answer).

Doors ask this, for the member who starts it, at that moment. There is no cookie, no die, no query parameter
and no header in the answer: the same member gets the same one everywhere.
"""

from django.db.models import QuerySet
from waffle.models import Switch

from carecollective.accounts.models import Member
from carecollective.ground.compiled import compiled

from .decisions import Decision
from .models import Flag
from .stages import FLAG

V1_SWITCH = "messaging_v1_read_only"


def decision_for(member: Member) -> Decision:
    """Which version this member's next conversation starts in, and because of which rule."""
    (flag,) = _flags(FLAG) or [Flag(name=FLAG)]  # one that is missing says so in its decision
    return flag.decide(member)


def v1_is_read_only() -> bool:
    """Old conversations can be read, exported and reported, and not written."""
    return any(_switches(V1_SWITCH))


@compiled
def _flags(name: str) -> QuerySet[Flag]:
    return Flag.objects.filter(name=name)


@compiled
def _switches(name: str) -> QuerySet[Switch, bool]:
    """Past waffle's cache, which is off: a change holds at once, in every process."""
    return Switch.objects.filter(name=name).values_list("active", flat=True)
