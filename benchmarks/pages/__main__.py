"""script/pages [--pictures | --every-picture FOLDER] [--lighthouse PROGRAM]"""

import argparse
import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from . import pictures, weights
from .people import MEASURED, People
from .site import ROOT, running

DOCUMENTS = ROOT / "docs" / "pictures"


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/pages", description="Weighs the pages, or takes pictures of them.")
    parser.add_argument("--pictures", action="store_true", help="make the pictures of README and docs anew")
    parser.add_argument(
        "--every-picture", type=Path, metavar="FOLDER", help="every page, wide and narrow, light and dark"
    )
    parser.add_argument("--lighthouse", metavar="PROGRAM", help='its scores too, such as "npx lighthouse"')
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("This needs Chromium: apt-get install chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with running() as origin, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=arguments)
        people = People(browser, origin, program=chromium, arguments=arguments)
        if options.pictures:
            DOCUMENTS.mkdir(exist_ok=True)
            pictures.for_documents(people, DOCUMENTS)
        elif options.every_picture:
            options.every_picture.mkdir(parents=True, exist_ok=True)
            pictures.every_page(people, options.every_picture)
        else:
            _weigh(people, options.lighthouse)
        browser.close()


def _weigh(people: People, program: str | None) -> None:
    lines, all_met = weights.table(people)
    for line in lines:
        print(" | ".join(line))
    if program:
        for place in MEASURED:
            scores = weights.lighthouse(program, people, place)
            print(place.name, *(f"{name} {score}" for name, score in scores.items()), sep=" | ")
    if not all_met:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
