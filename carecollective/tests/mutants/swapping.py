"""A mutant in a process that has loaded everything: its functions get the mutant's code, and nothing is imported again.

What stands outside of functions was done when the module was imported: such a mutant needs a process of its own.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType

Functions = dict[tuple[str, int], list[FunctionType]]


class NeedsAnImport(Exception):
    """This change takes effect where the module is imported, and nowhere else."""


def functions_of(filename: str) -> Functions:
    """Each function that lives and was written in this file, by its name and line, whatever wraps it."""
    found: Functions = defaultdict(list)
    for each in gc.get_objects():
        # Not isinstance: that asks an object that is made when somebody asks for it.
        if type(each) is FunctionType and each.__code__.co_filename == filename:
            found[each.__code__.co_qualname, each.__code__.co_firstlineno].append(each)
    return found


def swaps(
    old: CodeType, new: CodeType, live: Functions, within: bool = False
) -> Iterator[tuple[FunctionType, CodeType]]:
    """Which functions get which code, so that the module does what it would if `new` had been imported.

    Raises NeedsAnImport.
    """
    if _whole(old) == _whole(new):
        return
    functions = live.get((old.co_qualname, old.co_firstlineno), [])
    if not functions and not within and _own(old) != _own(new):
        raise NeedsAnImport
    for function in functions:
        if function.__code__.co_freevars != new.co_freevars:
            raise NeedsAnImport
        yield function, new
    for before, after in zip(inside(old), inside(new), strict=False):
        yield from swaps(before, after, live, within or bool(functions))


def inside(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """What it does, without the code inside of it, and without line numbers."""
    constants = [(type(each), each) for each in code.co_consts if not isinstance(each, CodeType)]
    return (
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        len(inside(code)),
        repr(constants),
    )


def _whole(code: CodeType) -> tuple[object, ...]:
    return (*_own(code), *map(_whole, inside(code)))
