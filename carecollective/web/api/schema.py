"""How a view describes itself in the OpenAPI schema: what it does, its body, its answers, each code it may refuse with.

The words are for strangers: people who write programs and have never seen this code. They never come from docstrings.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from carecollective.ground.languages import TAG_MAX
from carecollective.ground.refusals import CATALOGUE
from carecollective.web.api.values import MEANINGS
from carecollective.web.problems import MEDIA_TYPE, body_of

# For whoever generates calls: something that is to be seen, and no NUL.
VISIBLE = r"^[^\u0000]*[^\s\u0000-\u0020\u007f-\u00a0][^\u0000]*$"
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    UUID,
    OpenApiParameter.HEADER,
    description="A UUID that you make, in place of `id` in the body: the same one writes once.",
)

# Every call may meet these.
ALWAYS = "malformed_request csrf_failed method_not_allowed rate_limited server_error unavailable"
# And these every call that needs a member.
SIGNED_IN = "unauthorized"
APPROVED = "not_approved user_restricted"


class ErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True, help_text="What is wrong: a field, a parameter or a header.")
    code = serializers.CharField(help_text="Why, for a program.")
    detail = serializers.CharField(help_text="Why, as a sentence for a person, in their language.")


class ProblemSerializer(serializers.Serializer[Any]):
    type = serializers.CharField(help_text="The address, on our host, of the page that explains the code.")
    title = serializers.CharField(help_text="The name of the HTTP status.")
    status = serializers.IntegerField(help_text="The HTTP status once more.")
    detail = serializers.CharField(help_text="A sentence for a person, in their language.")
    code = serializers.ChoiceField(choices=sorted(CATALOGUE), help_text="What a program decides by.")
    errors = ErrorSerializer(  # type: ignore[assignment]  # a field, and no answer of the serializer's
        many=True, required=False, help_text="With `validation_error`: each thing that is wrong."
    )
    conversation_id = serializers.UUIDField(
        required=False, help_text="With `conversation_exists`: the conversation that there is."
    )
    retry_after = serializers.IntegerField(required=False, help_text="Wait this many seconds before you try again.")
    second_factor_required = serializers.BooleanField(required=False, help_text="True: send `otp` too.")


def describes(
    summary: str,
    description: str,
    *,
    answers: dict[int, tuple[Any, str]],
    of: str = "",
    refuses: str = "",
    body: Any = None,
    query: Any = None,
    headers: list[OpenApiParameter] | None = None,
    anonymous: bool = False,
    own_account: bool = False,
    **more: Any,
) -> Callable[[Any], Any]:
    """What an operation does in a few words, and in a sentence for a stranger.

    `answers` has a serializer (None: no body) and a sentence for each status of a success, `of` says what the id in the
    address names, and `refuses` lists codes, parted by blanks, beside those that every such call may meet.
    """
    codes = {*ALWAYS.split(), *refuses.split()}
    if not anonymous:  # an unknown parameter, too, is a `validation_error`
        codes |= {*SIGNED_IN.split(), "validation_error"} | (set() if own_account else {*APPROVED.split()})
    if body:
        codes |= {"validation_error", "payload_too_large", "unsupported_media_type"}
    by_status = defaultdict(list)
    for code in sorted(codes):
        by_status[CATALOGUE[code].status].append(code)
    responses: dict[Any, Any] = {status: OpenApiResponse(*answer) for status, answer in answers.items()}
    for status, those in by_status.items():
        responses[(status, MEDIA_TYPE)] = OpenApiResponse(
            ProblemSerializer, description=", ".join(those), examples=[_example(code) for code in those]
        )
    id = [OpenApiParameter("id", UUID, OpenApiParameter.PATH, description=of)] if of else []
    parameters = [*id, *([query] if query else []), *(headers or [])]
    described = {"summary": summary, "description": description, **more}
    return extend_schema(request=body, responses=responses, parameters=parameters, **described)


def _example(code: str) -> OpenApiExample:
    refusal = CATALOGUE[code]
    shown = refusal.__new__(refusal)
    shown.extra = {}
    return OpenApiExample(code, value=body_of(shown), response_only=True)


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "carecollective.web.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, with the token that `POST /api/auth/login` gave.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "carecollective.web.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "For pages of our own: every write also needs the page's CSRF token in `X-CSRFToken`.",
        }


class TextScheme(OpenApiSerializerFieldExtension):
    """Lengths count after the text was cleaned: code points, without the white space around it."""

    target_class = "carecollective.web.api.fields.TextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        field = self.target
        schema: dict[str, Any] = {"type": "string", "maxLength": field.rule.most}
        if field.rule.fewest:
            schema |= {"minLength": field.rule.fewest, "pattern": VISIBLE}
        return schema


class LanguageScheme(OpenApiSerializerFieldExtension):
    target_class = "carecollective.web.api.fields.LanguageField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "minLength": 2, "maxLength": TAG_MAX, "examples": ["en", "es", "pt-BR"]}


class CursorScheme(OpenApiSerializerFieldExtension):
    target_class = "carecollective.web.api.fields.CursorField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": 1000}


def explain_values(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The schema with what each value of an enumeration means, wherever one is listed: a hook of the library."""
    codes = {code: str(refusal.message) for code, refusal in CATALOGUE.items()}
    meanings = {frozenset(each): each for each in [*MEANINGS, codes]}
    for schema in result["components"]["schemas"].values():
        if known := meanings.get(frozenset(schema.get("enum", ()))):
            schema["description"] = _as_list(known, OPEN)
    for path in result["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if known := meanings.get(frozenset(parameter["schema"].get("enum", ()))):
                    parameter["description"] = _as_list(known, parameter["description"])
    return result


OPEN = "More values may be added: a program accepts those that it does not know."


def _as_list(meanings: dict[str, str], first: str) -> str:
    return "\n".join([first, "", *(f"* `{value}`: {meaning}" for value, meaning in meanings.items())])
