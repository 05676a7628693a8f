"""The second step at sign-in (two-factor authentication): a code from an app (TOTP), or one of ten recovery codes."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    validate_totp_code,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.ground import clock, limits, texts
from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose

from . import mail, sign_ins
from .adapter import renewed
from .models import Member

Type = Authenticator.Type


def is_set_up(member: Member) -> bool:
    return bool(Authenticator.objects.filter(user=member, type=Type.TOTP).exists())


def is_missing(member: Member) -> bool:
    """Would the team's pages stay closed?"""
    return settings.STAFF_SECOND_FACTOR == "required" and not is_set_up(member)


@transaction.atomic
def set_up(member: Member, *, secret: str, code: str) -> bool:
    """False where the code is not the app's. The first code is used up by this."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if is_set_up(member) or not validate_totp_code(secret, _as_meant(code)):
        return False
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        Authenticator.objects.filter(user=member).delete()
        totp = TOTP.activate(member, secret).instance
        totp.data["last_step"] = max(yield_hotp_counters_from_time())
        totp.save()
        RecoveryCodes.activate(member)
    mail.tell_of_a_change.defer(member_id=str(member.pk), what="second_step_on")
    return True


def check(member: Member, code: str) -> bool:
    """Is this a code of theirs that was not used before? Raises RateLimited: a guess is counted before it is looked at.

    The count is the account's, not the caller's: the password was right, so nobody else can use it up.
    """
    limits.SECOND_FACTOR.take(member.pk)
    if not _takes(member, _as_meant(code)):
        audit.sign_in_failed(None, member=member, codes="second_step")
        return False
    limits.SECOND_FACTOR.forget(member.pk)
    return True


@transaction.atomic
@as_the_system_meanwhile(Purpose.SIGN_IN)
def _takes(member: Member, code: str) -> bool:
    """Under the lock of the row, so that one code lets one in, also where two come at once to two processes."""
    kept = {row.type: row for row in Authenticator.objects.select_for_update().filter(user=member)}
    for row in kept.values():
        if settings.SECRET_KEY_FALLBACKS and _renew_in(row):
            row.save(update_fields=["data"])
    try:
        if (totp := kept.get(Type.TOTP)) and (step := _step_of(totp, code)):
            totp.data["last_step"] = step
            totp.last_used_at = clock.now()
            totp.save()
            return True
        recovery = kept.get(Type.RECOVERY_CODES)
        return recovery is not None and RecoveryCodes(recovery).validate_code(code)
    except InvalidToken:  # encrypted with another SECRET_KEY: only a reset helps
        return False


def _as_meant(code: str) -> str:
    """Apps show "123 456", and a paste brings what nobody sees along."""
    return texts.formed(code).replace(" ", "")


def _step_of(totp: Authenticator, code: str) -> int | None:
    secret = decrypt(totp.data["secret"])
    for step in yield_hotp_counters_from_time():
        is_it = compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
        if is_it and step > totp.data.get("last_step", 0):
            return int(step)
    return None


@as_the_system_meanwhile(Purpose.ACCOUNT)
def recovery_codes(member: Member) -> list[str]:
    kept = Authenticator.objects.filter(user=member, type=Type.RECOVERY_CODES).first()
    return RecoveryCodes(kept).get_unused_codes() if kept else []


@transaction.atomic
def new_recovery_codes(member: Member) -> None:
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        Authenticator.objects.filter(user=member, type=Type.RECOVERY_CODES).delete()
        RecoveryCodes.activate(member)
    mail.tell_of_a_change.defer(member_id=str(member.pk), what="recovery_codes")


def renew_old_secrets() -> int:
    """After SECRET_KEY was changed: those of members who have not come since. How many were under an older key?

    Runs again and again until the older keys are taken out of SECRET_KEY_FALLBACKS, and then finds nothing to do.
    """
    if not settings.SECRET_KEY_FALLBACKS:
        return 0
    return sum(_renew(pk) for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
@as_the_system_meanwhile(Purpose.ACCOUNT)
def _renew(pk: int) -> bool:
    """One at a time under its lock: a code that is used meanwhile changes the same row."""
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None or not _renew_in(row):
        return False
    row.save(update_fields=["data"])
    return True


def _renew_in(row: Authenticator) -> bool:
    kept = {name: row.data[name] for name in ("secret", "seed") if name in row.data}
    try:
        fresh = {name: renewed(secret) for name, secret in kept.items()}
    except InvalidToken:  # of a key that nobody has any more
        return False
    row.data |= fresh
    return fresh != kept


@transaction.atomic
def turn_off(member: Member) -> None:
    _forget(member)
    mail.tell_of_a_change.defer(member_id=str(member.pk), what="second_step_off")


def _forget(member: Member) -> None:
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        Authenticator.objects.filter(user=member).delete()
    limits.SECOND_FACTOR.forget(member.pk)


@transaction.atomic
def take_away(member: Member, *, by: Member | Hand, reason: str) -> None:
    """For somebody who lost their phone and their codes. Who did it is written down, and every session and token ends.

    At the server it is told here; as a grave act, by the letter about that.
    """
    if isinstance(by, Hand):
        turn_off(member)
    else:
        _forget(member)
    sign_ins.end_all(member)
    # There is no member behind an operator: the entry stands in the history of the account itself.
    doer = member if isinstance(by, Hand) else by
    LogEntry.objects.log_actions(doer.pk, [member], CHANGE, f"Second step taken away: {reason}", single_object=True)
    audit.record(Kind.SECOND_STEP_TAKEN, by=by, subject=member.pk)
