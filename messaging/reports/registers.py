"""What this app answers for to those who know nothing of it."""

from carecollective.accounts import own_matters as of_the_team
from carecollective.ground import doctor
from carecollective.ground.data_export import told_by
from helprequests.followers import objections
from messaging import rollout_probe

from . import counted, exported, moderation, own_matters, undecidable

rollout_probe.reported.register(counted)
told_by.register(exported.parts, rank=100)
of_the_team.reported.register(own_matters.reported)
objections.register(moderation.refuse_closing_what_they_reported)
doctor.checks.register(doctor.Check("reports", undecidable.fault), rank=20)
