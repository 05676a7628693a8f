"""Names by content (cache busting) for our scripts' imports of each other too, so a year of caching holds for all.

And what only the readers of a script need, its comments and indentation, is not served (minification).
"""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = (r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";')
# Whole lines, and what lines begin with; no text of ours goes over several lines. Where the address is empty, Django
# puts back what was `matched`: nothing.
FOR_READERS = r"(?P<matched>)(?P<url>)(?m:^[ \t]*(?:/\*\*(?s:.*?)\*/\n|//.*\n|\n|(?=\S)))"


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Ours alone: what Django itself would offer (support_js_module_import_aggregation) reads libraries' files too."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("carecollective/*.js", (IMPORT, FOR_READERS)))
