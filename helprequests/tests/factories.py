"""Plain help requests, written as the login: for what the services may do, call the services."""

import factory
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.models import RUNS_FOR, HelpRequest


class HelpRequestFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = HelpRequest

    user = factory.SubFactory(MemberFactory)
    title = factory.Sequence(lambda n: f"A ride to the clinic, number {n}")
    category = "transportation-errands"
    expires_at = factory.LazyAttribute(lambda made: None if made.is_ongoing else timezone.now() + RUNS_FOR)
    is_ongoing = False

    @factory.lazy_attribute
    def completed_at(self):
        return timezone.now() if getattr(self, "status", None) == "completed" else None

    @factory.lazy_attribute
    def cancelled_at(self):
        return timezone.now() if getattr(self, "status", None) == "cancelled" else None

    @classmethod
    def _create(cls, model_class, *args, **fields):
        help_request = super()._create(model_class, *args, **fields)
        help_request.refresh_from_db()
        return help_request
