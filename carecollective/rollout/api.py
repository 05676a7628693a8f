"""What the rollout says to a caller, over the API."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from carecollective.api.schema import describes
from carecollective.api.views import ApiView

from .stages import BUCKETS
from .versions import decision_for


class DecisionSerializer(serializers.Serializer[Any]):
    version = serializers.ChoiceField(choices=["v1", "v2"])
    stage = serializers.CharField(help_text="disabled, internal, percentage:N or enabled")
    reason = serializers.CharField(help_text="the code of the rule that decided")
    bucket = serializers.IntegerField(
        min_value=0, max_value=BUCKETS - 1, help_text="at percentage:N in when under N × 100"
    )


class RolloutView(ApiView):
    """Which version the caller's next conversation starts in. Nothing that a caller sends has a part in it."""

    @describes(answers={200: DecisionSerializer})
    def get(self, request: Request) -> Response:
        return Response(DecisionSerializer(decision_for(request.user)).data)
