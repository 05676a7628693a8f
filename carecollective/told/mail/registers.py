"""What this app answers for to those below it."""

from carecollective.ground import doctor
from carecollective.ground.data_export import told_by

from . import checks, exported

told_by.register(exported.parts, rank=80)
for check in checks.CHECKS:
    doctor.checks.register(check)
