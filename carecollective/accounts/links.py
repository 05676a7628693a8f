"""Links that come by mail (signed tokens, magic links). Each is for one member and one purpose, and works once.

Nothing about them is kept: a link is signed, and carries a digest of what its use changes. So it ends with its use,
and with whatever else makes it needless: a new password, another address, a sign-in.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from carecollective.ground.refusals import InvalidTransition

from .models import Member


class LinkEnded(InvalidTransition):
    message = _("This link does not work any more.")


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    lasts: timedelta
    ends_with: tuple[str, ...]  # what must be as it was
    for_the_banned: bool = False

    def address(self, member: Member, about: str = "") -> str:
        """Where the mail leads. `about` is carried along, signed like the rest."""
        token = signing.dumps([member.pk.hex, self._state(member, settings.SECRET_KEY), about], salt=self._salt)
        return f"{settings.PUBLIC_URL}/link/{self.name}/{token}/"

    def read(self, token: str, members: QuerySet[Member] | None = None) -> tuple[Member, str] | None:
        """Whose link this is and what it is about, or None where it is not ours, too old, or over."""
        try:
            pk, state, about = signing.loads(token, salt=self._salt, max_age=self.lasts)
        except signing.BadSignature:
            return None
        chosen = Member.objects.all() if members is None else members
        here = chosen.filter(pk=UUID(pk), left_at=None)
        if not self.for_the_banned:
            here = here.exclude(restriction=Member.Restriction.BANNED)
        member = here.first()
        if member is None or not any(self._is_state(state, member, key) for key in all_keys()):
            return None
        return member, about

    def use(self, token: str) -> tuple[Member, str]:
        """What `read` tells, under the lock, so that of two who use it at once only one does. Raises LinkEnded."""
        found = self.read(token, Member.objects.select_for_update(no_key=True))
        if found is None:
            raise LinkEnded
        return found

    @property
    def _salt(self) -> str:
        return f"accounts.links.{self.name}"

    def _is_state(self, state: str, member: Member, key: str) -> bool:
        return constant_time_compare(state, self._state(member, key))

    def _state(self, member: Member, key: str) -> str:
        state = "\x1f".join(str(getattr(member, field)) for field in self.ends_with)
        return salted_hmac(self._salt, state, secret=key, algorithm="sha256").hexdigest()


def all_keys() -> list[str]:
    """The key of today, and those of before that still hold."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


CONFIRM = Link("confirm", timedelta(days=3), ("email", "session_stamp", "email_confirmed_at"))
PASSWORD = Link("password", timedelta(hours=2), ("email", "session_stamp", "last_login"))
SIGN_IN = Link("sign-in", timedelta(minutes=30), ("email", "session_stamp", "last_login"))
NEW_ADDRESS = Link("new-address", timedelta(days=1), ("email", "session_stamp"))
# For whom the team made an account: it works as long as an account that nobody has confirmed is kept.
WELCOME = Link("welcome", timedelta(days=7), ("email", "session_stamp", "email_confirmed_at"))
# "This is not right", of a grave act: whatever has become of the account since.
NOT_RIGHT = Link("not-right", timedelta(days=30), ("id",), for_the_banned=True)
BY_NAME = {link.name: link for link in (CONFIRM, PASSWORD, SIGN_IN, NEW_ADDRESS, WELCOME, NOT_RIGHT)}
