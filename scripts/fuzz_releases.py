"""Fuzz the readers for as long as wanted: python scripts/fuzz_releases.py --minutes 10 [--first 100000] [--keep FOLDER].

Mutants run in a child process. One that raises, takes longer than --seconds, or lifts the child's memory over --megabytes is a
finding: it is told, kept, and the child is started anew behind it. Ends with 1 where there was one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 10
"""Times the seconds that a mutant may have of the processor, it may have of the clock: the machine may be busy."""
BATCH = 2_000
"""Mutants that a child runs before it is started anew: what one leaves behind shall not be blamed on another."""


def main() -> int:
    """Run mutants until the time is over."""
    options = arguments()
    if options.child is not None:
        return child(options.child, options.seconds)
    ends: Counter[str] = Counter()
    peak, number, until = 0.0, options.first, time.monotonic() + options.minutes * 60
    while time.monotonic() < until:
        last, found, most = watch(number, options, until, ends)
        peak = max(peak, most)
        if found:
            ends[found] += 1
            report(last, found, options.keep)
            number = last + 1
        else:
            number = last
        print(f"  {sum(ends.values())} mutants: {dict(ends)}, peak {peak:.0f} MB", flush=True)
    return 1 if set(ends) - {"read", "refused"} else 0


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--first", type=int, default=100_000, help="number of the first mutant")
    parser.add_argument("--seconds", type=float, default=20, help="most processor time for one")
    parser.add_argument("--megabytes", type=float, default=500, help="most memory of the process")
    parser.add_argument("--keep", type=Path, help="folder for the findings' files")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def watch(first: int, options: argparse.Namespace, until: float, ends: Counter[str]) -> tuple[int, str, float]:
    """Run one child; return the last mutant it took up (or the next to take up), what was found in it, and the child's peak in MB."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", str(first), "--seconds", str(options.seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        number, peak, pending = first, 0.0, bytearray()
        while True:
            line = next_line(process, pending, options.seconds * PATIENCE)
            if line is None:
                process.kill()
                return number, "hang", peak
            if not line:
                return (number, "died", peak) if process.wait() else (number + 1, "", peak)
            said = json.loads(line)
            number, peak = said["number"], said["megabytes"]
            if "error" in said:
                print(said["error"], flush=True)
                process.kill()
                return number, "error", peak
            if "end" in said:
                ends[said["end"]] += 1
                if peak > options.megabytes:
                    process.kill()
                    return number, "memory", peak
                if time.monotonic() > until:
                    process.kill()
                    return number + 1, "", peak


def next_line(process: subprocess.Popen[bytes], pending: bytearray, seconds: float) -> bytes | None:
    """Return the child's next line, empty at its end, None where none came in time. `pending` holds what was read beyond it."""
    while b"\n" not in pending:
        if process.stdout is None or not select.select([process.stdout], [], [], seconds)[0]:
            return None
        piece = os.read(process.stdout.fileno(), 1 << 16)
        if not piece:
            return b""
        pending += piece
    line, _, rest = bytes(pending).partition(b"\n")
    pending[:] = rest
    return line


class Hang(BaseException):
    """A mutant has used up its time. No reader may take it for an error of its own."""


def stop(_number: int, _frame: object) -> None:
    """Interrupt what takes too long, where it is."""
    raise Hang


def child(first: int, seconds: float) -> int:
    """Run a batch; say before and after each mutant where one is."""
    sys.path.insert(0, str(ROOT / "tests" / "releases"))
    from fuzz import judge, mutants

    signal.signal(signal.SIGPROF, stop)
    for number, feed, name, data in mutants(first, BATCH):
        say(number)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            end = judge(feed, name, data)
        except BaseException:
            say(number, error=f"mutant {number} ({feed}, {name}): {traceback.format_exc(limit=-6)}")
            return 0
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        say(number, end=end)
    return 0


def say(number: int, **more: str) -> None:
    """Write one line for the parent."""
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"number": number, "megabytes": megabytes, **more}), flush=True)


def report(number: int, found: str, keep: Path | None) -> None:
    """Tell a finding, and keep its file."""
    print(f"  mutant {number}: {found}", flush=True)
    if keep is None:
        return
    sys.path.insert(0, str(ROOT / "tests" / "releases"))
    with contextlib.suppress(OSError):
        from fuzz import mutants

        _number, feed, name, data = next(mutants(number, 1))
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{number}-{found}-{feed}-{name}").write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
