"""Help requests: what members ask the others for, how it may end, and who may see it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.clean_text import CleanText
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.identity import as_the_system_outside
from carecollective.ground.languages import TAG_MAX, spoken_here
from carecollective.ground.names import through_the_team
from carecollective.ground.purposes import Purpose
from carecollective.ground.text_search import words_of

from . import life, private
from .life import TAKES_OFFERS, TRANSITIONS
from .queryset import HelpRequestQuerySet
from .urgency import RUNS_FOR, RUNS_OUT_SOON, RunsFor, holds_since

# What somebody may say or leave open.
OPTIONAL: dict[str, Any] = {"counted": False, "blank": True, "default": "", "db_default": ""}
# What stands in the title's place once its owner has left.
FORMER_REQUEST = "A request of a former member"
ON_THE_BOARD = Q(status__in=["open", "in_progress"])


class HelpRequest(models.Model):
    Status = life.Status

    class Category(models.TextChoices):
        HEALTH = "health-caregiving", _("Health and caregiving")
        GROCERIES = "groceries-meals", _("Groceries and meals")
        TRANSPORT = "transportation-errands", _("Rides and errands")
        HOUSEHOLD = "household-yard", _("House and yard")
        TECHNOLOGY = "technology-administrative", _("Technology and paperwork")
        COMPANY = "social-companionship", _("Company and conversation")
        OTHER = "other", _("Something else")

    class Urgency(models.TextChoices):
        NORMAL = "normal", _("In the next few days")
        URGENT = "urgent", _("Within 24 hours")
        CRITICAL = "critical", _("Today")

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    user = reference(Member, related_name="help_requests", verbose_name=_("asked by"))
    title = CleanText(_("title"), length=(5, 100), one_line=True, check="title_is_clean_and_5_to_100")
    description = CleanText(_("description"), length=(0, 1000), check="description_is_clean_or_empty", **OPTIONAL)
    category = models.CharField(_("kind of help"), max_length=30, choices=Category)
    subcategory = CleanText(
        _("more detail"), length=(0, 100), one_line=True, check="subcategory_is_clean_or_empty", **OPTIONAL
    )
    urgency = models.CharField(
        _("how soon"), max_length=10, choices=Urgency, default=Urgency.NORMAL, db_default=Urgency.NORMAL
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN, db_default=Status.OPEN)
    exchange_offer = CleanText(_("in return"), length=(0, 300), check="exchange_offer_is_clean_or_empty", **OPTIONAL)
    is_ongoing = models.BooleanField(_("regularly"), default=False, db_default=False)
    helper = reference(Member, null=True, blank=True, related_name="+", verbose_name=_("helped by"))
    location_override = CleanText(
        _("place"), length=(0, 200), one_line=True, check="location_override_is_clean_or_empty", **OPTIONAL
    )
    # Of the words above, for whoever has them read aloud.
    language = models.CharField(
        _("written in"), max_length=TAG_MAX, default=settings.LANGUAGE_CODE, db_default=Value(settings.LANGUAGE_CODE)
    )
    created_at = models.DateTimeField(_("asked"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("runs out"), null=True, db_default=RunsFor(), editable=False)
    completed_at = models.DateTimeField(_("done"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    cancel_reason = CleanText(
        _("why it was cancelled"), length=(0, 500), check="cancel_reason_is_clean_or_empty", **OPTIONAL
    )
    # Kept, since to fold a text costs more than all else that is done with a row.
    search_words = models.GeneratedField(
        expression=words_of("title", "description"), output_field=SearchVectorField(), db_persist=True
    )
    place_words = models.GeneratedField(
        expression=words_of("location_override"), output_field=SearchVectorField(), db_persist=True
    )

    objects = HelpRequestQuerySet.as_manager()

    class Meta:
        db_table = "help_requests"
        verbose_name = _("help request")
        verbose_name_plural = _("help requests")
        permissions = [
            ("close_helprequest", gettext_noop("May close a request for the team")),
            ("post_on_behalf", gettext_noop("May post a request for someone without an account")),
            ("view_impact", gettext_noop("May see the report for funders")),
        ]
        constraints = [
            ForeignKeyConstraint(name="help_request_goes_with_its_owner", fields=["user"], to="accounts.Member"),
            ForeignKeyConstraint(
                name="help_request_outlives_its_helper", fields=["helper"], to="accounts.Member", on_delete="SET NULL"
            ),
            # What a conversation's (help_request_id, requester_id) points at.
            models.UniqueConstraint(name="help_request_has_one_owner", fields=["id", "user"]),
            models.CheckConstraint(name="nobody_helps_themselves", condition=Q(helper=None) | ~Q(helper=F("user"))),
            models.CheckConstraint(
                name="category_is_known",
                condition=Q(
                    category__in=[
                        "health-caregiving",
                        "groceries-meals",
                        "transportation-errands",
                        "household-yard",
                        "technology-administrative",
                        "social-companionship",
                        "other",
                    ]
                ),
            ),
            # The shape alone, as far as the database can say it; `carecollective.ground.languages` knows all of it.
            models.CheckConstraint(
                name="request_language_is_a_tag",
                condition=Q(language__regex=r"^([a-z]{2,3}|x(?=-))(-[A-Za-z0-9]{1,8})*$"),
            ),
            models.CheckConstraint(name="urgency_is_known", condition=Q(urgency__in=["normal", "urgent", "critical"])),
            models.CheckConstraint(
                name="request_status_is_known",
                condition=Q(status__in=["open", "in_progress", "completed", "cancelled", "closed"]),
            ),
            models.CheckConstraint(name="open_request_has_no_helper", condition=~Q(status="open") | Q(helper=None)),
            models.CheckConstraint(
                name="only_a_completed_request_has_completed_at",
                condition=Q(status="completed", completed_at__isnull=False)
                | Q(status="closed")
                | Q(status__in=["open", "in_progress", "cancelled"], completed_at=None),
            ),
            models.CheckConstraint(
                name="only_a_cancelled_request_has_cancelled_at",
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | Q(status="closed")
                | Q(status__in=["open", "in_progress", "completed"], cancelled_at=None),
            ),
            # But for a day, as for all times from elsewhere: whoever writes it, and by whatever clock.
            models.CheckConstraint(
                name="no_request_ends_before_it_begins",
                condition=(Q(completed_at=None) | Q(completed_at__gte=F("created_at") - timedelta(days=1)))
                & (Q(cancelled_at=None) | Q(cancelled_at__gte=F("created_at") - timedelta(days=1))),
            ),
            models.CheckConstraint(
                name="ongoing_requests_never_run_out",
                condition=Q(is_ongoing=True, expires_at=None) | Q(is_ongoing=False, expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="idx_help_requests_user_id"),
            models.Index(fields=["helper"], name="idx_help_requests_helper_id"),
            # The board in each of its orders, and by what it can be narrowed to.
            models.Index(fields=["-created_at", "-id"], name="idx_help_requests_on_the_board", condition=ON_THE_BOARD),
            models.Index(
                fields=["category", "-created_at", "-id"], name="idx_help_requests_category", condition=ON_THE_BOARD
            ),
            models.Index(
                fields=["urgency", "-created_at", "-id"], name="idx_help_requests_urgency", condition=ON_THE_BOARD
            ),
            models.Index(fields=["expires_at", "id"], name="idx_help_requests_runs_out", condition=ON_THE_BOARD),
            models.Index(
                fields=["language"],
                name="idx_help_requests_language",
                condition=ON_THE_BOARD,
                opclasses=["varchar_pattern_ops"],
            ),
            GinIndex(
                fields=["place_words"],
                name="idx_help_requests_place",
                condition=ON_THE_BOARD & ~Q(location_override=""),
                fastupdate=False,
            ),
            # Without a list of what is still to be sorted in, which every search would have to read.
            GinIndex(fields=["search_words"], name="idx_help_requests_words", fastupdate=False),
        ]

    wall, personal_data = private.HELP_REQUEST

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In whatever scope stands, like `update`."""
        with as_the_system_outside(Purpose.HELP_REQUESTS):
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with as_the_system_outside(Purpose.HELP_REQUESTS):
            return super().delete(*args, **kwargs)

    @property
    def shown_title(self) -> str:
        return shown_title(self.title)

    @property
    def asker(self) -> str:
        """What others call whoever asks; on a row that came `with_names`."""
        posted_for = getattr(self, "posted_for", None)
        return through_the_team(posted_for) if posted_for else self.user.short_name

    @property
    def lang(self) -> str:
        """What `lang` says of its words as they are shown."""
        return language_shown(self.title, self.language)

    @property
    def has_run_out(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def runs_out_soon(self) -> bool:
        """Or has run out."""
        return self.expires_at is not None and self.expires_at < clock.now() + RUNS_OUT_SOON

    @property
    def still_urgent(self) -> str:
        """How soon it is needed, or nothing where that time has passed."""
        since = holds_since(self.urgency)
        said_at = max(self.created_at, self.expires_at - RUNS_FOR) if self.expires_at else self.created_at
        return self.urgency if said_at >= since else ""

    @property
    def takes_offers(self) -> bool:
        return self.status in TAKES_OFFERS and not self.has_run_out

    def is_up_to(self, by: Member, act: str) -> bool:
        """Is this act (a name of TRANSITIONS) this member's, whatever the status?"""
        who = TRANSITIONS[act].who
        return (
            ("owner" in who and self.user_id == by.pk)
            or ("helper" in who and self.helper_id == by.pk)
            or ("staff" in who and by.has_perm("helprequests.close_helprequest"))
        )

    def can(self, act: str, by: Member) -> bool:
        """Is this act open to this member, with the request as it is now?"""
        return self.status in TRANSITIONS[act].before and self.is_up_to(by, act)


def shown_title(title: str) -> str:
    return gettext("A request of a former member") if title == FORMER_REQUEST else title


def language_shown(title: str, language: str) -> str:
    """What stands in the place of a former member's words is ours, and in the reader's language."""
    return spoken_here() if title == FORMER_REQUEST else language
