#!/usr/bin/python3
"""Writes docs/vectors.md from the counts of a run:

    ./lab vectors --json | /usr/bin/python3 docs/vectors_table.py > docs/vectors.md
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


def main():
    families = json.load(sys.stdin)["families"]
    total = {key: sum(row[key] for row in families) for key in ("passed", "failed", "skipped")}
    print(HEAD + f"In all: **{total['passed']:,} passed, {total['failed']:,} failed, "
          f"{total['skipped']:,} skipped**, each with its reason.\n")
    print("| family | passed | failed | skipped | why skipped |\n|---|---:|---:|---:|---|")
    for row in families:
        reasons = "; ".join(reason if count == row["skipped"] else f"{reason} ({count})"
                            for reason, count in row["reasons"].items())
        print(f"| {row['family']} | {row['passed']:,} | {row['failed']:,} | {row['skipped']:,} "
              f"| {reasons} |")


if __name__ == "__main__":
    main()
