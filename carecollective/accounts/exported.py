"""What an account itself says about its member, for their copy. Read as the login, which alone reads these tables."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _
from knox.models import get_token_model

from carecollective.ground.data_export import Entry, Field, Part

from . import waiting_acts
from .models import Acceptance, Member
from .user_agents import described


def parts(member: Member) -> Iterator[Part]:
    yield Part("profile", _("Your profile"), [Entry(_profile(member))], is_single=True)
    yield Part("agreements", _("What you agreed to"), _agreements(member))
    yield Part("sign_ins", _("Where you are signed in"), list(_sign_ins(member)))
    yield Part("grave_acts", _("Changes to your account that took two people"), _grave_acts(member))


def _profile(member: Member) -> list[Field]:
    addresses = EmailAddress.objects.filter(user=member).exclude(email__iexact=member.email)
    return [
        Field("id", None, member.pk),
        Field("name", _("Name"), member.name),
        Field("email", _("Email"), member.email),
        Field("other_addresses", _("Other email addresses"), list(addresses.values_list("email", flat=True))),
        Field("town", _("Town"), member.town),
        Field("application_text", _("What you wrote to the team"), member.application_text),
        Field("joined_at", _("Joined"), member.joined_at),
        Field("email_confirmed_at", _("Email confirmed"), member.email_confirmed_at),
        Field("last_login", _("Last sign-in"), member.last_login),
        Field(
            "verification_status",
            _("Membership"),
            member.verification_status,
            member.get_verification_status_display(),
        ),
        Field("restriction", _("Restriction"), member.restriction, member.get_restriction_display()),
        Field("restricted_until", _("Restricted until"), member.restricted_until),
        Field("warned_at", _("Warning you have not read yet"), member.warned_at),
        Field("leaving_at", _("Asked to leave"), member.leaving_at),
        Field("is_staff", _("On the team"), member.is_staff),
        Field("groups", _("Groups on the team"), list(member.groups.order_by("name").values_list("name", flat=True))),
        Field("text_size", _("Text size"), member.text_size, member.get_text_size_display()),
        Field("theme", _("Colors"), member.theme, member.get_theme_display()),
        Field("enter_sends", _("Enter sends a message"), member.enter_sends),
        Field("language", _("Language"), member.language, member.get_language_display()),
    ]


def _grave_acts(member: Member) -> list[Entry]:
    return [
        Entry(
            [
                Field("kind", None, act.kind, str(act.what)),
                Field("status", _("How it stands"), act.status_code, str(act.status)),
                Field("at", _("When"), act.at),
                Field("due_at", _("Waits until"), act.due_at),
                Field("disputed_at", _("You said that it is not right"), act.disputed_at),
                Field("ended_at", _("Ended"), act.ended_at),
            ],
            title=str(act.what),
        )
        for act in waiting_acts.about(member)
    ]


def _agreements(member: Member) -> list[Entry]:
    return [
        Entry(
            [
                Field("standards", _("Community standards of"), one.standards),
                Field("privacy", _("Privacy page of"), one.privacy),
                Field("accepted_at", _("Accepted"), one.accepted_at),
            ]
        )
        for one in Acceptance.objects.filter(member=member).order_by("accepted_at")
    ]


def _sign_ins(member: Member) -> Iterator[Entry]:
    for browser in UserSession.objects.filter(user=member).order_by("created_at"):
        yield Entry(
            [
                Field("user_agent", _("Browser"), browser.user_agent),
                Field("ip", _("Internet address"), browser.ip),
                Field("created_at", _("Signed in"), browser.created_at),
                Field("last_seen_at", _("Last used"), browser.last_seen_at),
            ],
            title=described(browser.user_agent),
        )
    for token in get_token_model().objects.filter(user=member).order_by("created"):
        since = Field("created", _("Signed in"), token.created)
        yield Entry([since, Field("expiry", _("Ends"), token.expiry)], title=_("A program, with a token"))
    for factor in Authenticator.objects.defer("data").filter(user=member).order_by("created_at"):
        yield Entry(
            [
                Field("type", None, factor.type),
                Field("created_at", _("Set up"), factor.created_at),
                Field("last_used_at", _("Last used"), factor.last_used_at),
            ],
            title=_("Recovery codes") if factor.type == Authenticator.Type.RECOVERY_CODES else _("Second step"),
        )
