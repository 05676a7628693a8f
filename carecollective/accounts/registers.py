"""What this app answers for to those below it."""

from allauth.account.signals import user_logged_in

from carecollective.ground import doctor
from carecollective.ground.data_export import told_by
from carecollective.web.identity_fields import recorder

from . import checks, exported, impersonation, library_times, sign_ins

told_by.register(exported.parts, rank=10)
recorder.register(impersonation.record_attempt)
user_logged_in.connect(sign_ins.note_browser)
library_times.go_by_the_clock()
for check in checks.CHECKS:
    doctor.checks.register(check, rank=20)
