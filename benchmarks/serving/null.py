"""Views that do nothing, beside the product's own addresses and behind the same server and middleware."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from knox.auth import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from carecollective.web.api.views import ApiView

# Django asks the module that ROOT_URLCONF names for these.
from carecollective.urls import handler400, handler403, handler404, handler500  # noqa: F401  # isort: skip


def empty(request: HttpRequest) -> HttpResponse:
    """Django's own: it asks nobody who they are."""
    return JsonResponse({})


class StockView(APIView):
    """As the libraries' documentation shows one: who calls is known by a token, and nothing of ours is in it."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({})


class OwnView(ApiView):
    """With all that each of our calls begins with: the token, the limit, the member's standing."""

    schema = None

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("api/null/empty", empty),
    path("api/null/stock", StockView.as_view(schema=None)),
    path("api/null/own", OwnView.as_view()),
    path("", include("carecollective.urls")),
]
