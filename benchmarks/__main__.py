"""`python -m benchmarks`: every figure with its peer, as a table and as JSON."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from benchmarks import application, audit, containers, interface, machines, output
from benchmarks.measure import Report
from tui.paths import Paths


async def run(report: Report, rounds: int, cycles: int) -> None:
    """Take all figures."""
    from tui.machines.guest.image import find_image
    from tui.machines.qemu.backend import QemuBackend

    paths = Paths.from_environment()
    paths.create()
    backend = await QemuBackend.open(paths)
    report.note(f"backend: {backend.name} ({backend.why})")
    try:
        await backend.prepare(machines.SPEC)
        await machines.cold_boot(report, backend, max(3, rounds // 5))
        await machines.claim(report, backend, rounds)
        peers = await asyncio.to_thread(containers.exec_round_trips, report, rounds, find_image(paths).rootfs)
        await machines.round_trip(report, backend, rounds, peers)
        await machines.snapshots(report, backend, rounds)
        await machines.clean_after_failure(report, backend, rounds)
        await machines.memory(report, backend, 4)
    finally:
        await backend.close()
    await asyncio.to_thread(application.first_exec, report, paths, max(3, rounds // 3))
    await application.soak(report, paths, cycles)
    await asyncio.to_thread(audit.measure, report, audit.MILLION, rounds)
    await asyncio.to_thread(interface.measure, report, rounds, 10.0)
    await asyncio.to_thread(output.measure, report)


def main() -> None:
    """Parse arguments, measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="samples of each figure (default: 15)")
    parser.add_argument("--cycles", type=int, default=200, help="cycles of the soak (default: 200)")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/latest.local.json"))
    arguments = parser.parse_args()
    report = Report()
    try:
        asyncio.run(run(report, arguments.rounds, arguments.cycles))
    finally:
        print(report.table())
        report.write(arguments.json)


if __name__ == "__main__":
    main()
