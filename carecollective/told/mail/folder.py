"""Where no mail server is named (an email backend): each mail is a file for any mail program, the newest named last."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


def is_read_here() -> bool:
    """Members' mail is nobody's to read: only while developing are there pages that show it."""
    return settings.DEBUG and settings.EMAIL_BACKEND.endswith(f"folder.{FolderBackend.__name__}")


class FolderBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            self._write(folder, message.message().as_bytes(linesep="\n"))  # type: ignore[call-arg]  # of Django's own
        return len(email_messages)

    def _write(self, folder: Path, content: bytes) -> None:
        name = f"{timezone.now():%Y%m%d-%H%M%S-%f}"
        while True:
            try:
                with (folder / f"{name}.eml").open("xb") as file:
                    file.write(content)
                return
            except FileExistsError:
                name += "0"


def names() -> list[str]:
    """Newest first."""
    return sorted((path.stem for path in Path(settings.EMAIL_FILE_PATH).glob("*.eml")), reverse=True)


def read(name: str) -> ParsedMessage:
    """Raises FileNotFoundError. `name` is one of `names`."""
    content = (Path(settings.EMAIL_FILE_PATH) / f"{name}.eml").read_bytes()
    parsed: ParsedMessage = message_from_bytes(content, policy=policy.default)
    return parsed
