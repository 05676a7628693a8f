"""Which functions of a module each test calls: every function is made to say so, by a call in front of what it does."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType

from carecollective.tests.mutants.swapping import Functions, inside

SAY = "__reached__"


def say_who_is_called(filename: str, live: Functions, note: Callable[[str], None]) -> None:
    """From here on `note` hears the qualified name of each function of this file that is called."""
    tree = ast.fix_missing_locations(_Saying().visit(ast.parse(Path(filename).read_text())))
    for code in _all(compile(tree, filename, "exec")):
        for function in live.get((code.co_qualname, code.co_firstlineno), []):
            function.__globals__[SAY] = lambda: note(sys._getframe(1).f_code.co_qualname)
            if function.__code__.co_freevars == code.co_freevars:
                function.__code__ = code


class _Saying(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        place = int(ast.get_docstring(node) is not None)
        node.body.insert(place, ast.copy_location(ast.Expr(_call()), node.body[0]))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        both = ast.Tuple([_call(), node.body], ast.Load())
        node.body = ast.copy_location(ast.Subscript(both, ast.Constant(1), ast.Load()), node.body)
        return node


def _call() -> ast.Call:
    return ast.Call(ast.Name(SAY, ast.Load()), [], [])


def _all(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in inside(code):
        yield from _all(each)
