"""The long forms of tests that stand elsewhere: each is a proof by its name, and no part of a run of all."""

from proofs.proof import Proof

LONG: list[Proof] = []
