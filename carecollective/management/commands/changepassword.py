"""manage.py changepassword: Django's own; it is written down, sign-ins and tokens end, and the member is told."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from carecollective.accounts import profile
from carecollective.accounts.models import Member


class Command(changepassword.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str | None:
        answer: str | None = super().handle(*args, **options)
        profile.password_was_set_at_the_server(
            Member.objects.get_by_natural_key(options["username"] or getpass.getuser())
        )
        return answer
