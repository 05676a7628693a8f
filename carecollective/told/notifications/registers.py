"""What this app answers for to those below it."""

from carecollective.accounts.four_eyes import teller
from carecollective.ground.data_export import told_by

from . import exported, grave_acts

told_by.register(exported.parts, rank=70)
teller.register(grave_acts.tell)
