"""What can be wrong with mail (checks): nobody joins without it."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import get_connection
from django.utils.translation import gettext as _

from carecollective.ground.doctor import Check, Fault

from . import health


def is_for_members() -> bool:
    """Is it a site that people reach, not one tried out on a machine of one's own?"""
    return settings.PUBLIC_URL.startswith("https://")


def is_named() -> Fault:
    return None if is_for_members() else _is_a_folder()


def members_can_confirm() -> Fault:
    return _is_a_folder() if is_for_members() else None


def _is_a_folder() -> Fault:
    if not settings.DEBUG and settings.EMAIL_BACKEND.endswith("FolderBackend"):
        return _(
            "EMAIL_URL is not set, so every mail is a file in var/mail, and nobody can join: the link that confirms an "
            "address comes by mail. Write, for example, EMAIL_URL=smtp+tls://login:password@mail.example.org:587."
        )
    return None


def goes_out() -> Fault:
    state = health.state()
    if state["status"] == "late":
        return _(
            "The oldest mail has waited for %(n)s minutes: no worker runs (`manage.py serve jobs`), or the mail server "
            "of EMAIL_URL cannot be reached; `manage.py doctor --deep` tries it."
        ) % {"n": state["oldest_unsent_seconds"] // 60}
    if state["status"] == "set_aside":
        return _("Mails that could not be sent: %(n)s. *Mails* in the admin says why.") % {"n": state["set_aside"]}
    return None


def server_lets_us_in() -> Fault:
    try:
        with get_connection():
            return None
    except (OSError, SMTPException) as error:
        return _(
            "The mail server of EMAIL_URL does not let us in: %(why)s. Compare host, port, login and password."
        ) % {"why": str(error).partition("\n")[0] or type(error).__name__}


CHECKS = (
    Check("mail", is_named, needs_database=False),
    Check("mail_for_members", members_can_confirm, stops=True, needs_database=False),
    Check("mail_waits", goes_out, at_start=False),
    Check("mail_server", server_lets_us_in, is_deep=True, needs_database=False),
)
