from typing import Any, ClassVar

from django.core.validators import MaxLengthValidator
from rest_framework import serializers

from carecollective.accounts.models import Member
from carecollective.ground import texts
from carecollective.web.api.fields import FormedField, ModelAnswer, MomentField


class PasswordField(serializers.CharField):
    """Any text, untouched: a password is compared as it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1000, **kwargs)
        self.validators = [check for check in self.validators if isinstance(check, MaxLengthValidator)]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(str(texts.SENTENCES["not_text"]), code="not_text")
        return data


class LoginBody(serializers.Serializer[Any]):
    email = FormedField(fewest=1, most=254, help_text="The address that the account was made with, in any case.")
    password = PasswordField(help_text="As it was chosen, with its white space.")
    otp = FormedField(fewest=0, most=20, required=False, help_text="A code of the second step, or a recovery code.")


class MeSerializer(ModelAnswer[Member]):
    class Meta:
        model = Member
        fields = ["id", "email", "name", "town", "verification_status", "restriction", "is_staff", "joined_at"]
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "id": {"help_text": "The member."},
            "email": {"help_text": "What the member signs in with."},
            "name": {"help_text": "The whole name; others see the first name and an initial."},
            "town": {"help_text": "Where the member lives, as they wrote it."},
            "verification_status": {"help_text": "How the application to join stands."},
            "restriction": {"help_text": "What the team has restricted."},
            "is_staff": {"help_text": "Whether the member is on the team. A token carries no rights of it."},
            "joined_at": {"help_text": "When the account was made."},
        }


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Shown once: only a digest is kept.")
    expires_at = MomentField(help_text="Until when it works.")
    member = MeSerializer(help_text="Whose it is, as at `/api/me`.")
