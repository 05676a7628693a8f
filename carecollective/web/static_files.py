"""Names by content (cache busting) for our scripts' imports of each other too, so a year of caching holds for all.

What only the readers of a script need, its comments and indentation, is not served (minification). Each file is
compressed once, with Brotli and with gzip.
"""

from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = (r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";')
LONG, BEST, GOOD = 60_000, 11, 9  # bytes; and Brotli's qualities
COMPRESSED_BY = f"brotli {brotli.__version__} {LONG} {BEST} {GOOD}"  # what was made otherwise is made anew
# Whole lines, and what lines begin with; no text of ours goes over several lines. Where the address is empty, Django
# puts back what was `matched`: nothing.
FOR_READERS = r"(?P<matched>)(?P<url>)(?m:^[ \t]*(?:/\*\*(?s:.*?)\*/\n|//.*\n|\n|(?=\S)))"


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Ours alone: what Django itself would offer (support_js_module_import_aggregation) reads libraries' files too."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("carecollective/*.js", (IMPORT, FOR_READERS)))

    def create_compressor(self, **options: Any) -> Compressor:
        return StaticFilesCompressor(**options)


class StaticFilesCompressor(Compressor):
    """The best for what members load. For libraries' long files, which only the team loads, it takes too long."""

    def should_compress(self, filename: str) -> bool:
        return super().should_compress(filename) and not filename.endswith(".map")  # for who looks into a script

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BEST if len(data) < LONG else GOOD))
