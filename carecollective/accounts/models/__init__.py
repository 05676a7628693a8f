"""What the database holds of members: one file for each of its tables (the models of this app)."""

from carecollective.ground.texts import REASON_LENGTH

from .acceptance import Acceptance
from .block import Block, BlockQuerySet, may_talk_with
from .grave_act import GraveAct
from .impersonation import ImpersonationAttempt
from .member import APPLICATION_MAX, TIME_TO_STAY, TOWN_MAX, Member

__all__ = [
    "APPLICATION_MAX",
    "REASON_LENGTH",
    "TIME_TO_STAY",
    "TOWN_MAX",
    "Acceptance",
    "Block",
    "BlockQuerySet",
    "GraveAct",
    "ImpersonationAttempt",
    "Member",
    "may_talk_with",
]
