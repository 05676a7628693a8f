"""Which mail a member wants and which was sent, for their copy."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.told.kinds import GROUPS, KINDS

from .models import Mail, MailPreferences
from .preferences import preferences_of


def parts(member: Member) -> Iterator[Part]:
    wishes = preferences_of(member)
    yield Part("mail_settings", _("Which emails you get"), [Entry(_wishes(wishes))], is_single=True)
    with acting_as_system("what was mailed to a member, for their copy", Purpose.MAIL):
        sent = list(Mail.objects.filter(recipient=member).order_by("created_at", "pk"))
    yield Part("mails", _("Emails about notifications"), [_mail(one) for one in sent])


def _wishes(wishes: MailPreferences) -> list[Field]:
    choices = [
        Field(
            column,
            group.name,
            getattr(wishes, column),
            getattr(wishes, f"get_{column}_display")(),
        )
        for column, group in GROUPS.items()
    ]
    return [
        *choices,
        Field("quiet_from", _("Quiet from, hour"), wishes.quiet_from),
        Field("quiet_until", _("Quiet until, hour"), wishes.quiet_until),
        Field("show_words", _("With words in them"), wishes.show_words),
    ]


def _mail(mail: Mail) -> Entry:
    return Entry(
        [
            Field("kind", None, mail.kind),
            Field("created_at", _("Told"), mail.created_at),
            Field("sent_at", _("Sent"), mail.sent_at),
        ],
        title=str(KINDS[mail.kind].name if mail.kind in KINDS else mail.kind),
    )
