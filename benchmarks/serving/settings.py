"""The product's settings as they are in production; only where it keeps its files is ours, and what else is served."""

import os
from pathlib import Path

from carecollective.settings import *  # noqa: F403
from carecollective.settings import BASE_DIR

ROOT_URLCONF = "benchmarks.serving.null"
STATIC_ROOT = BASE_DIR / "var" / "bench" / "static"
EMAIL_FILE_PATH = Path(os.environ["BENCHMARKS_FOLDER"]) / "mail"
