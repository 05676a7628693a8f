"""Names by content (cache busting) for our scripts' imports of each other too, so a year of caching holds for all."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = (r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";')


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Ours alone: what Django itself would offer (support_js_module_import_aggregation) reads libraries' files too."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("carecollective/*.js", (IMPORT,)))
