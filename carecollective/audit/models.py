"""The audit log: one table of what somebody may have to answer for. Ids, times and codes, and no word of anybody."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from carecollective.ground.foreign_keys import reference
from carecollective.ground.indexes import NamedIndex
from carecollective.ground.privacy import ID, IN_ITS_PLACE, ROW_NUMBER, YOURSELF, Copied, Erased, Privacy
from carecollective.ground.walls import Policy, Wall, for_system, for_triggers

CODES_MAX = 200


class Kind(models.TextChoices):
    APPROVED = "approved", _("Application approved")
    TURNED_DOWN = "turned_down", _("Application declined")
    ACCOUNT_MADE = "account_made", _("Account made by the team")
    DETAILS_CHANGED = "details_changed", _("Name or town changed by the team")
    ADDRESS_CHANGED = "address_changed", _("Email address changed by the team")
    ROLES_CHANGED = "roles_changed", _("Roles changed")
    RESTRICTED = "restricted", _("Restriction set or lifted")
    RESTRICTION_ENDED = "restriction_ended", _("Restriction ended by its time")
    SUSPENDED_AT_ONCE = "suspended_at_once", _("Suspended at once, for 72 hours at most")
    WARNED = "warned", _("Warning given")
    WARNING_READ = "warning_read", _("Warning read")
    REQUEST_CLOSED = "request_closed", _("Request closed by the team")
    ANSWERED_FOR_TEAM = "answered_for_team", _("Offer answered in the team’s name")
    REPORT_OPENED = "report_opened", _("Report opened")
    REPORT_DECIDED = "report_decided", _("Report decided")
    THREAD_OPENED = "thread_opened", _("Conversation opened without a report")
    IMPERSONATION = "impersonation", _("Impersonation attempt")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SECOND_STEP_TAKEN = "second_step_taken", _("Second step taken away")
    ACT_ASKED = "act_asked", _("Grave act asked for")
    ACT_AGREED = "act_agreed", _("Grave act agreed to")
    ACT_DECLINED = "act_declined", _("Grave act declined")
    ACT_LAPSED = "act_lapsed", _("Grave act lapsed")
    ACT_DISPUTED = "act_disputed", _("Grave act called not right by its member")
    EXPORTED = "exported", _("Copy of someone’s data made")
    EXPORT_FETCHED = "export_fetched", _("Copy of someone’s data fetched")
    LEAVING_ASKED = "leaving_asked", _("Asked to leave")
    LEAVING_STAYED = "leaving_stayed", _("Decided to stay")
    LEFT = "left", _("Left: account emptied")
    DELETED = "deleted", _("Account deleted from the database")
    PASSWORD_SET = "password_set", _("Password set at the server")
    SHELL_OPENED = "shell_opened", _("Shell opened at the server")
    RENAMED = "renamed", _("Name changed by its member")
    RENAME_SEEN = "rename_seen", _("Changed name looked at by the team")


class Hand(models.TextChoices):
    """Whose hand did it."""

    MEMBER = "member", _("A member")
    OPERATOR = "operator", _("An operator, at the server")
    CLOCK = "clock", _("The clock")
    NOBODY = "nobody", _("Someone who was not signed in")


class Entry(models.Model):
    """That something was done: when, by whom, to whom, about which conversation or report, and a few codes.

    The ids are no foreign keys: an entry outlives everybody in it, and nothing that happens to them changes it.
    """

    id = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)
    at = models.DateTimeField(_("when"), db_default=Now())
    kind = models.CharField(pgettext_lazy("what was done", "what"), max_length=20, choices=Kind)
    hand = models.CharField(_("by"), max_length=8, choices=Hand)
    actor = reference(settings.AUTH_USER_MODEL, null=True, related_name="+", verbose_name=_("by"))
    # The rank that whoever did it had then: set by the database.
    role = models.CharField(_("rank"), max_length=13, db_default="")
    subject = reference(settings.AUTH_USER_MODEL, null=True, related_name="+", verbose_name=_("about"))
    about_id = models.UUIDField(_("id of what it is about"), null=True)
    codes = models.CharField(_("in detail"), max_length=CODES_MAX, db_default="")
    # An operator's account at the server, as far as the program can know it: set by the database.
    login = models.CharField(_("account at the server"), max_length=64, db_default="")
    # Where a failed sign-in came from, as a keyed digest: enough to see that it was the same place again.
    origin = models.CharField(_("place, as a digest"), max_length=16, db_default="")

    class Meta:
        db_table = "audit_entries"
        verbose_name = _("entry")
        verbose_name_plural = _("Audit log")
        default_permissions = ("view",)
        permissions = [("view_every_entry", gettext_noop("May see every kind of entry"))]
        constraints = [
            models.CheckConstraint(name="entry_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="entry_is_by_a_member_or_by_none",
                condition=Q(hand="member", actor__isnull=False)
                | Q(hand__in=["operator", "clock", "nobody"], actor__isnull=True),
            ),
            models.CheckConstraint(
                name="entry_role_is_known",
                condition=Q(role__in=["", "coordinator", "moderator", "administrator", "superuser"]),
            ),
            # No sign that a sentence, an address of a person or a token would need.
            models.CheckConstraint(name="entry_says_codes", condition=Q(codes__regex=r"^[a-z0-9_ >:.+-]{0,200}$")),
            models.CheckConstraint(
                name="entry_has_a_login_only_of_operators",
                condition=Q(login="") | Q(hand="operator", login__regex=r"^[A-Za-z0-9_.@:-]{1,64}$"),
            ),
            models.CheckConstraint(
                name="entry_has_a_place_only_for_sign_ins",
                condition=Q(origin="") | Q(kind="sign_in_failed", origin__regex=r"^[0-9a-f]{16}$"),
            ),
        ]
        indexes = [
            NamedIndex(fields=["-at"], name="idx_audit_at"),
            NamedIndex(fields=["kind", "-at"], name="idx_audit_kind"),
            NamedIndex(fields=["actor", "-at"], name="idx_audit_actor"),
            NamedIndex(fields=["subject", "-at"], name="idx_audit_subject"),
        ]

    wall = Wall(
        members="SELECT (id, at, kind, subject_id, codes)",
        staff="SELECT",
        system="SELECT, INSERT (kind, hand, actor_id, subject_id, about_id, codes, origin), DELETE",
        policies=[
            *for_triggers("SELECT", "INSERT"),
            Policy(
                "members see what was done to their account",
                "SELECT",
                "members staff system",
                """
                CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                    ELSE subject_id = (SELECT acting_member())
                        AND kind IN ('approved', 'turned_down', 'account_made', 'address_changed', 'roles_changed',
                                     'restricted', 'restriction_ended', 'warned', 'warning_read', 'sign_in_failed',
                                     'second_step_taken', 'suspended_at_once', 'details_changed',
                                     'exported', 'export_fetched', 'leaving_asked', 'leaving_stayed', 'left',
                                     'password_set') END
                """,
            ),
            for_system("the system writes down what was done", "INSERT"),
            Policy(
                "the system forgets old failures to sign in",
                "DELETE",
                "system",
                """
                current_user = 'care_system' AND kind = 'sign_in_failed'
                    AND at < statement_timestamp() - interval '90 days'
                """,
            ),
        ],
    )
    personal_data = Privacy(
        Copied(
            "account_history",
            "at kind codes",
            {
                "id": ROW_NUMBER,
                "subject_id": YOURSELF,
                "hand actor_id role login": "the team answers as a team; its administrators know who it was",
                "about_id": IN_ITS_PLACE,
                "origin": "a digest, from which no place can be told",
            },
        ),
        Erased(
            kept={
                "id actor_id subject_id about_id": ID,
                "at kind hand role login codes origin": "ids, times and codes alone",
            }
        ),
        kept="for good; failed sign-ins for 90 days",
    )


class Unsent(models.Model):
    """An entry that has still to be sent out of the house: noted by the database with each, gone once it was."""

    number = models.BigAutoField(primary_key=True)
    entry_id = models.UUIDField()
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "audit_unsent"
        default_permissions = ()

    wall = Wall(
        system="SELECT, INSERT (entry_id), DELETE",
        policies=[
            for_system("the system reads what is unsent", "SELECT"),
            for_system("the system notes what is unsent", "INSERT"),
            for_system("the system forgets what was sent", "DELETE"),
            *for_triggers("INSERT"),
        ],
    )
    personal_data = Privacy(
        Copied("", "", {"number entry_id noted_at": "what it names is in the copy as the history of the account"}),
        Erased(kept={"number entry_id noted_at": "the number of an entry, until that was sent"}),
        kept="until it was sent (AUDIT_SINK), and without a sink for 7 days",
    )
