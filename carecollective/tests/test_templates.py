"""Templates can be read and reviewed: no line is longer than a screen."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 200


def test_no_line_of_a_template_is_too_long():
    templates = list(ROOT.glob("templates/**/*.html"))
    long = {
        f"{path.relative_to(ROOT)}:{number}": len(line)
        for path in templates
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST
    }

    assert len(templates) > 100
    assert long == {}
