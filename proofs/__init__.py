"""Whether what is promised holds while everything breaks, and whether that would be noticed. `script/prove` is the
command; a promise that is broken, and a planted fault that nobody sees, is its exit status.

__main__.py   the command
proof.py      what a proof is: a promise, what breaks and how often, and the fault that must be seen
oracle.py     what of a run is wrong, judged by what was acknowledged and what the database holds
ground.py     a database, server processes and a mail server of our own, on which one proof comes after the other
load.py       those who call while things break
planted.py    a server process with one fault in it
people.py     a program that fills the database with those who call
document.py   docs/proof.md
chaos/        the proofs, one module each; CHAOS is their list
long.py       the long forms of tests that stand elsewhere
rolling.py    two releases behind nginx, for the proof `upgrade`
before.py     the tests of the release before on the tables of this one, for the proof `before`
operations/   docs/operations.md typed on a bare Debian in a folder, for the proof `operations`
"""
