from typing import Any

from django.core.validators import MaxLengthValidator
from rest_framework import serializers

from carecollective import texts
from carecollective.accounts.models import Member
from carecollective.api.fields import TextField


class PasswordField(serializers.CharField):
    """Any text, untouched: a password is compared as it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1000, **kwargs)
        self.validators = [check for check in self.validators if isinstance(check, MaxLengthValidator)]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(str(texts.SENTENCES["not_text"]), code="not_text")
        return data


class LoginBody(serializers.Serializer):
    email = TextField(fewest=1, most=254, one_line=True)
    password = PasswordField(help_text="As it was chosen, with its white space.")
    otp = TextField(
        fewest=0, most=20, one_line=True, required=False, help_text="A code of the second step, or a recovery code."
    )


class MeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = ["id", "email", "name", "town", "verification_status", "restriction", "is_staff", "joined_at"]
        read_only_fields = fields


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Shown once: only a digest is kept.")
    expires_at = serializers.DateTimeField()
    member = MeSerializer()
