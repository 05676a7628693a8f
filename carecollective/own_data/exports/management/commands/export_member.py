"""manage.py export_member: the copy that a member gets from their page, for whoever cannot get it there."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.ground import texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.refusals import ValidationFailed
from carecollective.own_data.exports.models import Export
from carecollective.own_data.exports.services import make_for_operator


class Command(BaseCommand):
    help = "Writes everything about a member into a zip file. They are told, and the reason is written down."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="why, in 10 characters or more; the member reads it")
        parser.add_argument("--output", type=Path, help="the file; without it a new one in this folder")

    def handle(self, *args: Any, email: str, reason: str, output: Path | None, **options: Any) -> None:
        member = Member.objects.filter(email__iexact=texts.formed(email)).first()
        if member is None:
            raise CommandError("There is no member with this address.")
        file = output or Path(f"copy-{str(member.pk)[:8]}-{timezone.localdate():%Y-%m-%d}.zip")
        try:
            # Made before anybody is told, and for this account alone to read.
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(
                f"{file} is there already, and stays as it is. Name another file with --output."
            ) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        with os.fdopen(opened, "wb") as kept:
            try:
                kept.write(make_for_operator(member, reason=reason))
            except BaseException as error:
                file.unlink()
                if isinstance(error, ValidationFailed):
                    shortest, longest = rule_of(Export, "reason").length
                    raise CommandError(f"Say why in {shortest} to {longest} characters.") from None
                raise
        self.stdout.write(f"{file}: a copy of the data of one member, who is told. Hand it over, and delete it here.")
