"""A backup or drill that failed without anybody there, told to the administrators, each in their own language."""

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from carecollective.accounts import language as languages
from carecollective.accounts.administrators import administrators
from carecollective.ground.plain_letters import written

from .models import MADE, TRIED, newest

SUBJECTS = {
    MADE: _("%(community)s: no backup was made"),
    TRIED: _("%(community)s: the backup did not pass its test"),
}
WHAT_HAPPENED = {
    MADE: _("The backup of %(day)s, %(time)s, was not made. What the server says:"),
    TRIED: _("We tried to restore the newest backup on %(day)s, %(time)s, and it failed. What the server says:"),
}
WHAT_NOW = _(
    "The site goes on working and nothing is lost yet. Ask the person who runs the server to look at it today: "
    "`manage.py backup list` shows what there is, and `manage.py doctor` what to do."
)


@app.task(name="backups.tell_the_administrators", retry=5)
def tell_the_administrators(what: str) -> None:
    """No name and no word of a member is in it."""
    if not (run := newest(what)) or not run.failed:
        return
    at = timezone.localtime(run.ended_at)
    values = {"day": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}", "why": run.failed}
    text: list[Promise | str] = [WHAT_HAPPENED[what], "%(why)s", WHAT_NOW, settings.PUBLIC_URL]
    mails = [
        EmailMessage(*written(SUBJECTS[what], text, values, languages.of_mail_to(member)), to=[member.email])
        for member in administrators().distinct()
    ]
    get_connection().send_messages(mails)
