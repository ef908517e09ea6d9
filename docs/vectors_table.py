#!/usr/bin/python3
"""Writes docs/vectors.md from the counts of a run:

    ./lab vectors --json | /usr/bin/python3 docs/vectors_table.py > docs/vectors.md

and with `--areas` the short table of docs/validation.md: the families added up by their first folder.
"""
import json
import sys

HEAD = """# External test vectors, as run

Every family is a row of `INDEX.tsv` in `../shared/vectors` (origin, commit, licence, kind of check stand
there; `FORMATS.md` says how a case is judged). `./lab vectors` runs them all, `./lab vectors btc eips/`
some, `--filter TEXT` single cases, `--list-failures` names what failed, `--soak` takes in what is slow.
`LEDGERLAB_VECTORS` names another folder of the same layout. This page is written by
`docs/vectors_table.py` from the counts of a run.

"""


def reasons_of(row):
    return "; ".join(reason if count == row["skipped"] else f"{reason} ({count})"
                     for reason, count in row["reasons"].items())


def areas(families):
    """One row for each first folder of a family's name."""
    rows = {}
    for family in families:
        row = rows.setdefault(family["family"].split("/")[0],
                              {"families": 0, "passed": 0, "failed": 0, "skipped": 0, "reasons": {}})
        row["families"] += 1
        for key in ("passed", "failed", "skipped"):
            row[key] += family[key]
        for reason, count in family["reasons"].items():
            row["reasons"][reason] = row["reasons"].get(reason, 0) + count
    print("| area | families | passed | failed | skipped | why skipped |\n|---|---:|---:|---:|---:|---|")
    for area, row in sorted(rows.items()):
        print(f"| {area} | {row['families']} | {row['passed']:,} | {row['failed']:,} "
              f"| {row['skipped']:,} | {reasons_of(row)} |")


def main():
    families = json.load(sys.stdin)["families"]
    if sys.argv[1:] == ["--areas"]:
        areas(families)
        return
    total = {key: sum(row[key] for row in families) for key in ("passed", "failed", "skipped")}
    print(HEAD + f"In all: **{total['passed']:,} passed, {total['failed']:,} failed, "
          f"{total['skipped']:,} skipped**, each with its reason.\n")
    print("| family | passed | failed | skipped | why skipped |\n|---|---:|---:|---:|---|")
    for row in families:
        print(f"| {row['family']} | {row['passed']:,} | {row['failed']:,} | {row['skipped']:,} "
              f"| {reasons_of(row)} |")


if __name__ == "__main__":
    main()
