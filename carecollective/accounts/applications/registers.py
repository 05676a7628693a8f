"""What this app answers for to those below it."""

from carecollective.accounts import mail
from carecollective.ground.data_export import told_by

from . import exported, lines

told_by.register(exported.parts, rank=30)
mail.line_of_the_decision.register(lines.about_the_decision)
