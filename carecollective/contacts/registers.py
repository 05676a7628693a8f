"""What this app answers for to those below it."""

from carecollective.exports.parts import told_by

from . import exported

told_by.register(exported.parts, rank=20)
