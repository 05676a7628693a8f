"""Members, as whom they sign in (the user model), and what they may do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import Group
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from carecollective.ground import names, texts
from carecollective.ground.clean_text import CleanText, LongCleanText, rule_of
from carecollective.ground.names import FORMER_MEMBER, NAME_LENGTH, short_name
from carecollective.ground.refusals import NotApproved, Unauthorized, UserRestricted
from carecollective.ground.round_trips import ask
from carecollective.ground.standing import Standing
from carecollective.ground.text_search import words_of

from . import private
from .account import Account, MemberQuerySet, hash_of

# Between asking to leave and being gone.
TIME_TO_STAY = timedelta(days=14)

# By hand, and only what a verb asks of them: to put the statement together took longer than the lock. In the order of
# their ids, so that two who lock each other do not wait for ever.
LOCK = """
SELECT id, verification_status, restriction, warned_at, leaving_at, left_at FROM members
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
# Of one: for an array of unknown length PostgreSQL makes a new plan each time.
LOCK_ALONE = """
SELECT verification_status, restriction, warned_at, leaving_at, left_at FROM members
WHERE id = %s FOR NO KEY UPDATE
"""


class MemberManager(BaseUserManager["Member"]):
    def get_queryset(self) -> MemberQuerySet:
        return MemberQuerySet(self.model, using=self._db)

    def locked(self, by: "Member", *others: UUID) -> dict[UUID, "Member"]:
        """How the caller and these members stand now, and until the transaction ends, by id.

        Raises Unauthorized where the caller was taken away, or emptied, since they signed in. Another who is not there
        is left out.
        """
        found = {member.pk: member for member in self.raw(LOCK, [[by.pk, *others]])}
        if by.pk not in found or found[by.pk].left_at:
            raise Unauthorized
        return found

    def lock_asked(self, by: "Member") -> Callable[[], Standing]:
        """The same for the caller alone: asked now, to go along in a round trip, and said when it is called."""
        asked = ask(LOCK_ALONE, [by.pk])

        def answer() -> Standing:
            row = asked()
            if row is None or row[-1]:
                raise Unauthorized
            return Standing(*row[:-1])

        return answer

    def has_left(self, id: UUID | None) -> bool:
        """Also in a member's scope, which knows names alone."""
        return id is not None and self.filter(pk=id, name=FORMER_MEMBER).exists()

    def get_by_natural_key(self, email: str | None) -> "Member":
        """With what their password is compared to."""
        member = self.filter(email__iexact=texts.formed(email or "")).first()
        password = hash_of(member.pk if member else None)
        if member is None or password is None:
            raise self.model.DoesNotExist
        member.password = password
        return member

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """A member as the team makes one: approval is theirs to give, unless the community approves everybody."""
        fields.setdefault("verification_status", Member.Verification.PENDING)
        if settings.MEMBER_APPROVAL == "automatic":
            fields["verification_status"] = Member.Verification.APPROVED
        member = self.model(email=texts.formed(email), **fields)
        member.set_password(password)
        member.full_clean(exclude=["password"])
        member.save(using=self._db)
        return member

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """The first administrator: approved at once."""
        fields |= {"is_staff": True, "is_superuser": True, "verification_status": Member.Verification.APPROVED}
        member = self.create_user(email, password, **fields)
        member.take_on([Group.objects.get(name="administrators")])
        return member


class Member(Account):
    """A person of the community. The e-mail address is the sign-in name, whatever its case."""

    class Verification(models.TextChoices):
        PENDING = "pending", _("Waiting for the team")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Not approved")

    class Restriction(models.TextChoices):
        NONE = "none", _("None")
        LIMITED = "limited", _("Limited: no new requests or offers")
        SUSPENDED = "suspended", _("Suspended: own account only")
        BANNED = "banned", _("Banned: cannot sign in")

    class TextSize(models.TextChoices):
        NORMAL = "normal", _("Normal")
        LARGE = "large", _("Large")
        LARGEST = "largest", _("Largest")

    class Theme(models.TextChoices):
        DEVICE = "device", _("Like my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    email = models.EmailField(_("email"), max_length=254, unique=True, validators=[EmailValidator()])
    name = CleanText(
        _("name"),
        length=NAME_LENGTH,
        one_line=True,
        marks=texts.MARKS_IN_A_NAME,
        check="member_name_is_clean_and_1_to_100",
    )
    town = CleanText(
        _("town"),
        length=(0, 100),
        one_line=True,
        check="member_town_is_clean",
        counted=False,
        blank=True,
        default="",
        db_default="",
    )
    town_words = models.GeneratedField(expression=words_of("town"), output_field=SearchVectorField(), db_persist=True)
    verification_status = models.CharField(
        _("application"),
        max_length=10,
        choices=Verification,
        default=Verification.PENDING,
        db_default=Verification.PENDING,
    )
    restriction = models.CharField(
        _("restriction"), max_length=10, choices=Restriction, default=Restriction.NONE, db_default=Restriction.NONE
    )
    # When the restriction ends by itself; a job lifts it then.
    restricted_until = models.DateTimeField(_("restricted until"), null=True, blank=True)
    # A warning that its member has not read yet stands before everything but their own account.
    warned_at = models.DateTimeField(_("warned"), null=True, blank=True)
    application_text = LongCleanText(
        _("what they wrote to the team"),
        length=(0, 500),
        check="member_application_is_clean_and_at_most_500",
        blank=True,
        default="",
        db_default="",
    )
    is_staff = models.BooleanField(_("works on the team"), default=False, db_default=False)
    # Whom the team made an account for, it knows; who joins by page has none until they open the link in their mail.
    email_confirmed_at = models.DateTimeField(_("email confirmed"), null=True, db_default=Now(), editable=False)
    joined_at = models.DateTimeField(_("joined"), db_default=Now(), editable=False)
    # How pages look and behave for this member, on whatever device they sign in with.
    text_size = models.CharField(max_length=7, choices=TextSize, default=TextSize.NORMAL, db_default=TextSize.NORMAL)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.DEVICE, db_default=Theme.DEVICE)
    enter_sends = models.BooleanField(default=False, db_default=False)
    # In which pages and mail come: said when they joined, or by the page of their first sign-in; "" before that.
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, blank=True, default="", db_default=""
    )
    # Asked to leave, and may still change their mind; then gone, with nothing left here that says who it was.
    leaving_at = models.DateTimeField(_("leaves"), null=True, editable=False)
    left_at = models.DateTimeField(_("left"), null=True, editable=False)

    objects = MemberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        db_table = "members"
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions = [
            ("approve_member", gettext_noop("May approve or decline an application")),
            ("restrict_member", gettext_noop("May limit, suspend or ban a member")),
        ]
        indexes = [
            # Whoever asks for help near somebody is found by the words of their town.
            GinIndex(fields=["town_words"], name="idx_members_town", fastupdate=False),
            # Whoever waits for the team, in the order in which they are shown; and counted from it alone.
            models.Index(
                IsNull(F("email_confirmed_at"), True),
                F("joined_at"),
                F("id"),
                name="idx_members_waiting",
                condition=Q(verification_status="pending", left_at=None) & ~Q(restriction="banned"),
                include=["email_confirmed_at"],
            ),
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="member_email_is_unique"),
            models.CheckConstraint(
                name="member_verification_is_known",
                condition=Q(verification_status__in=["pending", "approved", "rejected"]),
            ),
            models.CheckConstraint(
                name="member_restriction_is_known",
                condition=Q(restriction__in=["none", "limited", "suspended", "banned"]),
            ),
            models.CheckConstraint(
                name="member_text_size_is_known", condition=Q(text_size__in=["normal", "large", "largest"])
            ),
            models.CheckConstraint(name="member_theme_is_known", condition=Q(theme__in=["device", "light", "dark"])),
            models.CheckConstraint(name="member_language_is_known", condition=Q(language__in=["", "en", "es"])),
        ]

    personal_data = private.MEMBER

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for a name that nobody may have. The team may be called what it is."""
        self.name, self.town = (rule_of(Member, name).clean(getattr(self, name)) for name in ("name", "town"))
        self.email = texts.formed(self.email)
        if fault := names.fault_in(self.name, is_staff=self.is_staff):
            raise ValidationError({"name": fault[1]})

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # said by us, and never written
        """What Django and its libraries ask before they let somebody in."""
        return self.restriction != self.Restriction.BANNED and self.left_at is None

    @property
    def has_left(self) -> bool:
        """By the name, which other members' roles may read; only who has left is called so."""
        return self.name == FORMER_MEMBER

    def is_gone(self) -> bool:
        """Asked anew: was this member taken away, or emptied, since they signed in?"""
        return not Member.objects.filter(pk=self.pk, left_at=None).exists()

    @property
    def leaves_at(self) -> datetime | None:
        """When nothing can be taken back any more."""
        return self.leaving_at and self.leaving_at + TIME_TO_STAY

    @property
    def short_name(self) -> str:
        """First name and initial: what other members see until an offer is accepted."""
        return short_name(self.name)

    def get_short_name(self) -> str:
        return self.short_name

    @property
    def standing(self) -> Standing:
        return Standing(self.verification_status, self.restriction, self.warned_at, self.leaving_at)

    def refuse_unless_approved(self) -> None:
        """Raises Unauthorized for whoever has left meanwhile, and Leaving, NotApproved, UserRestricted or Warned for
        everything but one's own account.
        """
        if self.left_at:
            raise Unauthorized
        self.standing.refuse_unless_approved()

    @property
    def may_take_part(self) -> bool:
        try:
            self.refuse_unless_approved()
        except (NotApproved, Unauthorized, UserRestricted):
            return False
        return True

    def refuse_unless_free_to_start(self) -> None:
        """Raises also for a limited member: no new requests or offers, while existing conversations go on."""
        self.standing.refuse_unless_free_to_start()
