"""What everybody can read of a help request, and the question whether it should: PII in public fields.

Pages and API ask it alike: who is sure sends the same words with `post_anyway`.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from carecollective.ground import lookalikes

PUBLIC = ("title", "description", "subcategory", "exchange_offer", "location_override")
LOOKS_PRIVATE = "looks_private"
SENTENCES = {
    lookalikes.ADDRESS: _("It looks like this has your address. Everyone can read requests."),
    lookalikes.PHONE: _("It looks like this has a phone number. Everyone can read requests."),
    lookalikes.EMAIL: _("It looks like this has an email address. Everyone can read requests."),
}


def private_facts(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Each public field that seems to tell one, with the sentence that says so."""
    return [
        (field, str(SENTENCES[fact])) for field in PUBLIC for fact in lookalikes.private_facts(fields.get(field) or "")
    ]
