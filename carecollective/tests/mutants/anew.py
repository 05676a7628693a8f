"""One run of tests in a process of its own, in which one module is read from another file: for what an import does.

`python -m carecollective.tests.mutants.anew MODULE FILE TEST...` ends with pytest's code.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest

from carecollective.tests.mutants.testing import ARGUMENTS, OwnDatabase


class Elsewhere(SourceFileLoader):
    """The module as it is, but for its text."""

    def __init__(self, name: str, path: str, text: str):
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec")  # and never from what was compiled before


class Finder:
    def __init__(self, name: str, text: str):
        self.name, self.text = name, text

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec
        assert spec.origin
        spec.loader = Elsewhere(name, spec.origin, self.text)
        return spec


if __name__ == "__main__":
    _, module, file, *tests = sys.argv
    sys.meta_path.insert(0, Finder(module, Path(file).read_text()))
    sys.exit(pytest.main([*ARGUMENTS, "-x", *tests], plugins=[OwnDatabase()]))
