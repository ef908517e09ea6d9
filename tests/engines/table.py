"""Rows of tests/engines/table.tsv as the Markdown tables of docs/engines.md.

table.py            prints the tables
table.py --check    fails if docs/engines.md holds other figures
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "docs", "engines.md")


def read():
    rows = {}
    engines = []
    with open(os.path.join(HERE, "table.tsv"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            cells = line.rstrip("\n").split("\t")
            if cells[0] == "pattern":
                engines = cells[5:]
                continue
            key = (cells[0], *map(int, cells[1:5]))
            rows[key] = dict(zip(engines, map(int, cells[5:])))
    return engines, rows


def text(nanoseconds):
    ms = nanoseconds / 1e6
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 1000 else f"{ms:,.0f}"


def table(engines, rows, head, keys):
    """`keys`: (label cells, key of the row)."""
    out = ["| " + " | ".join([*head, *engines]) + " |", "|" + "---|" * (len(head) + len(engines))]
    for labels, key in keys:
        cells = [text(rows[key][engine]) for engine in engines]
        out.append("| " + " | ".join([*map(str, labels), *cells]) + " |")
    return "\n".join(out)


def tables():
    engines, rows = read()
    links = [(1, 10), (1, 100), (10, 5), (10, 50), (10, 150), (100, 1), (100, 25), (100, 100),
             (1000, 1), (1000, 50)]
    size = {1000: "1 kB", 10000: "10 kB", 100000: "100 kB", 1000000: "1 MB", 10000000: "10 MB"}
    single = [((f"{rate} Mbit/s, {ms} ms", size[b]), ("single-first", rate, ms * 1000, 1, b))
              for rate, ms in links for b in (1000, 100000, 1000000, 10000000)]
    yield table(engines, rows, ["link, one way", "size"], single)
    kinds = [((what, size[b]), (f"single-{kind}", 100, 25000, 1, b))
             for kind, what in (("first", "fresh connection"), ("open", "carried a byte before"),
                                ("again", "carried as much before"))
             for b in (1000, 100000, 1000000, 10000000)]
    yield table(engines, rows, ["connection", "size"], kinds)
    for pattern in ("fan-out", "incast"):
        keys = [((f"{rate} Mbit/s", size[b], peers), (pattern, rate, 20000, peers, b))
                for rate in (10, 100) for b in (10000, 100000, 1000000) for peers in (1, 4, 16, 64)]
        yield table(engines, rows, ["link of the one", "size", "peers"], keys)
    yield table(engines, rows, ["message"],
                [((n,), ("ramp", 100, 50000, n, 14480)) for n in (1, 2, 4, 8, 16, 32, 64)])


def main():
    if sys.argv[1:] == ["--check"]:
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        missing = [part for part in tables() if part not in page]
        for part in missing:
            print("docs/engines.md lacks this table (tests/engines/table.py prints them):\n" + part)
        return 1 if missing else 0
    print("\n\n".join(tables()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
