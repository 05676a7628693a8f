from carecollective.ground.data_export import told_by

from . import exported

told_by.register(exported.parts, rank=95)
