"""What a member has been told, and what the team told everybody (notifications and announcements)."""

from typing import Self

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from carecollective.accounts.models import Member
from carecollective.ground.clean_text import CleanText, LongCleanText, rule_of
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.privacy import ID, OTHERS, ROW_NUMBER, YOURSELF, Copied, Erased, Privacy
from carecollective.ground.text_lookups import IsCleanText, IsOneLine
from carecollective.ground.walls import IS_SYSTEM, Policy, Wall, for_system, for_triggers, own, own_or_system
from carecollective.told.kinds import KINDS, Reader

BODY_MAX = 2000
KIND_CHOICES = [(kind.code, kind.name) for kind in KINDS.values()]


class News(models.Model):
    """A word of the team to every member. Nobody sees it before it is told, and it is told once."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    # Held together by `news_is_clean` and `news_is_not_too_long`.
    title_en = CleanText(_("title in English"), length=(1, 100), one_line=True)
    body_en = LongCleanText(_("text in English"), length=(1, BODY_MAX))
    title_es = CleanText(_("title in Spanish"), length=(1, 100), one_line=True)
    body_es = LongCleanText(_("text in Spanish"), length=(1, BODY_MAX))
    written_at = models.DateTimeField(_("written"), db_default=Now(), editable=False)
    told_at = models.DateTimeField(_("told"), null=True, editable=False)

    class Meta:
        db_table = "team_news"
        verbose_name = _("news")
        verbose_name_plural = _("news")
        permissions = [("tell_news", gettext_noop("May tell news to every member"))]
        constraints = [
            models.CheckConstraint(
                name="news_is_clean",
                condition=Q(IsOneLine("title_en"), IsOneLine("title_es"))
                & Q(IsCleanText("body_en"), IsCleanText("body_es")),
            ),
            models.CheckConstraint(
                name="news_is_not_too_long", condition=Q(body_en__length__lte=BODY_MAX, body_es__length__lte=BODY_MAX)
            ),
        ]

    def __str__(self) -> str:
        return self.title_en

    def clean(self) -> None:
        for field in ("title_en", "body_en", "title_es", "body_es"):
            setattr(self, field, rule_of(News, field).clean(getattr(self, field)))


class NotificationQuerySet(models.QuerySet["Notification"]):
    def with_what_is_said(self) -> Self:
        """With the request, and the name of whoever did it, which is all that a member's role may read of them.

        Where that is the team, `posted_for` says for whom.
        """
        asks = Q(by=F("help_request__user"))
        posted_for = Case(When(asks, then=F("help_request__on_behalf__shown_name")))
        return self.select_related("help_request").annotate(by_name=F("by__name"), posted_for=posted_for)


class Notification(models.Model):
    """`about` is what it is told of: of one thing a member is told once, and of new messages once until they are read.

    A conversation may be of either version, so the database cannot follow its id.
    """

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    member = reference(Member, related_name="+")
    kind = models.CharField(max_length=12, choices=KIND_CHOICES)
    # What happened, as whom its member reads of it, and who did it: only where the two of them talk with each other.
    what = models.CharField(max_length=20)
    reader = models.CharField(max_length=12)
    by = reference(Member, null=True, related_name="+")
    conversation_id = models.UUIDField(null=True)
    help_request = reference("helprequests.HelpRequest", null=True, related_name="+")
    news = reference(News, null=True, related_name="+")
    about = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        constraints = [
            ForeignKeyConstraint(name="notification_goes_with_its_member", fields=["member"], to="accounts.Member"),
            ForeignKeyConstraint(
                name="notification_goes_with_its_help_request",
                fields=["help_request"],
                to="helprequests.HelpRequest",
            ),
            ForeignKeyConstraint(name="notification_goes_with_its_news", fields=["news"], to="notifications.News"),
            ForeignKeyConstraint(
                name="notification_outlives_whose_doing_it_was",
                fields=["by"],
                to="accounts.Member",
                on_delete="SET NULL",
            ),
            models.CheckConstraint(
                name="notification_has_a_reader",
                condition=Q(reader__in=[reader.value for reader in Reader]) & ~Q(what=""),
            ),
            models.CheckConstraint(
                name="notification_kind_is_known",
                condition=Q(kind__in=list(KINDS)),
            ),
            models.UniqueConstraint(
                name="told_once",
                fields=["member", "about", "kind"],
                condition=Q(read_at=None) | ~Q(kind="message"),
            ),
        ]
        indexes = [
            # Each list as it is shown: what is unread and then the newest, and what is unread alone.
            models.Index(
                F("member"),
                IsNull(F("read_at"), False),
                F("created_at").desc(),
                F("id").desc(),
                name="idx_notifications_member",
            ),
            models.Index(
                fields=["member", "-created_at", "-id"], name="idx_notifications_unread", condition=Q(read_at=None)
            ),
            models.Index(fields=["about"], name="idx_notifications_about"),
            models.Index(fields=["help_request"], name="idx_notifications_request"),
            models.Index(fields=["news"], name="idx_notifications_news"),
            models.Index(fields=["by"], name="idx_notifications_by", condition=Q(by__isnull=False)),
        ]

    wall = Wall(
        members="SELECT, UPDATE (read_at)",
        system=(
            "SELECT, INSERT (member_id, kind, what, reader, by_id, conversation_id, help_request_id, "
            "news_id, about), UPDATE (created_at), DELETE"
        ),
        policies=[
            *for_triggers("SELECT", "INSERT", "UPDATE", "DELETE"),
            Policy(
                "a member reads what they were told",
                "SELECT",
                "members system",
                # CASE: the planner takes OR for something that hardly a row fulfils, and then puts all in order.
                f"CASE WHEN {IS_SYSTEM} THEN true ELSE {own('member_id')} END",
            ),
            Policy("a member marks it as read", "UPDATE", "members system", own_or_system("member_id")),
            for_system("the system tells", "INSERT"),
            for_system("the system takes it back", "DELETE"),
        ],
    )
    personal_data = Privacy(
        Copied(
            "notices",
            "kind what conversation_id help_request_id created_at read_at",
            {
                "id": ROW_NUMBER,
                "member_id": YOURSELF,
                "reader": "as whom you were told: your own part in it",
                "by_id": OTHERS,
                "about": "what a notice is counted by; its conversation or request stands there",
                "news_id": "the news stands there by its title",
            },
        ),
        Erased("member_id", kept={"by_id": ID}),
        kept="until 30 days after they were read",
    )
