#!/usr/bin/python3
"""The figures of docs/gossip.md, from the full traces of one comparison:

    ledgerlab compare scenarios/compare/relays.toml --trace --out out/relays
    /usr/bin/python3 docs/gossip_figures.py build/release/bin/ledgerlab out/relays

A block's time at a node runs from the first node that has it as its head, a transaction's from the
first pool that admits it. Bytes are those delivered, by what they carry: contents above 400 B are
blocks, everything else that is not a block's own message counts for the transactions.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

LINE = re.compile(r"\s*([\d.]+) s  node (\d+)\s+(\w+)\s+(.*)")
BLOCK_KINDS = {"BlockInv", "GetCompact", "CmpctBlock", "GetBlockTxn", "BlockTxn", "SendCmpct",
               "Headers", "GetHeaders", "SendHeaders", "Block", "GetBlocks", "GetTip", "Tip"}
RELAY_KINDS = BLOCK_KINDS | {"Inv", "GetData", "Content", "SendTxRcncl", "ReqTxRcncl", "Sketch",
                             "ReconcilDiff", "GOSSIP", "Message", "SubOpts", "IHAVE", "IWANT",
                             "GRAFT", "PRUNE"}
CONTENTS = {"Content", "GOSSIP", "Message"}


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


def read(binary, trace):
    """Times by block and by transaction, bytes by class, the number of replicas that took part."""
    blocks, transactions = collections.defaultdict(dict), collections.defaultdict(dict)
    size = collections.Counter()
    lines = subprocess.Popen([binary, "trace", str(trace), "--type", "head", "--type", "deliver",
                              "--type", "answer"], stdout=subprocess.PIPE, text=True).stdout
    nodes = set()
    for line in lines:
        match = LINE.match(line)
        if not match:
            continue
        time, node, kind, rest = float(match[1]), int(match[2]), match[3], match[4]
        words = rest.replace(",", "").split()
        if kind == "head":
            blocks[words[1]].setdefault(node, time)
            nodes.add(node)
        elif kind == "answer" and words[0] == "checked":
            transactions[words[1]].setdefault(node, time)
        elif kind == "deliver" and words[0] in RELAY_KINDS:
            count = int(words[-2])
            of_block = words[0] in BLOCK_KINDS or (words[0] in CONTENTS and count > 400)
            size["block" if of_block else "transaction"] += count
            size["messages"] += 1
    return blocks, transactions, size, len(nodes)


def spread(times, replicas):
    """Times since the first, of what reached nearly all."""
    out = []
    for of_one in times.values():
        if len(of_one) >= 0.9 * replicas:
            first = min(of_one.values())
            out.extend(t - first for t in of_one.values() if t > first)
    return out


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    print("| system | block p50 | block p90 | bytes/block/node | tx p50 | tx p90 | bytes/tx/node |")
    print("|---|---|---|---|---|---|---|")
    for run in json.loads((folder / "results.json").read_text())["runs"]:
        trace = folder / f"trace-{run['plan_digest'][:16]}.lltrace"
        blocks, transactions, size, replicas = read(binary, trace)
        of_blocks, of_txs = spread(blocks, replicas), spread(transactions, replicas)
        print(f"| {run['system']} | {share(of_blocks, .5):.3f} s | {share(of_blocks, .9):.3f} s | "
              f"{size['block'] / max(1, len(blocks)) / replicas:,.0f} | "
              f"{share(of_txs, .5):.3f} s | {share(of_txs, .9):.3f} s | "
              f"{size['transaction'] / max(1, len(transactions)) / replicas:,.0f} |")


if __name__ == "__main__":
    main()
