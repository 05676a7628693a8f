"""The mutants of a module: mutmut's operators, and a few of our own for code that is mostly calls and conditions.

mutmut's own runner passes over every function with a decorator, which is each of our verbs (`@transaction.atomic`), and
over what stands outside of functions. So its operators are taken, and neither its files nor its runner.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import libcst as cst
from mutmut.mutation import mutators

ROOT = Path(__file__).resolve().parents[3]
# What only makes it faster, types it or says it to people: without it the same rows are found, and the same is decided.
SAID = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
QUIET = SAID | {
    "acting_as_system",
    "cast",
    "TypeVar",
    "select_related",
    "prefetch_related",
    "only",
    "defer",
    "iterator",
}
QUIET |= {"debug", "info", "warning", "exception"}  # of a logger
QUIET |= {"acting_as_system"}  # why: for whoever reads the log of the database
NOT_MUTATED = cst.Import | cst.ImportFrom | cst.Annotation | cst.Decorator
Operator = Callable[[Any], Iterable[cst.CSTNode]]
AN_ALIAS = cst.TypeAlias | cst.TypeParameters


@dataclass(frozen=True)
class Mutant:
    """One fault: `old` of this module's tree with `new` in its place, or whatever else `code` makes of the text."""

    path: str
    function: str
    tree: cst.Module
    old: cst.CSTNode
    new: cst.CSTNode
    is_in_a_function: bool

    @cached_property
    def code(self) -> str:
        return cst.ensure_type(self.tree.deep_replace(self.old, self.new), cst.Module).code

    @cached_property
    def change(self) -> tuple[str, str]:
        """The lines that were there, and those in their place, each as one."""
        return changed_lines(self.tree.code, self.code)


@dataclass(frozen=True)
class Planted:
    """A fault that somebody wrote down: one piece of a module's text, and what stands in its place."""

    path: str
    before: str
    after: str
    function: str = "planted by hand"

    @property
    def code(self) -> str:
        there = (ROOT / self.path).read_text()
        if there.count(self.before) != 1:
            raise ValueError(f"{self.path} has {self.before!r} {there.count(self.before)} times, and not once.")
        return there.replace(self.before, self.after)

    @property
    def change(self) -> tuple[str, str]:
        return changed_lines((ROOT / self.path).read_text(), self.code)


def changed_lines(before: str, after: str) -> tuple[str, str]:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    sides = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    gone, come = (" ".join(side) for side in sides)
    return gone, come


def mutants_of(path: str) -> list[Mutant]:
    """Each mutant of the module, in the order of its lines; none twice."""
    tree = cst.parse_module((ROOT / path).read_text())
    visitor = _Visitor()
    tree.visit(visitor)
    return [Mutant(path, function, tree, old, new, inside) for function, old, new, inside in visitor.found]


class _Visitor(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[str, cst.CSTNode, cst.CSTNode, bool]] = []
        self.inside: list[str] = []
        self.in_function = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, NOT_MUTATED | AN_ALIAS) or _is_docstring(node) or _is_for_types(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self.inside.append(node.name.value)
            self.in_function += isinstance(node, cst.FunctionDef)
        if isinstance(node, cst.Call) and _name(node.func) in QUIET:
            node.func.visit(self)  # what it is asked of is no less worth trying
            return False
        where = ".".join(self.inside) or "the module"
        self.found += [(where, node, new, self.in_function > 0) for new in self._made_of(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self.inside.pop()
            self.in_function -= isinstance(original_node, cst.FunctionDef)

    def visit_FunctionDef_params(self, node: cst.FunctionDef) -> None:
        """A default is made where the function is, and not when it is called."""
        self.in_function -= 1

    def leave_FunctionDef_params(self, node: cst.FunctionDef) -> None:
        self.in_function += 1

    def _made_of(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        for kind, operator in [*OPERATORS, *(IN_FUNCTIONS if self.in_function else [])]:
            if isinstance(node, kind):
                yield from operator(node)


# --- Operators ------------------------------------------------------------------------------------------------------


def another_string(node: cst.SimpleString) -> Iterator[cst.CSTNode]:
    """Another one, once: in upper and lower case it would be another one too."""
    yield from list(mutators.operator_string(node))[:1]


def without_an_argument(node: cst.Call) -> Iterator[cst.CSTNode]:
    """A named one is left out, any other is None. `len` and `isinstance` can only fail then."""
    if _name(node.func) in {"len", "isinstance", "super"}:
        return
    for place, argument in enumerate(node.args):
        others = [*node.args[:place], *node.args[place + 1 :]]
        if argument.keyword or argument.star:
            yield node.with_changes(args=others)
        elif not (_is_none(argument.value) or _is_said(argument.value)):
            none = argument.with_changes(value=cst.Name("None"))
            yield node.with_changes(args=[*node.args[:place], none, *node.args[place + 1 :]])


def the_other_way(node: cst.If | cst.IfExp | cst.CompIf | cst.While) -> Iterator[cst.CSTNode]:
    """What mutmut turns by itself (a comparison with `==`, `in` or `is`, a `not`) is not turned twice."""
    turned_already = (cst.Equal, cst.NotEqual, cst.In, cst.NotIn, cst.Is, cst.IsNot)
    test = node.test
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return
    if isinstance(test, cst.Comparison) and isinstance(test.comparisons[0].operator, turned_already):
        return
    bracketed = test.with_changes(lpar=[cst.LeftParen(), *test.lpar], rpar=[*test.rpar, cst.RightParen()])
    turned = cst.UnaryOperation(cst.Not(), bracketed)
    yield node.with_changes(test=turned, **_with_a_space(node))


def undone(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    """A call whose value nobody takes, or a refusal, is left out."""
    (statement, *more) = node.body
    is_call = isinstance(statement, cst.Expr) and not _is_docstring(node) and not isinstance(statement.value, cst.Yield)
    if not more and (is_call or isinstance(statement, cst.Raise | cst.AugAssign)) and not _is_quiet(statement):
        yield node.with_changes(body=[cst.Pass()])


def nothing_to_return(node: cst.Return) -> Iterator[cst.CSTNode]:
    if node.value is not None and not _is_none(node.value):
        yield node.with_changes(value=cst.Name("None"), whitespace_after_return=cst.SimpleWhitespace(" "))


OPERATORS: list[tuple[Any, Operator]] = [
    (cst.Integer | cst.Float, mutators.operator_number),
    (cst.SimpleString, another_string),
    (cst.Name, mutators.operator_name),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.Call, without_an_argument),
    (cst.Call, mutators.operator_symmetric_string_methods_swap),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
    (cst.Match, mutators.operator_match),
    (cst.If | cst.IfExp | cst.CompIf | cst.While, the_other_way),
]
# Outside of functions these break the import, which says nothing of a test.
IN_FUNCTIONS: list[tuple[Any, Operator]] = [
    (cst.Assign | cst.AnnAssign, mutators.operator_assignment),
    (cst.SimpleStatementLine, undone),
    (cst.Return, nothing_to_return),
]


def _name(node: cst.BaseExpression) -> str:
    return node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", "")


def _is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _is_said(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and _name(node.func) in SAID


def _is_docstring(node: cst.CSTNode) -> bool:
    texts = cst.SimpleString | cst.ConcatenatedString
    return (
        isinstance(node, cst.SimpleStatementLine)
        and isinstance(node.body[0], cst.Expr)
        and isinstance(node.body[0].value, texts)
    )


def _is_for_types(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.If) and isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING"


def _is_quiet(statement: cst.BaseSmallStatement) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, cst.Call) and _name(value.func) in QUIET


def _with_a_space(node: cst.CSTNode) -> dict[str, cst.SimpleWhitespace]:
    """`if(a)` has none before its condition, and `not` needs one."""
    before = {cst.If: "whitespace_before_test", cst.CompIf: "whitespace_before_test", cst.IfExp: "whitespace_after_if"}
    name = before.get(type(node), "whitespace_after_while")
    return {name: cst.SimpleWhitespace(" ")}
