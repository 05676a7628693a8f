"""What this app answers for to those below it."""

from carecollective.accounts.effects import closer
from carecollective.ground.data_export import told_by

from . import closing, exported

told_by.register(exported.parts, rank=40)
closer.register(closing.close_as_agreed)
