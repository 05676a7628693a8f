"""One row for each mail, so that none is knowingly sent twice; and what each member wants to be written to about."""

from datetime import datetime

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from carecollective.accounts.models import Member
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import ROW_NUMBER, YOURSELF, Copied, Erased, Privacy
from carecollective.ground.walls import IS_TEAM_OR_SYSTEM, Policy, Wall, for_system, own_or_system
from carecollective.told.kinds import Group, group_of, groups

MAILING = "how a mail went out, and not what it told"

DIGEST, TEST = "digest", "test"


class MailQuerySet(models.QuerySet["Mail"]):
    def waiting(self) -> "MailQuerySet":
        return self.filter(sent_at=None, not_needed_at=None, set_aside_at=None)

    def due(self, now: datetime) -> "MailQuerySet":
        """In the order in which they go out: that in which members were told."""
        return self.waiting().filter(due_at__lte=now).order_by("created_at", "pk")


class Mail(models.Model):
    """A mail that waits, was sent, was not needed after all, or was set aside. It holds no word of its text.

    `key` says what it is about, once and for all: a second row for the same thing cannot be.
    """

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    key = models.CharField(max_length=80, unique=True)
    recipient = reference(Member, related_name="+")
    kind = models.CharField(_("kind"), max_length=12)
    # No foreign key: what was told can be taken back, and the row then says that it was not needed.
    notification_id = models.UUIDField(null=True)
    # The mail of the day that takes this one's place.
    digest = reference("self", null=True, related_name="parts")
    created_at = models.DateTimeField(_("told"), db_default=Now())
    due_at = models.DateTimeField(_("due"), db_default=Now())
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    error = models.CharField(_("error"), max_length=60, default="", db_default="")  # a class name, never its text
    sent_at = models.DateTimeField(_("sent"), null=True)
    not_needed_at = models.DateTimeField(null=True)
    not_needed = models.CharField(max_length=12, default="", db_default="")
    set_aside_at = models.DateTimeField(_("undelivered"), null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        db_table = "mails"
        verbose_name = pgettext_lazy("a message by e-mail", "email")
        verbose_name_plural = pgettext_lazy("messages by e-mail", "emails")
        permissions = [("retry_mail", gettext_noop("May try again to send a mail that was set aside"))]
        constraints = [
            ForeignKeyConstraint(name="mail_goes_with_its_recipient", fields=["recipient"], to="accounts.Member"),
            ForeignKeyConstraint(
                name="mail_outlives_its_digest", fields=["digest"], to="mail.Mail", on_delete="SET NULL"
            ),
            models.CheckConstraint(
                name="mail_ends_in_one_way",
                condition=Q(sent_at=None, not_needed_at=None)
                | Q(sent_at=None, set_aside_at=None)
                | Q(not_needed_at=None, set_aside_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="idx_mails_open", condition=Q(sent_at=None, not_needed_at=None)),
            models.Index(fields=["recipient"], name="idx_mails_recipient"),
            models.Index(fields=["digest"], name="idx_mails_digest", condition=Q(digest__isnull=False)),
        ]

    wall = Wall(
        staff=(
            "SELECT (id, recipient_id, kind, created_at, due_at, attempts, error, sent_at, not_needed_at, set_aside_at)"
        ),
        system="SELECT, INSERT, UPDATE, DELETE",
        policies=[
            Policy("the team sees what became of it", "SELECT", "staff system", IS_TEAM_OR_SYSTEM),
            for_system("the system writes it", "INSERT"),
            for_system("the system sends it", "UPDATE"),
            for_system("the system forgets it", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied(
            "mails",
            "kind created_at sent_at",
            {
                "id": ROW_NUMBER,
                "recipient_id": YOURSELF,
                "key notification_id digest_id": "the notice itself stands among the notices",
                "due_at attempts error not_needed_at not_needed set_aside_at": MAILING,
            },
        ),
        Erased("recipient_id"),
        words="key",
        kept="for 90 days",
    )


class Choice(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day")
    NEVER = "never", _("Never")


def _choice(group: Group) -> "models.CharField[str, str]":
    return models.CharField(group.name, max_length=8, choices=Choice, default=Choice.AT_ONCE, db_default=Choice.AT_ONCE)


class MailPreferences(models.Model):
    """Who has said nothing gets every kind at once, at any hour, and without words."""

    member = models.OneToOneField(
        Member, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    offers = _choice(groups.OFFERS)
    answers = _choice(groups.ANSWERS)
    messages = _choice(groups.MESSAGES)
    requests = _choice(groups.REQUESTS)
    news = _choice(groups.NEWS)
    # Full hours in the community's time zone; from evening to morning is fine.
    quiet_from = models.PositiveSmallIntegerField(null=True)
    quiet_until = models.PositiveSmallIntegerField(null=True)
    show_words = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "mail_preferences"
        constraints = [
            ForeignKeyConstraint(name="preferences_go_with_their_member", fields=["member"], to="accounts.Member"),
            models.CheckConstraint(
                name="mail_comes_at_once_daily_or_never",
                condition=Q(
                    offers__in=["at_once", "daily", "never"],
                    answers__in=["at_once", "daily", "never"],
                    messages__in=["at_once", "daily", "never"],
                    requests__in=["at_once", "daily", "never"],
                    news__in=["at_once", "daily", "never"],
                ),
            ),
            models.CheckConstraint(
                name="quiet_hours_have_a_beginning_and_an_end",
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__range=(0, 23), quiet_until__range=(0, 23)) & ~Q(quiet_from=F("quiet_until")),
            ),
        ]

    wall = Wall(
        members=(
            "SELECT, INSERT, UPDATE (offers, answers, messages, requests, news, quiet_from, quiet_until, show_words)"
        ),
        system="SELECT, INSERT, UPDATE (offers, answers, messages, requests, news), DELETE",
        policies=[
            Policy("a member reads their own", "SELECT", "members system", own_or_system("member_id")),
            Policy("a member says it", "INSERT", "members system", check=own_or_system("member_id")),
            Policy("a member changes it", "UPDATE", "members system", own_or_system("member_id")),
            for_system("the system forgets whoever left", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied(
            "mail_settings",
            "offers answers messages requests news quiet_from quiet_until show_words",
            {"member_id": YOURSELF},
        ),
        Erased("member_id"),
    )

    def choice_of(self, kind: str) -> str:
        """A kind that nobody can turn off comes at once."""
        group = group_of(kind)
        return getattr(self, group.column) if group else Choice.AT_ONCE
