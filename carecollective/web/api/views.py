"""What every API view is: in one order, 401, the body and its idempotency key, the member's standing, the act."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from carecollective.ground import limits, texts, writing
from carecollective.ground.refusals import RateLimited, ValidationFailed
from carecollective.web.api.fields import uuid_as_written
from carecollective.web.identity_fields import claims_another, refuse_impersonation

WITH_A_BODY = ("post", "patch", "delete")
LONGEST_NAME_SAID = 100
IDEMPOTENCY_KEY = "Idempotency-Key"


class OnlyJson(DefaultContentNegotiation):
    """Whatever a caller would rather have: there is one answer, and an error must arrive too. Bodies are JSON alone."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        media_type = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """`body` and `query` name the serializer of a method; what passed is in `self.body` and `self.query`."""

    # No OPTIONS: no other origin is served, and the schema says what there is.
    http_method_names: list[str] = ["get", "head", *WITH_A_BODY]
    content_negotiation_class = OnlyJson

    body_of: ClassVar[dict[str, type[serializers.Serializer[Any]]]] = {}
    query_of: ClassVar[dict[str, type[serializers.Serializer[Any]]]] = {}
    # Methods whose body may leave fields out, and keeps what they are.
    changes_parts: ClassVar[tuple[str, ...]] = ()
    # Methods that begin something new, which a limited member may not.
    begins: ClassVar[tuple[str, ...]] = ()
    # One's own account, which a waiting or suspended member reaches too.
    is_own_account: ClassVar[bool] = False
    # What monitors, caches and browsers ask with something added; everywhere else a parameter that is not in
    # `query_of` is refused, so that a filter with a typing mistake never answers with everything.
    takes_any_query: ClassVar[bool] = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # 401
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(str(request.method))
        method = "get" if method == "head" else method
        # Counted whatever comes of it, and said in its turn.
        too_many = _count_a_call(request)
        sent: Any = request.data if method in WITH_A_BODY else {}
        self.query = self.asked(request, self.query_of.get(method))
        self.body = _checked(self.body_of.get(method), sent, partial=method in self.changes_parts)
        if "id" in getattr(self.body_of.get(method), "_declared_fields", {}):
            self.body["id"] = _id_of_what_is_new(request, self.body.get("id"))
        if request.user.is_authenticated:
            self.refuse_by_standing(request.user, method)
        if too_many:
            raise too_many
        if request.user.is_authenticated and claims_another(sent, by=request.user):
            self.refuse_unseen(request, **kwargs)
            refuse_impersonation(sent, by=request.user, path=request.path)

    def asked(self, request: Request, serializer: Any) -> dict[str, Any]:
        """What the address asks for, by name. Raises ValidationFailed, InvalidCursor."""
        query = request.query_params
        known = sorted(getattr(serializer, "_declared_fields", {}))
        errors = [*([] if self.takes_any_query else _unknown(query, known)), *_repeated(query, known)]
        if errors:
            raise ValidationFailed(errors)
        # `?category=` says nothing: a form's empty field is no wrong answer.
        return _checked(serializer, {name: value for name, value in query.dict().items() if value})

    def refuse_by_standing(self, member: Any, method: str) -> None:
        """Raises NotApproved or UserRestricted."""
        if method in self.begins:
            member.refuse_unless_free_to_start()
        elif not self.is_own_account:
            member.refuse_unless_approved()

    def refuse_unseen(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Raises the 404 of what this view acts on, where there is one: it comes before a 403 for its body."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.pop("Allow", None) if answer.status_code != 405 else None
        return answer


def _count_a_call(request: Request) -> RateLimited | None:
    if not request.user.is_authenticated or writing.is_reading_only():
        return None  # whoever comes to write is refused anyway
    try:
        limits.API.take(request.user.pk)
    except RateLimited as refusal:
        return refusal
    return None


def _unknown(query: Any, known: list[str]) -> list[dict[str, Any]]:
    there_is = (
        _("This address takes these parameters: %(names)s.") % {"names": ", ".join(known)}
        if known
        else _("This address takes no parameters.")
    )
    return [_about(name, "unknown_parameter", there_is) for name in query if name not in known]


def _repeated(query: Any, known: list[str]) -> list[dict[str, Any]]:
    """Two values would be one filter to whoever reads the first, another to whoever reads the last."""
    return [_about(name, "repeated", _("Send this once.")) for name in known if len(query.getlist(name)) > 1]


def _about(field: str, code: str, detail: str) -> dict[str, Any]:
    return {"field": field[:LONGEST_NAME_SAID], "code": code, "detail": detail}


def _checked(
    serializer: Callable[..., serializers.Serializer[Any]] | None, sent: Mapping[str, Any], *, partial: bool = False
) -> dict[str, Any]:
    if serializer is None:
        return {}
    checking = serializer(data=sent, partial=partial)
    checking.is_valid(raise_exception=True)
    return dict(checking.validated_data)


def _id_of_what_is_new(request: Request, in_body: UUID | None) -> UUID | None:
    """What the client calls the new row: `id` in the body, or the header in its place. Where both are said and differ,
    one of the two is no key: the same call would then write twice. Raises ValidationFailed.
    """
    header = request.headers.get(IDEMPOTENCY_KEY)
    if header is None:
        return in_body
    key = uuid_as_written(header.strip('"'))  # the header's draft standard writes it in quotes
    if key is None:
        raise ValidationFailed([texts.as_error(IDEMPOTENCY_KEY, "not_a_uuid", 0, 0)])
    if in_body not in (None, key):
        raise ValidationFailed([_about(IDEMPOTENCY_KEY, "differs", _("This and id in the body must be the same."))])
    return key
