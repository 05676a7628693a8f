"""What the rollout says to a caller, over the API."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from carecollective.accounts.standing import MemberCall
from carecollective.web.api.schema import describes
from carecollective.web.api.views import ApiView

from .stages import BUCKETS
from .versions import decision_for


class DecisionSerializer(serializers.Serializer[Any]):
    version = serializers.ChoiceField(choices=["v1", "v2"], help_text="Where your next conversation starts.")
    stage = serializers.CharField(help_text="How far it is turned on: disabled, internal, percentage:N or enabled.")
    reason = serializers.CharField(help_text="The code of the rule that decided.")
    bucket = serializers.IntegerField(
        min_value=0, max_value=BUCKETS - 1, help_text="At percentage:N you are in when this is under N × 100."
    )


class RolloutView(ApiView):
    # Nothing that a caller sends has a part in the answer.
    @describes(
        "Which messaging your next conversation starts in",
        "A new messaging is turned on for a growing part of the members. A conversation keeps the one it started in.",
        answers={200: (DecisionSerializer, "What holds for you, and by which rule.")},
    )
    def get(self, request: MemberCall) -> Response:
        return Response(DecisionSerializer(decision_for(request.user)).data)
