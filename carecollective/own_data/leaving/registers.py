"""What this app answers for to those below it."""

from carecollective.ground import doctor

from . import ledger

doctor.checks.register(doctor.Check("ledger", ledger.fault))
