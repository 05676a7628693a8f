"""Mutation testing: small faults planted one after the other in the code that promises most, and each must be caught.

`script/mutants` runs it. What is mutated, and which tests guard it, stands in `guards.toml`; what survives, and why
that may be, in `survivors.toml`; what came of it in docs/mutants.md.
"""
