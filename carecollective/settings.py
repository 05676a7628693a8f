"""One file. What varies between installations comes from the environment: see .env.example."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.utils.http import is_same_domain
from django.utils.translation import gettext_lazy as _

from carecollective.ground import backup_variables, owner, patience, replicas, sinks
from carecollective.ground import environment as env
from carecollective.ground.round_trips import TogetherConnection
from carecollective.site.enum_names import ENUM_NAMES
from carecollective.web.api.openapi import OPENAPI
from carecollective.web.content_sources import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from carecollective.web.logs import LOGGING as LOGGING

BASE_DIR = env.BASE_DIR
VERSION = "0.1.0"

DEBUG = env.switch("DEBUG", default=False)
SECRET_KEY = env.required("SECRET_KEY", default_in_debug="loopback-only-" + "development-" * 4, debug=DEBUG)
if not DEBUG:
    env.long_enough("SECRET_KEY", SECRET_KEY, env.SHORTEST_SECRET)
# Keys of before: what they signed and encrypted still holds, and is signed and encrypted anew as it is used.
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")
PORT = env.whole_number("PORT", default=8000, smallest=1, largest=65535)
PUBLIC_URL = env.origin("PUBLIC_URL", env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}"))
_public_host = env.host_of(PUBLIC_URL)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{_public_host}" if DEBUG else "")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must be set when DEBUG is off, for example to care.example.org.")
if env.text("PUBLIC_URL") and not any(is_same_domain(_public_host, host) for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured(f"ALLOWED_HOSTS must hold {_public_host} too: members come by PUBLIC_URL.")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
# How many proxies of ours stand in front: only the addresses that they add to X-Forwarded-For are believed.
NUM_PROXIES = env.whole_number("NUM_PROXIES", default=0, smallest=0, largest=10)

# --- The community -------------------------------------------------------------------------------------------------
COMMUNITY_NAME = env.text("COMMUNITY_NAME", "Care Collective")
COMMUNITY_AREA = env.text("COMMUNITY_AREA") or _("your area")
COMMUNITY_PHONE = env.phone("COMMUNITY_PHONE")
EMERGENCY_NUMBER = env.phone("EMERGENCY_NUMBER", "911")
MEMBER_APPROVAL = env.one_of("MEMBER_APPROVAL", ("manual", "automatic"))
# Whether the team's pages open only for who signs in with a second step.
STAFF_SECOND_FACTOR = env.one_of("STAFF_SECOND_FACTOR", ("optional", "required") if DEBUG else ("required", "optional"))
# After how many months without activity closed requests and archived conversations go; None keeps them.
RETENTION_MONTHS = None
if env.text("RETENTION_MONTHS"):
    RETENTION_MONTHS = env.whole_number("RETENTION_MONTHS", default=1, smallest=1, largest=1200)
RATE_LIMITS = env.switch("RATE_LIMITS", default=True)
if not RATE_LIMITS and not DEBUG:
    raise ImproperlyConfigured("RATE_LIMITS can be off only while DEBUG is on.")

# --- Applications --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "carecollective",  # before the others, so that its commands stand in the place of theirs
    "carecollective.apps.CareAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "carecollective.accounts.apps.BrowsersConfig",  # allauth.usersessions
    "knox",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "waffle",
    "procrastinate.contrib.django",
    "carecollective.accounts",
    "carecollective.audit",
    "carecollective.accounts.applications",
    "carecollective.accounts.contacts",
    "carecollective.own_data.exports",
    "carecollective.kept_texts",
    "carecollective.told.mail",
    "carecollective.told.notifications",
    "carecollective.rollout",
    "carecollective.team.scheduled_work",
    "helprequests",
    "messaging",
    "messaging.legacy",
    "messaging.reports",
    "carecollective.own_data.leaving",
    "carecollective.backups",
    "messaging.sharing",
]
AUTH_USER_MODEL = "accounts.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "carecollective.web.request_id.RequestIdMiddleware",
    "carecollective.web.scope_guard.ScopeGuardMiddleware",
    "carecollective.site.metrics.RequestMetricsMiddleware",
    "carecollective.web.from_inside.FromInsideMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "carecollective.web.compression.CompressedPagesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "carecollective.web.content_policy.ContentPolicyMiddleware",
    "carecollective.web.errors.ErrorPagesMiddleware",
    "carecollective.web.in_flight.InFlightMiddleware",  # in front of all that asks the database
    "carecollective.web.replica.PositionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "carecollective.accounts.language.ProfileLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "carecollective.kept_texts.middleware.KeptTextsMiddleware",
    "carecollective.web.errors.SayableAddressMiddleware",  # the last: its page greets the member like any other
]
APPEND_SLASH = False  # the API has no trailing slash, the pages have one: an address is right or it is not found
ROOT_URLCONF = "carecollective.urls"
ASGI_APPLICATION = "carecollective.asgi.application"
WSGI_APPLICATION = "carecollective.wsgi.application"

FORM_RENDERER = "carecollective.web.widgets.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "carecollective.site.context.site",
            ],
        },
    },
]

# --- Database ------------------------------------------------------------------------------------------------------
# Beside the database, so that a restored backup can be told who is not to come back.
ERASURE_LEDGER = env.folder("ERASURE_LEDGER", BASE_DIR / "var" / "erasures.log")
BACKUPS = backup_variables.backups()
EMBEDDED_POSTGRES_DIR = env.folder("EMBEDDED_POSTGRES_DIR", BASE_DIR / "var" / "postgres")
# Two logins of one database: the web's, which owns nothing, and the owner's, for commands alone.
DATABASES = {"default": env.database("DATABASE_URL") or dict(owner.EMBEDDED_DATABASE)}
WEB_LOGIN = DATABASES["default"]["USER"]
# With what this process proves to the database who asks. The web's login cannot read it there.
IDENTITY_KEY = env.long_enough("IDENTITY_KEY", env.text("IDENTITY_KEY"), env.SHORTEST_SECRET)
IDENTITY_KEY_FILE = BASE_DIR / "var" / "identity.key"
# A direct connection for LISTEN where DATABASE_URL goes through a transaction pooler.
LISTEN_DATABASE_URL = env.connection_text("LISTEN_DATABASE_URL")
# From its sixth time on a connection's statement has a name and a plan. Not every transaction pooler can pass that on.
PREPARED_STATEMENTS = env.switch("PREPARED_STATEMENTS", default=True)
# A thread for each request: its own connections would pile up. A pool's are checked when lent, after a restart too.
SECONDS = {"timeout": 3, "reconnect_timeout": 5}
POOL = {"min_size": 1, "max_size": 12, "connection_class": TogetherConnection, **SECONDS}
OPTIONS = {"pool": POOL, "server_side_binding": True, "prepare_threshold": 5 if PREPARED_STATEMENTS else None}
IS_SERVING = env.switch("SERVING", default=False)  # said by wsgi.py and asgi.py; `manage.py serve` migrates first
OWNER_DATABASE = owner.owner_database(DATABASES["default"], OPTIONS, is_serving=IS_SERVING)
DATABASES["default"] |= {
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": DATABASES["default"].get("OPTIONS", {}) | OPTIONS,  # DATABASE_URL may say ?sslmode=require
    # Through a transaction pooler a server-side cursor would outlive its transaction.
    "DISABLE_SERVER_SIDE_CURSORS": True,
}
# A page must not wait for ever, a migration may: so this holds for whoever serves, and for no command.
SERVING_OPTIONS = patience.options(DATABASES["default"]["OPTIONS"])
if IS_SERVING:
    DATABASES["default"]["OPTIONS"] |= SERVING_OPTIONS
# A standby that answers pages which may be a moment old; None where there is none.
REPLICA_DATABASE = replicas.replica_database(DATABASES["default"], OPTIONS)

# --- The rollout of the new messaging ------------------------------------------------------------------------------
# As it was said, white space too: an override that is not exactly a stage turns the new messaging off.
MESSAGING_V2_ROLLOUT = env.env.ENVIRON.get("MESSAGING_V2_ROLLOUT", "")
METRICS_TOKEN = env.text("METRICS_TOKEN")
if not DEBUG:
    env.long_enough("METRICS_TOKEN", METRICS_TOKEN, env.SHORTEST_TOKEN)
SENTRY_DSN = env.error_tracker("SENTRY_DSN")
AUDIT_SINK = sinks.named("AUDIT_SINK", env.text("AUDIT_SINK"))  # where each entry of the audit goes too
WAFFLE_FLAG_MODEL = "rollout.Flag"
WAFFLE_ENABLE_ADMIN_PAGES = False  # they know neither history nor reason nor lock: /admin/rollout/messaging-v2/ does
# Every other cache could show a worker the flag as it was before.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "flags": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
WAFFLE_CACHE_NAME = "flags"

# --- Sign-in -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["carecollective.accounts.sign_in.MemberBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/home/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "carecollective.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD, ACCOUNT_USER_MODEL_EMAIL_FIELD = None, "email"
ACCOUNT_EMAIL_VERIFICATION = "none"  # the members table itself says who has confirmed: docs/decisions/0013-joining.md
ACCOUNT_RATE_LIMITS = False  # one counter of our own for page, API and admin: see carecollective.ground.limits
ACCOUNT_FORMS = {"login": "carecollective.accounts.pages.sign_in_forms.SignInForm"}
MFA_ADAPTER = "carecollective.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {"authenticate": "carecollective.accounts.pages.sign_in_forms.SecondStepForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # clocks of phones are half a minute off; no code works twice all the same

SESSION_ENGINE = "carecollective.accounts.sessions"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "carecollective.web.errors.csrf_failure"
_is_https = PUBLIC_URL.startswith("https://")
if _is_https:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^api/health", r"^metrics$"]  # asked from inside, without the proxy
    if NUM_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How far browsers remember for a year that https is a must: not at all, this host, all hosts below it, their own list.
HSTS = env.one_of(
    "HSTS", ("host", "off", "subdomains", "preload") if _is_https else ("off", "host", "subdomains", "preload")
)
if HSTS != "off" and not _is_https:
    raise ImproperlyConfigured("HSTS can be on only where PUBLIC_URL begins with https://.")
SECURE_HSTS_SECONDS = 0 if HSTS == "off" else int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS in ("subdomains", "preload")
SECURE_HSTS_PRELOAD = HSTS == "preload"
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W005", "security.W021"]  # they ask for more than was said
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- The API -------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "carecollective.web.api.authentication.TokenAuthentication",
        "carecollective.web.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["carecollective.web.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "carecollective.web.problems.as_problem",
    "COERCE_DECIMAL_TO_STRING": False,
    "URL_FORMAT_OVERRIDE": None,
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=30), "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = OPENAPI | {"VERSION": VERSION, "ENUM_NAME_OVERRIDES": ENUM_NAMES}
# A form or an upload larger than this is refused before it is read into memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- Languages and time --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "America/Chicago")

# --- Static files and mail -----------------------------------------------------------------------------------------
STATIC_URL, STATIC_ROOT = "/static/", BASE_DIR / "var" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "carecollective.web.static_files.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", "care@localhost")
EMAIL_FILE_PATH = BASE_DIR / "var" / "mail"
EMAIL_TIMEOUT = 10  # seconds
vars().update(env.mail("EMAIL_URL") or {"EMAIL_BACKEND": "carecollective.told.mail.folder.FolderBackend"})

# --- Jobs ----------------------------------------------------------------------------------------------------------
PROCRASTINATE_ON_APP_READY = "carecollective.ground.jobs.connect"
# How often a worker looks by itself, for what nobody came to say: less than the five seconds that are promised.
PROCRASTINATE_WORKER_DEFAULTS = {"fetch_job_polling_interval": 4.0}
# What fell due while no worker ran is done when one starts, once for each task.
PROCRASTINATE_PERIODIC_DEFAULTS = {"max_delay": timedelta(days=7).total_seconds()}
