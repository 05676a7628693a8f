"""What each broken rule says, from the numbers that broke it, in the language of whoever reads it."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FEW_WORKED = _("%(failed)s of the last %(attempts)s offers failed on our side: fewer than %(least)s%% worked.")
SENTENCES: dict[str, Promise] = {
    "success_under_95": _("%(failed)s of the last %(attempts)s offers failed on our side."),
    "success_under_85": FEW_WORKED,
    "success_under_80": FEW_WORKED,
    "five_in_a_row": _("The last %(attempts)s offers all failed on our side."),
    "too_slow": _("Offers take too long: the slowest of %(attempts)s took %(slowest_ms)s milliseconds."),
    "p95_over_1000": _("Offers take up to %(p95_ms)s milliseconds (95 of 100 are faster)."),
    "duplicates_over_10": _("%(again)s of the last %(attempts)s offers were to someone the helper already talks with."),
    "database_away": _(
        "The database was away a moment ago, and %(failed)s offers failed with it. "
        "Judging waits until it has been back for a minute."
    ),
    # Of one code of failure, each with a name of its own: errors_unavailable.
    "errors": _("“%(code)s” came %(count)s times in the last %(attempts)s offers."),
}


def sentence(name: str, numbers: dict[str, Any]) -> str:
    return str(SENTENCES["errors" if name.startswith("errors_") else name]) % numbers


def in_words(checks: Iterable[dict[str, Any]]) -> str:
    """What tripped, now; a line from before its numbers were kept says what it said then."""
    sentences = []
    for check in checks:
        try:
            sentences.append(sentence(check["name"], check))
        except KeyError:
            sentences.append(check["sentence"])
    return " ".join(sentences)
