"""Pages travel compressed: on a slow network most of the wait is their words (Brotli, else gzip)."""

import re
import secrets

import brotli
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

ENCODINGS = ("br", "gzip")  # the better one first
QUALITY = 5  # it takes as long as gzip does, and gives a twentieth less
WINDOW = 18  # bits: no page is longer
WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)


class CompressedPagesMiddleware(GZipMiddleware):
    """Django's own, for pages alone, with Brotli beside it. Whoever comes after this reads in Accept-Encoding what was
    chosen, for static files too.

    How small a page gets must not tell what it holds (the BREACH attack): each length varies at random, no page
    shows a secret beside words from its address, and its form tokens are different every time. What programs read
    stays as it is.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.META["HTTP_ACCEPT_ENCODING"] = preferred(request.META.get("HTTP_ACCEPT_ENCODING", ""))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        if request.META["HTTP_ACCEPT_ENCODING"] != "br" or not isinstance(response, HttpResponse):
            return super().process_response(request, response)
        if not response.has_header("Content-Encoding"):
            patch_vary_headers(response, ("Accept-Encoding",))
            smaller = packed(response.content, secrets.randbelow(self.max_random_bytes) + 1)
            if len(smaller) < len(response.content):
                response.content = smaller
                response["Content-Length"], response["Content-Encoding"] = str(len(smaller)), "br"
        return response


def preferred(accepted: str) -> str:
    """Which of ours the header Accept-Encoding likes best; empty where it likes its answers plain."""
    weights = dict(_weights(accepted))
    others = weights.get("*", 0.0)
    least = weights.get("identity", 0.0)
    liked = {name: weights.get(name, others) for name in ENCODINGS}
    best = max(ENCODINGS, key=lambda name: liked[name])  # of two alike the first
    return best if liked[best] > 0 and liked[best] >= least else ""


def _weights(accepted: str) -> list[tuple[str, float]]:
    """A weight that is none counts as nothing."""
    parts = (part.partition(";") for part in accepted.lower().split(","))
    return [(name.strip(), _weight(weight) if parted else 1.0) for name, parted, weight in parts]


def _weight(given: str) -> float:
    found = WEIGHT.fullmatch(given)
    return float(found[1]) if found else 0.0


def packed(content: bytes, padding: int) -> bytes:
    """Brotli, with so many bytes (1 to 256) that no reader sees: a block of metadata (RFC 7932, 9.2)."""
    compressor = brotli.Compressor(mode=brotli.MODE_TEXT, quality=QUALITY, lgwin=WINDOW)
    whole = compressor.process(content) + compressor.flush()  # which ends at a whole byte
    head = 0b0110 | 1 << 4 | (padding - 1) << 6  # not the last block; metadata; its length has one byte; its length
    return bytes(whole + head.to_bytes(2, "little") + bytes(padding) + compressor.finish())
