"""A member hears of a grave act on their account: when it is asked for, and when it is done."""

from carecollective.accounts.models import GraveAct
from carecollective.told.kinds import What

from . import services


def tell(act: GraveAct, moment: str) -> None:
    """Once for each moment, which is "asked" or "done"."""
    if act.subject_id:
        what = What.ACT_DONE if moment == "done" else What.ACT_ASKED
        services.tell(what, act.subject_id, about=f"{act.pk} {moment}")
