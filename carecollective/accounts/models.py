"""Members, what they may do, and who pretended to be somebody else."""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import EmailValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Lower, Now
from django.utils.translation import gettext_lazy as _

from carecollective import texts
from carecollective.foreign_keys import ForeignKeyConstraint, reference
from carecollective.refusals import NotApproved, UserRestricted

NAME_LENGTH = (1, 100)
TOWN_MAX = 100

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


class IsCleanText(models.Func):
    """The SQL twin of `texts.is_clean`."""

    function = "is_clean_text"
    output_field = models.BooleanField()


class MemberManager(BaseUserManager["Member"]):
    def get_by_natural_key(self, email: str) -> "Member":
        return self.get(email__iexact=texts.clean(email))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """A member as the team makes one: approval is theirs to give, unless the community approves everybody."""
        fields.setdefault("verification_status", Member.Verification.PENDING)
        if settings.MEMBER_APPROVAL == "automatic":
            fields["verification_status"] = Member.Verification.APPROVED
        member = self.model(email=texts.clean(email), **fields)
        member.set_password(password)
        member.full_clean(exclude=["password"])
        member.save(using=self._db)
        return member

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        """The first administrator: approved at once."""
        fields |= {"is_staff": True, "is_superuser": True, "verification_status": Member.Verification.APPROVED}
        member = self.create_user(email, password, **fields)
        member.groups.add(Group.objects.get(name="administrators"))
        return member


class Member(AbstractBaseUser, PermissionsMixin):
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

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, unique=True, validators=[EmailValidator()])
    name = models.CharField(_("name"), max_length=NAME_LENGTH[1])
    town = models.CharField(_("town"), max_length=TOWN_MAX, blank=True, default="", db_default="")
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
    is_staff = models.BooleanField(_("works on the team"), default=False, db_default=False)
    joined_at = models.DateTimeField(_("joined"), db_default=Now(), editable=False)

    objects = MemberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        db_table = "members"
        verbose_name = _("member")
        verbose_name_plural = _("members")
        permissions = [
            ("approve_member", "May approve or turn down an application"),
            ("restrict_member", "May limit, suspend or ban a member"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="member_email_is_unique"),
            models.CheckConstraint(
                name="member_name_is_clean_and_1_to_100",
                condition=Q(IsCleanText("name"), name__length__range=NAME_LENGTH) & ~Q(name__contains="\n"),
            ),
            models.CheckConstraint(
                name="member_town_is_clean",
                condition=Q(town="") | (Q(IsCleanText("town")) & ~Q(town__contains="\n")),
            ),
            models.CheckConstraint(
                name="member_verification_is_known",
                condition=Q(verification_status__in=["pending", "approved", "rejected"]),
            ),
            models.CheckConstraint(
                name="member_restriction_is_known",
                condition=Q(restriction__in=["none", "limited", "suspended", "banned"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name, self.town, self.email = (texts.clean(text) for text in (self.name, self.town, self.email))

    @property
    def is_active(self) -> bool:
        """What Django and its libraries ask before they let somebody in."""
        return self.restriction != self.Restriction.BANNED

    @property
    def short_name(self) -> str:
        """First name and initial: what other members see until an offer is accepted."""
        return short_name(self.name)

    def get_short_name(self) -> str:
        return self.short_name

    def refuse_unless_approved(self) -> None:
        """Raises NotApproved or UserRestricted for everything but one's own account."""
        if self.restriction in (self.Restriction.SUSPENDED, self.Restriction.BANNED):
            raise UserRestricted
        if self.verification_status != self.Verification.APPROVED:
            raise NotApproved

    def refuse_unless_free_to_start(self) -> None:
        """Raises also for a limited member: no new requests or offers, while existing conversations go on."""
        self.refuse_unless_approved()
        if self.restriction == self.Restriction.LIMITED:
            raise UserRestricted


def short_name(name: str) -> str:
    first, _, rest = name.partition(" ")
    last = rest.rsplit(" ", 1)[-1]
    return f"{first} {last[0]}." if last else first


class ImpersonationAttempt(models.Model):
    """Somebody sent another member's id as their own. Written outside the refused transaction, and never changed."""

    caller = reference(Member, related_name="+")
    claimed = models.CharField(max_length=100)  # as it came: an invented id is an attempt too
    field = models.CharField(max_length=30)
    path = models.CharField(max_length=200)
    attempted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "impersonation_attempts"
        verbose_name = _("use of another member's id")
        verbose_name_plural = _("uses of another member's id")
        constraints = [
            ForeignKeyConstraint(name="attempt_goes_with_its_caller", fields=["caller"], to="accounts.Member"),
        ]
        indexes = [models.Index(fields=["caller", "-attempted_at"], name="idx_attempts_caller")]
