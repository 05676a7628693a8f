"""What is left of a script when it is served is still a script."""

import pytest

from carecollective.tests.test_static_files import as_served, collected

pytestmark = pytest.mark.browser
# Where it stands its imports lead nowhere, and the page is empty: both are met only once the whole was understood.
RUN = """
async script => {
  try { await import(`data:text/javascript,${encodeURIComponent(script)}`); }
  catch (error) { return error.name; }
}
"""


def test_a_browser_understands_every_script_as_it_is_served(chromium, tmp_path):
    page = chromium.new_page()
    found = {name: page.evaluate(RUN, script.decode()) for name, script in as_served(collected(tmp_path)).items()}

    assert page.evaluate(RUN, "const = 1;") == "SyntaxError"
    assert [name for name, error in found.items() if error == "SyntaxError"] == []
    page.close()
