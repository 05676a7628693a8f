"""The proofs of what holds while everything breaks, in the order in which they are made."""

from proofs.chaos import (
    backends,
    clock,
    connections,
    disk,
    endings,
    jobs,
    listener,
    locks,
    mail,
    offers,
    postmaster,
    sockets,
    web,
)

CHAOS = [
    each.PROOF
    for each in (
        # First those whose faults are none of a process, for which nothing has to be started anew.
        sockets,
        listener,
        postmaster,
        web,
        locks,
        connections,
        backends,
        jobs,
        mail,
        offers,
        endings,
        clock,
        disk,
    )
]
