"""Help requests: what members ask the others for, how it may end, and who may see it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Value, When
from django.db.models.functions import Concat, Now, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Block, Member
from carecollective.ground.folding import fold
from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference
from carecollective.ground.languages import TAG_MAX, spoken_here
from carecollective.ground.names import through_the_team
from carecollective.ground.registry import Many
from carecollective.ground.text_lookups import Folded, IsCleanText, IsOneLine

from . import private

TITLE_LENGTH = (5, 100)
DESCRIPTION_MAX = 1000
SUBCATEGORY_MAX = 100
EXCHANGE_OFFER_MAX = 300
LOCATION_MAX = 200
CANCEL_REASON_MAX = 500
SHOWN_NAME_LENGTH = (1, 40)
CONSENT_NOTE_MAX = 300
RUNS_FOR = timedelta(days=30)
RUNS_OUT_SOON = timedelta(days=7)  # its owner hears of it, may renew it, and the team sees it
# What stands in the title's place once its owner has left.
FORMER_REQUEST = "A request of a former member"

# The words of title and description, without a language: members write in several.
SEARCHED = SearchVector(Folded("title"), Folded("description"), config="simple")


# For a member, the ids of the requests that they talk about: what messaging hangs on a request registers itself.
talked_about: Many[Callable[[Member], models.QuerySet]] = Many()


class RunsFor(Func):
    """In the database: when a request made now runs out."""

    template = "statement_timestamp() + interval '30 days'"
    output_field = models.DateTimeField()


class HelpRequestQuerySet(models.QuerySet["HelpRequest"]):
    def visible_to(self, member: Member) -> Self:
        """Others' requests while they are open or in progress; later only those one has part in. Never those of
        somebody with whom there is a block.

        Asks for conversations and blocks, so it runs inside `acting_as(member)`.
        """
        # Who talks about a request is derived here, so that nothing has to be propagated.
        has_part = Q(user=member) | Q(helper=member)
        for of_member in talked_about:
            has_part |= Q(pk__in=of_member(member))
        return self.without_blocked(member).filter(Q(status__in=TAKES_OFFERS) | has_part)

    def without_blocked(self, member: Member) -> Self:
        others = Block.objects.between(member.pk, OuterRef("user"))
        return self.filter(~Exists(others))

    def with_names(self) -> Self:
        """With the people's names and towns: the columns of others that a member's role may read. `posted_for` is
        whom the team asks for, where the person has no account.
        """
        own = [field.name for field in HelpRequest._meta.concrete_fields]
        theirs = [f"{person}__{column}" for person in ("user", "helper") for column in ("name", "town")]
        found = self.select_related("user", "helper").only(*own, *theirs)
        return found.annotate(posted_for=F("on_behalf__shown_name"))

    def taking_offers(self) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), status__in=TAKES_OFFERS)

    def on_the_board(self, member: Member, *, status: str | None = None) -> Self:
        """What the list shows: what takes offers; in another status, what this member has part in."""
        if status is not None and status not in TAKES_OFFERS:
            return self.visible_to(member).filter(status=status)
        board = self.taking_offers().without_blocked(member)
        return board.filter(status=status) if status else board

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def needed(self, urgency: str) -> Self:
        """As soon as this, and still: what was needed on a day that has passed is not needed so soon any more."""
        return self.filter(urgency=urgency).filter(_said_since(urgency))

    def soonest_first(self) -> Self:
        return self.annotate(how_soon=how_soon()).order_by("how_soon", "-created_at", "-id")

    def near(self, town: str) -> Self:
        """Requests from this town, as its name is written by whoever asks: "Springfield, east side" is in Springfield.

        Only what stands before the first comma counts, so that a state or a country does not part neighbors.
        """
        return self.filter(_is_near(town))

    def nearest_first(self, town: str) -> Self:
        """Those from this town, then the others, each newest first."""
        return self.annotate(is_near=Case(When(_is_near(town), then=True), default=False)).order_by(
            "-is_near", "-created_at", "-id"
        )

    def written_in(self, tag: str) -> Self:
        """Those in this language, in whichever region or script of it: `es` finds `es-MX` too."""
        return self.filter(Q(language=tag) | Q(language__startswith=f"{tag}-"))

    def matching(self, words: str) -> Self:
        """Requests that hold a word beginning with each of these."""
        found = fold(words).split()
        if not found:
            return self
        query = SearchQuery(" & ".join(f"'{word}':*" for word in found), config="simple", search_type="raw")
        return self.annotate(searched=SEARCHED).filter(searched=query)


def _is_near(town: str) -> Q:
    if not town:
        return Q(pk=None)
    words = fold(town.partition(",")[0])
    if not words:  # a town without a letter
        return Q(location_override__iexact=town) | Q(location_override="", user__town__iexact=town)
    name = f" {words} "
    return Q(_has(name, "location_override")) | Q(_has(name, "user__town"), location_override="")


def _has(words: str, column: str) -> GreaterThan:
    folded = Concat(Value(" "), Folded(column), Value(" "), output_field=models.TextField())
    return GreaterThan(StrIndex(folded, Value(words)), Value(0))


class HelpRequest(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        IN_PROGRESS = "in_progress", _("Someone is helping")
        COMPLETED = "completed", _("Done")
        CANCELLED = "cancelled", _("Closed")
        CLOSED = "closed", _("Closed by the team")

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
    title = models.CharField(_("title"), max_length=TITLE_LENGTH[1])
    description = models.CharField(_("description"), max_length=DESCRIPTION_MAX, blank=True, default="", db_default="")
    category = models.CharField(_("kind of help"), max_length=30, choices=Category)
    subcategory = models.CharField(_("more detail"), max_length=SUBCATEGORY_MAX, blank=True, default="", db_default="")
    urgency = models.CharField(
        _("how soon"), max_length=10, choices=Urgency, default=Urgency.NORMAL, db_default=Urgency.NORMAL
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN, db_default=Status.OPEN)
    exchange_offer = models.CharField(
        _("in return"), max_length=EXCHANGE_OFFER_MAX, blank=True, default="", db_default=""
    )
    is_ongoing = models.BooleanField(_("regularly"), default=False, db_default=False)
    helper = reference(Member, null=True, blank=True, related_name="+", verbose_name=_("helped by"))
    location_override = models.CharField(_("place"), max_length=LOCATION_MAX, blank=True, default="", db_default="")
    # Of the words above, for whoever has them read aloud.
    language = models.CharField(
        _("written in"), max_length=TAG_MAX, default=settings.LANGUAGE_CODE, db_default=Value(settings.LANGUAGE_CODE)
    )
    created_at = models.DateTimeField(_("asked"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("runs out"), null=True, db_default=RunsFor(), editable=False)
    completed_at = models.DateTimeField(_("done"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    cancel_reason = models.CharField(
        _("why it was cancelled"), max_length=CANCEL_REASON_MAX, blank=True, default="", db_default=""
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
                name="title_is_clean_and_5_to_100",
                condition=Q(IsOneLine("title"), title__length__range=TITLE_LENGTH),
            ),
            *(
                models.CheckConstraint(
                    name=f"{field}_is_clean_or_empty", condition=Q(**{field: ""}) | Q(IsCleanText(field))
                )
                for field in ("description", "exchange_offer", "cancel_reason")
            ),
            *(
                models.CheckConstraint(
                    name=f"{field}_is_clean_or_empty", condition=Q(**{field: ""}) | Q(IsOneLine(field))
                )
                for field in ("subcategory", "location_override")
            ),
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
            models.CheckConstraint(
                name="ongoing_requests_never_run_out",
                condition=Q(is_ongoing=True, expires_at=None) | Q(is_ongoing=False, expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="idx_help_requests_user_id"),
            models.Index(fields=["helper"], name="idx_help_requests_helper_id"),
            models.Index(
                fields=["-created_at", "-id"],
                name="idx_help_requests_on_the_board",
                condition=Q(status__in=["open", "in_progress"]),
            ),
            GinIndex(SEARCHED, name="idx_help_requests_words"),
        ]

    wall, personal_data = private.HELP_REQUEST

    def __str__(self) -> str:
        return self.title

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
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def runs_out_soon(self) -> bool:
        """Or has run out."""
        return self.expires_at is not None and self.expires_at < timezone.now() + RUNS_OUT_SOON

    @property
    def still_urgent(self) -> str:
        """How soon it is needed, or nothing where that time has passed."""
        since = _holds_since(self.urgency)
        said_at = max(self.created_at, self.expires_at - RUNS_FOR) if self.expires_at else self.created_at
        return self.urgency if said_at >= since else ""

    @property
    def takes_offers(self) -> bool:
        return self.status in TAKES_OFFERS and not self.has_run_out

    def can(self, act: str, by: Member) -> bool:
        """Is this act (a name of TRANSITIONS) open to this member, with the request as it is now?"""
        transition = TRANSITIONS[act]
        return self.status in transition.before and transition.is_for(self, by)


def shown_title(title: str) -> str:
    return gettext("A request of a former member") if title == FORMER_REQUEST else title


def language_shown(title: str, language: str) -> str:
    """What stands in the place of a former member's words is ours, and in the reader's language."""
    return spoken_here() if title == FORMER_REQUEST else language


class OnBehalf(models.Model):
    """For whom the team asks, and that they agreed to it. Rows are only added; members read the name alone."""

    class Consent(models.TextChoices):
        PHONE = "phone", _("By phone")
        IN_PERSON = "in_person", _("In person")
        WRITTEN = "written", _("In writing")

    help_request = models.OneToOneField(
        HelpRequest, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="on_behalf"
    )
    posted_by = reference(Member, related_name="+")
    shown_name = models.CharField(max_length=SHOWN_NAME_LENGTH[1])
    consent_how = models.CharField(max_length=10, choices=Consent)
    consent_on = models.DateField()
    note = models.CharField(max_length=CONSENT_NOTE_MAX, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "requests_on_behalf"
        default_permissions = ()
        constraints = [
            # Both at once: the request exists, and whoever posted it is its owner, to whom offers go.
            ForeignKeyConstraint(
                name="on_behalf_is_posted_by_the_owner",
                fields=["help_request", "posted_by"],
                to="helprequests.HelpRequest",
                to_fields=["id", "user"],
            ),
            models.CheckConstraint(
                name="shown_name_is_clean_and_1_to_40",
                condition=Q(IsOneLine("shown_name"), shown_name__length__range=SHOWN_NAME_LENGTH),
            ),
            models.CheckConstraint(
                name="consent_is_given_in_a_known_way", condition=Q(consent_how__in=["phone", "in_person", "written"])
            ),
            models.CheckConstraint(
                name="consent_note_is_clean",
                condition=Q(note="") | Q(IsCleanText("note"), note__length__lte=CONSENT_NOTE_MAX),
            ),
        ]
        indexes = [models.Index(fields=["posted_by"], name="idx_requests_on_behalf_poster")]

    wall, personal_data = private.ON_BEHALF


class Transition:
    """One row of the life of a help request: from which statuses, to which, by whom."""

    def __init__(self, before: Iterable[str], after: str | None, *who: str) -> None:
        self.before, self.after, self.who = tuple(before), after, who

    def is_for(self, help_request: HelpRequest, member: Member) -> bool:
        return (
            ("owner" in self.who and help_request.user_id == member.pk)
            or ("helper" in self.who and help_request.helper_id == member.pk)
            or ("staff" in self.who and member.has_perm("helprequests.close_helprequest"))
        )


_S = HelpRequest.Status
TAKES_OFFERS = (_S.OPEN, _S.IN_PROGRESS)

# The whole life of a help request. docs/states.md is drawn from this table.
TRANSITIONS = {
    "accept": Transition([_S.OPEN], _S.IN_PROGRESS, "owner"),
    "complete": Transition([_S.OPEN, _S.IN_PROGRESS], _S.COMPLETED, "owner", "helper"),
    "cancel": Transition([_S.OPEN, _S.IN_PROGRESS], _S.CANCELLED, "owner"),
    "release": Transition([_S.IN_PROGRESS], _S.OPEN, "owner", "helper"),
    "reopen": Transition([_S.COMPLETED, _S.CANCELLED], _S.OPEN, "owner"),
    "edit": Transition([_S.OPEN, _S.IN_PROGRESS], None, "owner"),
    "renew": Transition([_S.OPEN, _S.IN_PROGRESS], None, "owner"),
    "enough_help": Transition([_S.OPEN, _S.IN_PROGRESS], None, "owner"),
    "close": Transition([_S.OPEN, _S.IN_PROGRESS, _S.COMPLETED, _S.CANCELLED], _S.CLOSED, "staff"),
}


def how_soon() -> Case:
    """In the order of need; what was urgent once comes with all others."""
    ranked = enumerate(["critical", "urgent"])
    return Case(
        *(When(_said_since(urgency), urgency=urgency, then=Value(rank)) for rank, urgency in ranked),
        default=Value(2),
        output_field=models.SmallIntegerField(),
    )


def _holds_since(urgency: str) -> datetime:
    """Said before this, it does not hold any more."""
    now = timezone.localtime()
    return {
        "critical": now.replace(hour=0, minute=0, second=0, microsecond=0),
        "urgent": now - timedelta(days=1),
        "normal": now - timedelta(days=7),
    }[urgency]


def _said_since(urgency: str) -> Q:
    """Its owner said it when they asked, renewed it or opened it again; an ongoing one says when it was asked alone."""
    since = _holds_since(urgency)
    return Q(created_at__gte=since) | Q(expires_at__gte=since + RUNS_FOR)
