from django.db import models


class NamedIndex(models.Index):
    """An index whose name is fixed from outside. Django stops at 30 characters for Oracle, PostgreSQL at 63."""

    max_name_length = 63
