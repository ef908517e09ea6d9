#!/usr/bin/python3
"""Whole commands at scale: what docs/scale.md shows. Not a test: it judges nothing.

    tests/bench/scale_bench.py build/release/bin/ledgerlab [row ...]

Every row is one `ledgerlab run` with the trace hash, all checkers and all metrics on. Prints a
Markdown table row each: wall and CPU seconds of the whole command, deliveries, deliveries a CPU
second of the run, peak resident memory, trace hash.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time

SIMBLOCK = os.path.join(os.path.dirname(__file__), "../../scenarios/platforms/simblock-2019.toml")

BLOCKS = """
name = "blocks"
warm_up = "0 s"
duration = "{duration}"
drain = "20 s"
[network]
nodes = {nodes}
topology = "random-regular"
degree = {degree}
latency = "simblock-2019"
placement = "shares"
[hardware]
cost_table = "zero"
disk_sync = "0 s"
[clients]
count = 0
[[systems]]
consensus = "pow"
ledger = "none"
mempool = "modelled"
mempool_params = {{ block_transactions = 2000, block_bytes = "535 kB" }}
params = {{ block_interval = "600 s", settlement_depth = 6 }}
"""

TRANSACTIONS = """
name = "transactions"
warm_up = "0 s"
duration = "{duration}"
drain = "1 s"
[network]
nodes = {nodes}
topology = "random-regular"
degree = {degree}
latency = "simblock-2019"
placement = "shares"
up = "1 Gbit/s"
down = "1 Gbit/s"
[clients]
count = {clients}
memo = "{memo}"
[workload]
rate = "{rate}"
[genesis]
accounts = 1000
[[systems]]
consensus = "pow"
ledger = "none"
hash_shares = {{ first = [28.9, 19.6, 15.9, 13.3, 6.6, 5.4, 2.9, 1.6, 1.2, 1.2, 1.2, 0.9, 0.5] }}
params = {{ block_interval = "600 s", settlement_depth = 6, block_max_transactions = 5000 }}
relay_params = {{ {batch}, keep_contents = "30 s" }}
"""


def blocks(nodes, count, degree=18):
    return BLOCKS.format(nodes=nodes, duration=f"{count * 600} s", degree=degree)


def transactions(nodes, degree, duration, rate, clients, batch, memo="0 B"):
    return TRANSACTIONS.format(nodes=nodes, degree=degree, duration=duration, rate=rate,
                               clients=clients, batch=batch, memo=memo)


ROWS = {
    "blocks-600": ("600 nodes, 100 block intervals", blocks(600, 100)),
    "blocks-1000": ("1,000 nodes, 100 block intervals", blocks(1_000, 100)),
    "blocks-10000": ("10,000 nodes, 100 block intervals", blocks(10_000, 100)),
    "blocks-100000": ("100,000 nodes, 10 block intervals", blocks(100_000, 10)),
    "blocks-100000x100": ("100,000 nodes, 100 block intervals", blocks(100_000, 100)),
    "blocks-1000000": ("1,000,000 nodes, 10 block intervals", blocks(1_000_000, 10)),
    "blocks-1000000x1": ("1,000,000 nodes, 1 block interval", blocks(1_000_000, 1)),
    "build-100000": ("100,000 nodes built, nothing happens", blocks(100_000, 0.01)),
    "leios-load": ("750 nodes, 18,000 links, 100 tx/s of 1,500 B for 6 s",
                   transactions(750, 48, "6 s", "100 tx/s", 10, 'announce_interval = "0 s"', "1335 B")),
    "leios-batched": ("the same, announcements gathered for 100 ms",
                      transactions(750, 48, "6 s", "100 tx/s", 10, 'announce_interval = "100 ms"',
                                   "1335 B")),
    # As Bitcoin batches: for each peer by itself, exponential times of mean 5 s.
    "day-slice": ("10,000 nodes, 10 minutes of a day with 2 tx/s, batched (Poisson, 5 s)",
                  transactions(10_000, 8, "600 s", "2 tx/s", 10, 'trickle = "5 s"')),
    "day-hour": ("10,000 nodes, an hour of a day with 2 tx/s, batched (Poisson, 5 s)",
                 transactions(10_000, 8, "3600 s", "2 tx/s", 10, 'trickle = "5 s"')),
    "day": ("10,000 nodes, a day with 2 tx/s, batched (Poisson, 5 s)",
            transactions(10_000, 8, "86400 s", "2 tx/s", 10, 'trickle = "5 s"')),
    "day-slice-gathered": ("10 minutes of it, announcements to all gathered for 5 s",
                           transactions(10_000, 8, "600 s", "2 tx/s", 10,
                                        'announce_interval = "5 s"')),
    "simblock-600": ("SimBlock 2019, 600 nodes", SIMBLOCK, ["network.nodes=600"]),
    "simblock-6000": ("SimBlock 2019, 6,000 nodes", SIMBLOCK, ["network.nodes=6000"]),
    "simblock-10000": ("SimBlock 2019, 10,000 nodes", SIMBLOCK, ["network.nodes=10000"]),
}


def run(program, name, directory):
    text, scenario, *settings = ROWS[name]
    if not scenario.endswith(".toml"):
        path = os.path.join(directory, name + ".toml")
        with open(path, "w") as file:
            file.write(scenario)
        scenario = path
    command = [program, "run", scenario, "--json", "--out", os.path.join(directory, name)]
    for setting in settings[0] if settings else []:
        command += ["--set", setting]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not done.stdout:
        return f"| {name} | {text} | exit status {done.returncode} | | | | | |"
    for one in json.loads(done.stdout)["runs"]:
        cost = one["cost"]
        rate = cost["deliveries"] / max(cost["cpu_s"], 1e-9) / 1e6
        return (f"| {name} | {text} | {wall:.2f} | {cpu:.2f} | {cost['deliveries'] / 1e6:.2f} M | "
                f"{rate:.2f} M/s | {cost['peak_rss_bytes'] / 1e6:.0f} MB | "
                f"{one['trace_hash'][:16]} |")
    return f"| {name} | {text} | no run | | | | | |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="rows:\n" + "\n".join(f"  {name:<20}{row[0]}" for name, row in ROWS.items()))
    parser.add_argument("program", help="ledgerlab, such as build/release/bin/ledgerlab")
    parser.add_argument("row", nargs="*",
                        help="only these rows, in this order (default: all but the day)")
    given = parser.parse_args()
    program, names = given.program, given.row
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        parser.error(f"no row {unknown[0]}; --help lists them")
    if shutil.which(program) is None:
        parser.error(f"no program {program}")
    print("| row | what | wall s | CPU s | deliveries | a CPU second | peak | trace hash |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for name in names or [n for n in ROWS if n != "day" and
                              (not n.startswith("simblock") or os.path.exists(SIMBLOCK))]:
            print(run(program, name, directory), flush=True)


if __name__ == "__main__":
    main()
