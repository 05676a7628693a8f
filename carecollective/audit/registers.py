"""What this app answers for to those below it."""

from carecollective.ground import doctor
from carecollective.ground.data_export import told_by

from . import exported, sending

told_by.register(exported.parts, rank=110)
doctor.checks.register(sending.diagnosis, rank=10)
