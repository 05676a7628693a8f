"""What this app answers for to those below it."""

from carecollective.ground import doctor

from . import health

doctor.checks.register(doctor.Check("backup", health.backup))
doctor.checks.register(doctor.Check("drill", health.drill))
