"""Two databases of which one is the primary, and every way in which the other takes its place."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.tests.waiting import eventually
from proofs.cluster.machine import Machine, why_not
from proofs.cluster.machines import Cluster, a_cluster
from proofs.cluster.site import ClusteredSite, OpenPage
from proofs.ground import STAGE
from proofs.load import Load, under_load
from proofs.post import DeadlyServer
from proofs.proof import Outcome, Proof

KILLS_IN_FULL = 10
LONGEST_GAP = 30  # seconds
LONGEST_CATCHING_UP = 60  # seconds
A_PIECE = bytes(1_000_000)
WRITTEN_THERE = "SELECT id::text FROM messages_v2 WHERE conversation_id = '{conversation}'"
CONFIRMED = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
# Nothing of what is written from here on reaches the standby.
NO_MORE_REPLICATION = (
    "SET synchronous_commit = local; ALTER ROLE replicator NOLOGIN",
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_replication",
)


class Clustered:
    """What the load takes for a ground."""

    def __init__(self, cluster: Cluster, site: ClusteredSite) -> None:
        self.database, self.site = cluster, site

    def stage(self) -> object:
        return self.database.rows(STAGE)


@contextmanager
def _standing() -> Iterator[Clustered]:
    with ExitStack() as stack:
        place = stack.enter_context(a_place())
        mail = stack.enter_context(DeadlyServer())
        cluster = stack.enter_context(a_cluster(place))
        site = ClusteredSite(cluster, place, mail.port)
        stack.callback(site.end)
        yield Clustered(cluster, site)


def fail_over(_: Any, times: int, planted: bool) -> Outcome:
    outcome = Outcome()
    with _standing() as ground, OpenPage(ground.site) as page:
        if planted:
            ground.database.configure(synchronous_mode=False)
            eventually(lambda: not ground.database.rows(CONFIRMED))
        with under_load(ground, outcome) as load:  # type: ignore[arg-type]
            outcome.figures["primaries killed"] = times
            for _ in range(times):
                _lose_the_primary(ground, load, _killed_unconfirmed if planted else _killed)
            outcome.wrong += _too_long(load)
            if times >= KILLS_IN_FULL:
                outcome.figures["longest while they were"] = f"{load.worst_gap:.1f} s"
                outcome.figures |= _lose_more(ground, load)
        outcome.wrong += _not_seen(ground, page)
    return outcome


Harm = Callable[[Clustered, Load, Machine], Any]


def _lose_the_primary(ground: Clustered, load: Load, harm: Harm) -> None:
    """Until everybody goes on with the other, jobs too, and the old one follows it."""
    cluster, primary = ground.database, ground.database.primary()
    load.wait_for(8)
    come_back = harm(ground, load, primary)
    eventually(lambda: cluster.says(cluster.other_than(primary), "/primary") == 200)
    load.wait_for_everybody()
    ground.site.wait_for_a_job()
    come_back()
    cluster.wait_until_whole()
    load.wait_for_everybody()


def _killed(ground: Clustered, load: Load, primary: Machine) -> Any:
    primary.die()
    return primary.switch_on


def _killed_unconfirmed(ground: Clustered, load: Load, primary: Machine) -> Any:
    """After some more messages of which the standby has heard nothing. It stays away."""
    for statement in NO_MORE_REPLICATION:
        ground.database.rows(statement)
    load.wait_for(8)
    primary.die()

    def come_back() -> None:
        ground.database.rows("ALTER ROLE replicator LOGIN")
        primary.switch_on()
        ground.database.configure(synchronous_mode=True)

    return come_back


def _cut_off(ground: Clustered, load: Load, primary: Machine) -> Any:
    """It answers nobody, and wakes up in the belief that it is the primary."""
    primary.freeze()
    return primary.thaw


def _lose_more(ground: Clustered, load: Load) -> dict[str, Any]:
    """What is rarer than a machine that dies. How often each was done."""
    _lose_the_primary(ground, load, _cut_off)
    standby = ground.database.other_than(ground.database.primary())
    standby.freeze()
    load.wait_for_everybody()  # from when on nobody counts on it any more
    standby.thaw()
    ground.database.wait_until_whole()
    return {"primaries cut off": 1, "standbys cut off": 1, "disks full": _fill_a_disk(ground, load)}


def _fill_a_disk(ground: Clustered, load: Load) -> int:
    """The primary's, until callers are told. Nothing where no small disk could be made."""
    disk, told = ground.database.primary().disk, load.answers[503]
    if not disk.is_mount():
        return 0
    ballast = disk / "ballast"

    def is_told() -> bool:
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while file.write(A_PIECE):
                pass
        return bool(load.answers[503] > told or load.wrong)

    eventually(is_told)
    ballast.unlink()
    ground.database.wait_until_whole()
    load.wait_for_everybody()
    return 1


def _too_long(load: Load) -> Counter[str]:
    return Counter({f"waits of more than {LONGEST_GAP} s": 1} if load.worst_gap > LONGEST_GAP else {})


def _not_seen(ground: Clustered, page: OpenPage) -> Counter[str]:
    """What the open page has not, without a hand, and what it has twice."""
    question = WRITTEN_THERE.format(conversation=page.client.person["conversation"])
    written, shown = {row[0] for row in ground.database.rows(question)}, page.client.messages
    with suppress(AssertionError):  # counted below
        eventually(lambda: written <= set(shown), LONGEST_CATCHING_UP)
    twice = len(shown) - len(set(shown))
    return +Counter({"messages not on an open page": len(written - set(shown)), "messages twice on it": twice})


PROOF = Proof(
    name="cluster",
    promise="The primary of a cluster is killed, with its Patroni and etcd: the standby takes its place, nothing "
    f"acknowledged is lost or doubled, nobody waits for more than {LONGEST_GAP} s, and pages, sockets, jobs and the "
    "old primary come back by themselves. In full it is cut off too (frozen), so is the standby, and a disk is full",
    fault="a standby that the primary does not wait for (synchronous_mode: false)",
    run=fail_over,
    quick=1,
    full=KILLS_IN_FULL,
    why_not=why_not,
    stands_alone=True,
)
