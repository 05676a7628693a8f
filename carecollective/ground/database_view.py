"""A view of the database as a model: made by a migration's SQL, and read alone."""

from django.db import models


class DatabaseView(models.Model):
    """`class Meta(DatabaseView.Meta)` says its `db_table`. The guard knows every one of them as private."""

    is_view = True

    class Meta:
        abstract = True
        managed = False
        default_permissions = ()
