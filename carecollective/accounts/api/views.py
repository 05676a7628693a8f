"""Signing in and out by API, and one's own account."""

from django.contrib.auth import authenticate, logout
from knox.models import get_token_model
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from carecollective.accounts import language, second_factor
from carecollective.accounts.standing import MemberCall
from carecollective.ground.refusals import SecondFactorMissing, SecondFactorWrong, WrongSignIn
from carecollective.web.api.schema import describes
from carecollective.web.api.views import ApiView

from .serializers import LoginBody, MeSerializer, TokenSerializer


class LoginView(ApiView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    is_own_account = True
    body_of = {"post": LoginBody}

    @describes(
        "Sign in",
        "Gives a token for a program, which works for 30 days and never carries the rights of the team. Whoever has "
        "set up a second step gets 401 with `second_factor_required: true` until `otp` is sent too; a wrong code is "
        "401 `second_factor_wrong`. Whatever else is wrong has one and the same 401.",
        body=LoginBody,
        answers={200: (TokenSerializer, "The token, which is shown this once, and whose it is.")},
        refuses="unauthorized second_factor_wrong",
        anonymous=True,
    )
    def post(self, request: Request) -> Response:
        member = authenticate(request._request, email=self.body["email"], password=self.body["password"])
        if member is None or member.email_confirmed_at is None:
            raise WrongSignIn
        if second_factor.is_set_up(member):
            code = self.body.get("otp", "")
            if not code:
                raise SecondFactorMissing
            if not second_factor.check(member, code):
                raise SecondFactorWrong
        language.hear(request._request, member)
        kept, token = get_token_model().objects.create(member)
        return Response(TokenSerializer({"token": token, "expires_at": kept.expiry, "member": member}).data)


class LogoutView(ApiView):
    is_own_account = True

    @describes(
        "Sign out",
        "Ends the token, or the session, that this call came with, and no other.",
        answers={204: (None, "It is over.")},
        own_account=True,
    )
    def post(self, request: Request) -> Response:
        if request.auth is not None:
            request.auth.delete()
        else:
            logout(request._request)
        return Response(status=204)


class MeView(ApiView):
    is_own_account = True

    @describes(
        "Your own account",
        "Who is signed in, and what the account may do. A member who waits for the team, or is suspended, reaches this "
        "too.",
        answers={200: (MeSerializer, "The account.")},
        own_account=True,
    )
    def get(self, request: MemberCall) -> Response:
        return Response(MeSerializer(request.user).data)
