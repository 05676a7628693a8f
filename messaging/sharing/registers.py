"""What this app answers for to those who know nothing of it."""

from carecollective.ground.data_export import told_by
from messaging import answers

from . import exported, reading

answers.beside.register(reading.HAPPENED)
told_by.register(exported.parts, rank=60)
