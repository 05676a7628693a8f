"""What this app answers for to those below it."""

from carecollective.ground import doctor
from carecollective.ground.data_export import told_by

from . import exported, sending

told_by.register(exported.parts, rank=110)
doctor.checks.register(doctor.Check("audit_sink", sending.fault, at_start=False), rank=10)
