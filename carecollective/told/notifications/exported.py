"""What a member was told, for their copy."""

from collections.abc import Iterator

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as

from .models import Notification
from .notices import in_the_readers_language
from .notices import notice as in_one_line


def parts(member: Member) -> Iterator[Part]:
    with acting_as(member):
        told = Notification.objects.filter(member=member).with_what_is_said().order_by("created_at", "pk")
        notices = list(told)
    prefetch_related_objects(notices, "news")  # the team's, and read by the login alone
    yield Part("notices", _("Notifications"), [_notice(notice) for notice in notices])


def _notice(notice: Notification) -> Entry:
    about = notice.help_request
    return Entry(
        [
            Field("kind", None, notice.kind),
            Field("what", None, notice.what),
            Field("help_request", _("About"), about.shown_title if about else "", lang=about.lang if about else ""),
            Field("help_request_id", None, notice.help_request_id),
            Field("conversation_id", None, notice.conversation_id),
            Field("news", _("Title"), in_the_readers_language(notice.news)["title"] if notice.news else ""),
            Field("created_at", _("Told"), notice.created_at),
            Field("read_at", _("Read"), notice.read_at),
        ],
        title=in_one_line(notice, {}),
    )
