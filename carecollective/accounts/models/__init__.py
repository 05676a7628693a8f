"""What the database holds of members: one file for each of its tables (the models of this app)."""

from .acceptance import Acceptance
from .block import Block, BlockQuerySet, may_talk_with
from .grave_act import GraveAct
from .impersonation import ImpersonationAttempt
from .member import TIME_TO_STAY, Member

__all__ = [
    "TIME_TO_STAY",
    "Acceptance",
    "Block",
    "BlockQuerySet",
    "GraveAct",
    "ImpersonationAttempt",
    "Member",
    "may_talk_with",
]
