"""What this app answers for to those below it."""

from carecollective.ground.data_export import told_by
from carecollective.web.identity_fields import recorder

from . import exported, impersonation, library_times

told_by.register(exported.parts, rank=10)
recorder.register(impersonation.record_attempt)
library_times.go_by_the_clock()
