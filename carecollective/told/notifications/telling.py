"""A notice that is told by the very statement that writes what it tells of: one round trip for both."""

from typing import Any

from carecollective.ground import wake
from carecollective.ground.identity import proof_of_the_system
from carecollective.ground.purposes import Purpose
from carecollective.told import kinds, queue
from carecollective.told.kinds import What

from .services import log


class Telling:
    """Of an event that has one reader. A function of the database is given the `values`, and `heard` what it says."""

    def __init__(self, what: What) -> None:
        reader = kinds.only_reader(what)
        self.kind = kinds.kind_told(what, reader).code
        self.is_done = False
        self.values: dict[str, Any] = {
            "proof": proof_of_the_system(Purpose.TELL),
            "of_kind": self.kind,
            "happened": str(what),
            "read_as": str(reader),
            "due": queue.due_at(self.kind),
        }

    def call(self, function: str, about: str) -> str:
        """In SQL, about a column or a value."""
        return f"{function}({about}, {', '.join(f'{name} => %({name})s' for name in self.values)})"

    def heard(self, transaction_id: int | None, is_new: bool | None, failure: str | None, no_mail: str | None) -> None:
        """What came of it. As with `tell`, a failure is logged and undoes nothing."""
        self.is_done = True
        wake.say_after_commit(transaction_id)
        if failure:
            log.error("A member could not be told of %s: %s.", self.kind, failure)
        if is_new:
            queue.queued(self.kind, no_mail)
