"""What is logged (structured logging): one line of JSON for each event, never a text, a token or an email address."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "carecollective.web.request_id.JsonFormatter"}},
    "filters": {"once_per_host": {"()": "carecollective.web.foreign_hosts.OncePerHost"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "foreign_hosts": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["once_per_host"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # A refused password or form is an everyday event and names an address: no line of its own.
        "django.security": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django.security.DisallowedHost": {"handlers": ["foreign_hosts"], "level": "ERROR", "propagate": False},
        "psycopg.pool": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},  # else a line for every minute's look
    },
}
