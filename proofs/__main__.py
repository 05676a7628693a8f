"""script/prove [--quick] [--plant] [--times N] [--into FILE] [--list] [NAME…]"""

import os

os.environ |= {"DJANGO_SETTINGS_MODULE": "carecollective.settings", "DEBUG": "1"}

import argparse
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import django

django.setup()

from carecollective.tests import unchecked  # noqa: E402
from proofs import document, long  # noqa: E402 (these need the settings)
from proofs.chaos import CHAOS  # noqa: E402
from proofs.ground import Grounds  # noqa: E402
from proofs.proof import Outcome, Proof, Proven, said  # noqa: E402

PROOFS = {proof.name: proof for proof in [*CHAOS, *long.LONG]}
PAGE = Path(__file__).resolve().parents[1] / "docs" / "proof.md"


def main() -> int:
    """The exit status: 1 where a promise is broken, or a planted fault was not seen."""
    options = _options()
    proofs = [PROOFS[name] for name in options.names] or CHAOS
    if options.list:
        print("\n".join(f"{proof.name:12} {proof.promise}" for proof in PROOFS.values()))
        return 0
    made = document.made_on()  # whatever is committed meanwhile
    with Grounds() as grounds:
        proven = _proven(proofs, options, grounds)
    if not options.plant:
        document.write(options.into, proven, made)
    failures = [failure for each in proven for failure in each.failures]
    print("\n".join(failures or ["Every promise holds, and every planted fault was seen."]))
    return 1 if failures else 0


def _proven(proofs: list[Proof], options: argparse.Namespace, grounds: Grounds) -> list[Proven]:
    """First all of them sound, then with their faults: so the processes of the site are seldom begun anew."""
    times = {proof.name: options.times or (proof.quick if options.quick else proof.full) for proof in proofs}
    why_not = {proof.name: _why_not(proof) for proof in proofs}
    made: dict[tuple[str, bool], Outcome] = {}
    for planted in [True] if options.plant else [False, True]:
        for proof in (each for each in proofs if not why_not[each.name]):
            often = proof.quick if planted else times[proof.name]
            made[proof.name, planted] = _outcome(proof, often, planted, grounds)
    return [
        Proven(
            proof, times[proof.name], made.get((proof.name, False)), made.get((proof.name, True)), why_not[proof.name]
        )
        for proof in proofs
    ]


def _why_not(proof: Proof) -> str:
    """Said here, on the page, and at the end of script/test."""
    if why_not := proof.why_not():
        print(f"{proof.name}: not made here: {why_not}", flush=True)
        unchecked.note("skipped", f"the proof `{proof.name}`")
    return why_not


def _outcome(proof: Proof, times: int, planted: bool, grounds: Grounds) -> Outcome:
    """What a run came to. One that could not be made is wrong where it is sound, and sees no fault where it is not."""
    began = time.monotonic()
    try:
        outcome = proof.run(None if proof.stands_alone else grounds.now(), times, planted)  # type: ignore[arg-type]
    except Exception as error:
        traceback.print_exc()
        grounds.leave()
        broken = {f"not made to its end ({error!r:.200})": 1}
        outcome = Outcome(broken) if planted else Outcome(wrong=broken)  # type: ignore[arg-type]
    told = f"{'planted' if planted else 'sound':8}{proof.name:12} {time.monotonic() - began:4.0f} s  "
    print(f"{told}{said(outcome.figures)}; wrong: {said(outcome.wrong) or 'nothing'}", flush=True)
    return outcome


def _options() -> Any:
    parser = argparse.ArgumentParser(
        prog="script/prove", description="Breaks everything while members write, and says what that did to them."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(PROOFS)}")
    parser.add_argument("--quick", action="store_true", help="each thing breaks a few times alone, as CI does it")
    parser.add_argument("--plant", action="store_true", help="only with the faults planted, and writes no page")
    parser.add_argument("--times", type=int, metavar="N", help="each thing breaks so often")
    parser.add_argument("--into", type=Path, default=PAGE, metavar="FILE", help="write the page there")
    parser.add_argument("--list", action="store_true", help="which proofs there are")
    options = parser.parse_args()
    if unknown := set(options.names) - PROOFS.keys():
        parser.error(f"there is no proof {', '.join(sorted(unknown))}; there are {', '.join(PROOFS)}")
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # in order: processes, folders and the small disk go too
    sys.exit(main())
