"""How a view describes itself in the OpenAPI schema: its body, its answers, and each code it may refuse with."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from carecollective.api.problems import MEDIA_TYPE, body_of
from carecollective.refusals import CATALOGUE

# For whoever generates calls: something that is to be seen, and no NUL.
VISIBLE = r"^[^\u0000]*[^\s\u0000-\u0020\u007f-\u00a0][^\u0000]*$"
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", UUID, OpenApiParameter.HEADER, description="Instead of `id` in the body: becomes the row's id."
)

# Every call may meet these.
ALWAYS = "malformed_request csrf_failed method_not_allowed rate_limited server_error unavailable"
# And these every call that needs a member.
SIGNED_IN = "unauthorized"
APPROVED = "not_approved user_restricted"


class ErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457, with the members that help."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for a person, in their language.")
    code = serializers.ChoiceField(choices=sorted(CATALOGUE))
    errors = ErrorSerializer(many=True, required=False)
    conversation_id = serializers.UUIDField(required=False)
    retry_after = serializers.IntegerField(required=False)
    second_factor_required = serializers.BooleanField(required=False, help_text="True: send `otp` too.")


def describes(
    *,
    answers: dict[int, Any],
    refuses: str = "",
    body: Any = None,
    query: Any = None,
    headers: list[OpenApiParameter] | None = None,
    anonymous: bool = False,
    own_account: bool = False,
    **more: Any,
) -> Callable[[Any], Any]:
    """`refuses` lists codes, parted by blanks, beside those that every such call may meet."""
    codes = {*ALWAYS.split(), *refuses.split()}
    if not anonymous:  # an unknown parameter, too, is a `validation_error`
        codes |= {*SIGNED_IN.split(), "validation_error"} | (set() if own_account else {*APPROVED.split()})
    if body:
        codes |= {"validation_error", "payload_too_large", "unsupported_media_type"}
    by_status = defaultdict(list)
    for code in sorted(codes):
        by_status[CATALOGUE[code].status].append(code)
    responses: dict[Any, Any] = dict(answers)
    for status, those in by_status.items():
        responses[(status, MEDIA_TYPE)] = OpenApiResponse(
            ProblemSerializer, description=", ".join(those), examples=[_example(code) for code in those]
        )
    parameters = [*([query] if query else []), *(headers or [])]
    return extend_schema(request=body, responses=responses, parameters=parameters, **more)


def _example(code: str) -> OpenApiExample:
    refusal = CATALOGUE[code]
    shown = refusal.__new__(refusal)
    shown.extra = {}
    return OpenApiExample(code, value=body_of(shown), response_only=True)


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "carecollective.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token …, from /api/auth/login",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "carecollective.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class TextScheme(OpenApiSerializerFieldExtension):
    """Lengths count after the text was cleaned: code points, without the white space around it."""

    target_class = "carecollective.api.fields.TextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        field = self.target
        said: dict[str, Any] = {"type": "string", "maxLength": field.most}
        if field.fewest:
            said |= {"minLength": field.fewest, "pattern": VISIBLE}
        return said


class CursorScheme(OpenApiSerializerFieldExtension):
    target_class = "carecollective.api.fields.CursorField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": 1000}
