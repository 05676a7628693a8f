"""What was written down, for a test to read."""

from carecollective.audit.models import Entry
from carecollective.ground.identity import acting_as_system


def entries(*kinds):
    """(kind, hand, actor, subject, codes), oldest first; of these kinds, or all."""
    with acting_as_system("a test looks"):
        found = Entry.objects.filter(kind__in=kinds) if kinds else Entry.objects.all()
        return list(found.order_by("at").values_list("kind", "hand", "actor_id", "subject_id", "codes"))
