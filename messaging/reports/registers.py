"""What this app answers for to those who know nothing of it."""

from carecollective.ground.data_export import told_by
from messaging import rollout_probe

from . import counted, exported

rollout_probe.reported.register(counted)
told_by.register(exported.parts, rank=100)
