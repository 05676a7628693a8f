"""Plain members, with no surprises: approved, unrestricted, and able to sign in."""

import factory

from carecollective.accounts import terms
from carecollective.accounts.models import Member

PASSWORD = "correct horse battery"


class MemberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Member

    class Params:
        pending = factory.Trait(verification_status="pending")
        rejected = factory.Trait(verification_status="rejected")
        limited = factory.Trait(restriction="limited")
        suspended = factory.Trait(restriction="suspended")
        banned = factory.Trait(restriction="banned")
        unconfirmed = factory.Trait(email_confirmed_at=None, verification_status="pending")

    email = factory.Sequence(lambda n: f"member{n}@example.org")
    name = factory.Sequence(lambda n: f"Member Number{n}")
    town = "Riverside"
    verification_status = "approved"

    @classmethod
    def _create(cls, model_class, *args, **fields):
        password = fields.pop("password", None)
        member = model_class(*args, **fields)
        if password:
            member.set_password(password)
        else:
            member.set_unusable_password()
        member.save(force_insert=True)
        if password:  # who can sign in by page has joined by page
            terms.accept(member)
        return member
