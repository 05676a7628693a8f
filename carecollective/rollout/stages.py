"""The stages of the rollout (percentage rollout), as written everywhere: disabled, internal, percentage:N, enabled."""

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

FLAG = "messaging_v2"
# Fixed for the life of the flag: another salt would deal everybody anew.
SALT = "messaging_v2"
BUCKETS = 10_000

# No sign, no exponent, no blank, no leading zero; [0-9] and not \d, which also takes other scripts' digits.
_PERCENTAGE = re.compile(r"percentage:((?:100|[1-9]?[0-9])(?:\.[0-9]{1,2})?)")


class NotAStage(ValueError):
    """A word that is no stage. Its text is a sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    # Of 10,000 parts, for a percentage: a member is in while their bucket is under it.
    parts: int = 0

    def __str__(self) -> str:
        if self.name != "percentage":
            return self.name
        return f"percentage:{self.percent}"

    @property
    def percent(self) -> str:
        """Without trailing zeros: 10, 12.5, 0.25."""
        return f"{(Decimal(self.parts) / 100).normalize():f}"

    @property
    def rank(self) -> tuple[int, int]:
        """More members with every step."""
        return ("disabled", "internal", "percentage", "enabled").index(self.name), self.parts

    def __gt__(self, other: "Stage") -> bool:
        return self.rank > other.rank

    @property
    def label(self) -> str:
        """As the team reads it."""
        if self.name == "percentage":
            return _("%(percent)s%% of members") % {"percent": self.percent}
        return {
            "disabled": _("Off"),
            "internal": _("Staff and named members"),
            "enabled": _("Everyone"),
        }[self.name]


DISABLED, INTERNAL, ENABLED = Stage("disabled"), Stage("internal"), Stage("enabled")


def percentage(percent: str) -> Stage:
    return parse(f"percentage:{percent}")


def parse(word: str) -> Stage:
    """The stage that this word means, exactly. Raises NotAStage."""
    for stage in (DISABLED, INTERNAL, ENABLED):
        if word == stage.name:
            return stage
    found = _PERCENTAGE.fullmatch(word)
    parts = int(Decimal(found[1]) * 100) if found else BUCKETS + 1
    if parts <= BUCKETS:
        return Stage("percentage", parts)
    if word.startswith("percentage:"):
        raise NotAStage(
            _("%(said)s is no stage: after percentage: comes a number from 0 to 100, with at most two decimals.")
            % {"said": repr(word)}
        )
    raise NotAStage(
        _("%(said)s is no stage. The stages are disabled, internal, percentage:N and enabled.") % {"said": repr(word)}
    )


def bucket(member_id: UUID, salt: str = SALT) -> int:
    """0 to 9999, for ever the same for a member, and unrelated to the one of another salt."""
    digest = hashlib.sha256(f"{salt}\x1f{member_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS
