"""What the API's description says of itself, and how it is drawn (the OpenAPI schema)."""

OPENAPI = {
    "TITLE": "Care Collective",
    "DESCRIPTION": (
        "Help requests, offers and private conversations between neighbors. Every call stands for the member who "
        "signed in; errors are application/problem+json (RFC 9457). Enumerations are open: a program takes values and "
        "fields that it does not know."
    ),
    "TAGS": [
        {"name": "auth", "description": "Signing in and out."},
        {"name": "me", "description": "One's own account."},
        {"name": "help-requests", "description": "What members ask for, and what becomes of it."},
        {"name": "messaging", "description": "Offers of help and private conversations."},
        {"name": "members", "description": "What one member wants of another: nothing, where there is a block."},
        {"name": "notifications", "description": "What a member was told."},
        {"name": "health", "description": "Is it up? For monitors."},
        {"name": "schema", "description": "This description, for programs."},
        {"name": "docs", "description": "This description, for people."},
    ],
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api",
    # In place of the labels of our pages, which are for members: `values`.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "carecollective.web.api.schema.explain_values",
    ],
}
