"""Figures of results. Every function takes results (of `run`, `compare` or `load`) and returns a
matplotlib Figure: show it in a notebook, or `figure.savefig("x.png")` (or .svg, .pdf).

Colours are those of Okabe and Ito, told apart by the colour-blind; each system also has a line style
of its own. `python3 -m ledgerlab.plot RUN_DIR --kind latency --out x.png` draws from a shell."""
from __future__ import annotations

import argparse
import io
import math
import os
import statistics
import sys
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

if TYPE_CHECKING:
    from .results import Results

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "--", "-.", ":")
_GREY = "#666666"
_FAULT = "#999999"


class Picture(Figure):  # type: ignore[misc]
    """A Figure that a notebook shows by itself, whatever its backend."""

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=110, bbox_inches="tight")
        return out.getvalue()


def _colour(results: "Results", system: str) -> str:
    return COLOURS[results.systems.index(system) % len(COLOURS)]


def _style(results: "Results", system: str) -> str:
    return _STYLES[results.systems.index(system) % len(_STYLES)]


def _plain(axes: Axes) -> None:
    axes.spines["top"].set_visible(False)
    axes.spines["right"].set_visible(False)
    axes.grid(True, color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)


def _amount(value: float) -> str:
    """1234.5 as 1,234; 0.01234 as 0.0123."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - int(math.floor(math.log10(abs(value)))))
    return f"{value:.{min(digits, 6)}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def _milliseconds(value: float, _: Any = None) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def _seeds(results: "Results") -> str:
    seeds = results.seeds
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds from {seeds[0]}"


def _title(figure: Figure, results: "Results", what: str) -> None:
    figure.suptitle(f"{what}: {results.name} ({_seeds(results)})", fontsize=11, x=0.02, ha="left")


def _curves(results: "Results", system: str, of_region: bool) -> list[dict[str, Any]]:
    return [curve for run in results.runs if run["system"] == system for curve in run["latency"]
            if (curve["region"] is not None) == of_region]


def latency(results: "Results") -> Figure:
    """Distribution of finality latency: the share of offered transactions that were acknowledged
    within a time. A curve that ends below 100 % has lost or left open the rest."""
    figure = Picture(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for system in results.systems:
        label: Optional[str] = system
        for curve in _curves(results, system, False):
            if not curve["ms"]:
                continue
            axes.plot(curve["ms"], curve["share"], color=_colour(results, system),
                      linestyle=_style(results, system), linewidth=1.8, label=label,
                      drawstyle="steps-post", alpha=1 if len(results.seeds) == 1 else 0.6)
            label = None
        if label is not None:
            axes.plot([], [], color=_colour(results, system), label=f"{system} (none acknowledged)")
    for share in (0.5, 0.95):
        axes.axhline(share, color=_FAULT, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.set_xscale("log")
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(FuncFormatter(_milliseconds))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("finality latency (from the instant a transaction was due), log scale")
    axes.set_ylabel("acknowledged, % of offered")
    _plain(axes)
    axes.legend(frameon=False, loc="lower right")
    _title(figure, results, "Finality latency")
    return figure


def _mark_faults(axes: Axes, run: dict[str, Any], end: float, named: bool) -> None:
    for number, fault in enumerate(sorted(run["faults"], key=lambda f: int(f["at_ns"]))):
        start = fault["at_ns"] / 1e9
        until = fault["until_ns"] / 1e9 if fault.get("until_ns") is not None else end
        axes.axvspan(start, until, color=_FAULT, alpha=0.22, linewidth=0)
        if named and len(run["faults"]) <= 6:
            axes.annotate(fault["text"], (start, 1.0), xycoords=("data", "axes fraction"),
                          xytext=(2, 3 + 10 * (number % 2)), textcoords="offset points",
                          fontsize=7.5, color=_GREY, annotation_clip=False)


def throughput(results: "Results") -> Figure:
    """Committed transactions a second over time, one panel a system, with the faults in grey."""
    systems = results.systems
    figure = Picture(figsize=(7.2, 1.1 + 1.75 * len(systems)), layout="constrained")
    panels = figure.subplots(len(systems), 1, sharex=True, squeeze=False)[:, 0]
    for axes, system in zip(panels, systems):
        runs = [r for r in results.runs if r["system"] == system]
        end = 0.0
        for run in runs:
            series = (run["series"] or {}).get("committed_tps")
            if not series:
                continue
            times = [at / 1e9 for at in series["at_ns"]]
            axes.plot(times, series["value"], color=_colour(results, system), linewidth=1.1,
                      drawstyle="steps-post", alpha=1 if len(runs) == 1 else 0.5)
            end = max(end, times[-1])
        _mark_faults(axes, runs[0], end, True)
        measured = runs[0].get("measured")
        if measured:
            for at in (measured["from_ns"], measured["until_ns"]):
                axes.axvline(at / 1e9, color=_GREY, linewidth=0.8, linestyle=(0, (1, 2)))
        axes.set_xlim(0, end or 1)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("committed, tx/s")
        axes.text(0.995, 0.9, system, transform=axes.transAxes, ha="right", fontsize=9,
                  color=_colour(results, system), fontweight="bold")
        _plain(axes)
    panels[-1].set_xlabel("simulated time, s (dotted: the measured part; grey: faults"
                          + (" of the first seed)" if len(results.seeds) > 1 else ")"))
    _title(figure, results, "Throughput")
    return figure


def regions(results: "Results") -> Figure:
    """Finality latency by the region of the client: a dot at the median, a line to the 95th
    percentile (medians over the seeds)."""
    rows: dict[str, dict[str, tuple[float, float]]] = {}
    for system in results.systems:
        by_region: dict[str, list[dict[str, Any]]] = {}
        for curve in _curves(results, system, True):
            if curve["ms"]:
                by_region.setdefault(curve["region"], []).append(curve)
        for region, curves in by_region.items():
            rows.setdefault(region, {})[system] = (statistics.median([c["p50_ms"] for c in curves]),
                                                   statistics.median([c["p95_ms"] for c in curves]))
    if not rows:
        raise ValueError("nothing to draw by region: the scenario has one region only, or nothing "
                         "was acknowledged")
    first = results.systems[0]
    def median(region: str) -> float:
        found: float = rows[region].get(first, (math.inf, 0.0))[0]
        return found
    order = sorted(rows, key=median, reverse=True)
    height = max(0.16, 0.1 + 0.11 * len(results.systems))
    figure = Picture(figsize=(7.2, 1.4 + height * len(order)), layout="constrained")
    axes = figure.add_subplot()
    for number, system in enumerate(results.systems):
        shift = 0.62 * ((number + 0.5) / len(results.systems) - 0.5)
        points = [(i - shift, *rows[r][system]) for i, r in enumerate(order) if system in rows[r]]
        colour = _colour(results, system)
        axes.hlines([p[0] for p in points], [p[1] for p in points], [p[2] for p in points],
                    color=colour, linewidth=1.6, alpha=0.55)
        axes.plot([p[1] for p in points], [p[0] for p in points], "osD^v"[number % 5],
                  color=colour, markersize=4, label=system)
    axes.set_yticks(range(len(order)), order, fontsize=8)
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(_milliseconds))
    axes.set_xlabel("finality latency, log scale (dot: median, line: to the 95th percentile)")
    axes.set_ylabel("region of the client")
    _plain(axes)
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0),
                ncols=min(4, len(results.systems)))
    _title(figure, results, "Latency by region")
    return figure


# Metrics of the comparison, as they are drawn: name, label.
_COMPARED = (("throughput_tps", "committed, tx/s"), ("finality_latency_ms_p50", "latency p50"),
             ("finality_latency_ms_p95", "latency p95"), ("availability", "availability, share"),
             ("messages_per_decision", "messages / decision"),
             ("energy_wh_per_tx", "energy, Wh / tx"))


def _bars(axes: Axes, results: "Results", metric: str, label: str) -> None:
    positions = range(len(results.systems))
    as_time = "_ms" in metric
    tops: list[float] = []
    for position, system in zip(positions, results.systems):
        values = [r["metrics"][metric]["value"] for r in results.runs
                  if r["system"] == system and metric in r["metrics"]]
        if not values:
            axes.text(position, 0, "–", ha="center", va="bottom", color=_GREY)
            continue
        middle = statistics.median(values)
        axes.bar(position, middle, 0.62, color=_colour(results, system),
                 hatch=("", "//", "..", "xx")[results.systems.index(system) % 4],
                 edgecolor="white", linewidth=0)
        if len(values) > 1:
            axes.vlines(position, min(values), max(values), color="black", linewidth=1.2)
        text = (_amount(middle / 1000) + " s" if middle >= 1000 else _amount(middle) + " ms"
                ) if as_time else _amount(middle)
        axes.annotate(text, (position, max(values)), xytext=(0, 2), textcoords="offset points",
                      ha="center", fontsize=8)
        tops.append(max(values))
    least = min((t for t in tops if t > 0), default=1)
    wide = max(tops, default=1) > 20 * least
    axes.set_title(label + (" (log scale)" if wide else ""), fontsize=9, loc="left", pad=10)
    axes.set_xticks(list(positions), results.systems, fontsize=8,
                    rotation=0 if max(map(len, results.systems)) < 10 else 20)
    if wide:
        axes.set_yscale("log")
        axes.set_ylim(least / 3, 2 * max(tops))
    else:
        axes.set_ylim(0, 1.12 * max(tops, default=1) or 1)
    axes.yaxis.set_visible(False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def comparison(results: "Results") -> Figure:
    """The chief metrics side by side, each on a scale of its own from zero, or logarithmic where
    systems differ more than twentyfold; with several seeds the bar is the median and the line the
    range."""
    shown = [(m, label) for m, label in _COMPARED if any(m in r["metrics"] for r in results.runs)]
    rows = (len(shown) + 2) // 3
    figure = Picture(figsize=(7.2, 0.6 + 2.1 * rows), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12, w_pad=0.1)
    panels = figure.subplots(rows, 3, squeeze=False).ravel()
    for axes, (metric, label) in zip(panels, shown):
        _bars(axes, results, metric, label)
    for axes in panels[len(shown):]:
        axes.set_visible(False)
    _title(figure, results, "Comparison")
    return figure


def _lanes(blocks: list[tuple[Any, ...]]) -> dict[str, int]:
    """Lane 0 is the history that stayed; each branch off it takes the next free lane."""
    lanes: dict[str, int] = {}
    children: dict[str, int] = {}
    busy_until: dict[int, int] = {}
    for height, id_, parent, *rest in blocks:
        if not rest[-1]:
            lanes[id_] = 0
            continue
        lane = lanes.get(parent, 0)
        if lane == 0 or children.get(parent, 0) > 0:
            lane = 1
            while busy_until.get(lane, -1) >= height - 1:
                lane += 1
        lanes[id_] = lane
        busy_until[lane] = height
        children[parent] = children.get(parent, 0) + 1
    return lanes


def blocks(results: "Results", system: Optional[str] = None, seed: Optional[int] = None,
           heights: Optional[tuple[int, int]] = None) -> Figure:
    """The tree of blocks of one run: the final history in a line, what was forked off and lost
    below it. Without `heights` it shows the 40 heights around the most recent fork."""
    run = next(r for r in results.runs if (system is None or r["system"] == system)
               and (seed is None or r["seed"] == seed))
    if not run.get("blocks"):
        raise ValueError("this run made no blocks, or its results were kept without them")
    every = sorted((tuple(b) for b in run["blocks"]), key=lambda b: (b[0], b[4]))
    if heights is None:
        stale = [b[0] for b in every if b[8]]
        middle = stale[-1] if stale else every[-1][0]
        heights = (max(1, middle - 30), middle + 10)
    shown = [b for b in every if heights[0] <= b[0] <= heights[1]]
    lanes = _lanes([(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[8]) for b in shown])
    where = {b[1]: (b[4] / 1e9, -lanes[b[1]]) for b in shown}
    depth = max(lanes.values(), default=0)
    figure = Picture(figsize=(7.2, 2.2 + 0.35 * depth), layout="constrained")
    axes = figure.add_subplot()
    for b in shown:
        if b[2] in where:
            axes.plot(*zip(where[b[2]], where[b[1]]), color=_FAULT, linewidth=1.0, zorder=1)
    kinds: Any = (("final", "s", COLOURS[0], lambda b: not b[8] and b[5] is not None),
                  ("not final yet", "s", COLOURS[5], lambda b: not b[8] and b[5] is None),
                  ("stale", "X", COLOURS[1], lambda b: b[8]))
    for label, marker, colour, belongs in kinds:
        points = [where[b[1]] for b in shown if belongs(b)]
        if points:
            axes.plot([p[0] for p in points], [p[1] for p in points], marker, color=colour,
                      markersize=5.5, label=label, zorder=2)
    axes.set_yticks([0, *([-1] if depth else [])], ["history", *(["forks"] if depth else [])])
    axes.set_ylim(-depth - 0.7, 0.8)
    axes.set_xlabel("simulated time when the block was made, s")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.14), ncols=3, fontsize=8)
    _plain(axes)
    axes.grid(False, axis="y")
    lost = sum(1 for b in every if b[8])
    figure.suptitle(f"Blocks {heights[0]} to {min(heights[1], every[-1][0])}: {run['system']}, "
                    f"seed {run['seed']} ({lost} of {len(every)} blocks stale)", fontsize=11,
                    x=0.02, ha="left")
    return figure


class Plots:
    """The functions of this module with the results filled in: `run.plot.latency()`."""

    def __init__(self, results: "Results") -> None:
        self._results = results

    def latency(self) -> Figure:
        return latency(self._results)

    def throughput(self) -> Figure:
        return throughput(self._results)

    def regions(self) -> Figure:
        return regions(self._results)

    def comparison(self) -> Figure:
        return comparison(self._results)

    def blocks(self, system: Optional[str] = None, seed: Optional[int] = None,
               heights: Optional[tuple[int, int]] = None) -> Figure:
        return blocks(self._results, system, seed, heights)


KINDS: dict[str, Callable[["Results"], Figure]] = {
    "latency": latency, "throughput": throughput, "regions": regions, "comparison": comparison,
    "blocks": blocks}


def main(argv: Optional[Sequence[str]] = None) -> int:
    """What `ledgerlab plot` runs; the exit codes are the program's."""
    from .errors import ResultsError
    from .results import load

    parser = argparse.ArgumentParser(prog="ledgerlab plot", description="Draws results.")
    parser.add_argument("results", help="run directory, or its results.json")
    parser.add_argument("--kind", choices=sorted(KINDS), default="latency")
    parser.add_argument("--out", help="x.png, x.svg or x.pdf; default: KIND.png beside the results")
    arguments = parser.parse_args(argv)
    folder = (arguments.results if os.path.isdir(arguments.results)
              else os.path.dirname(arguments.results))
    out = arguments.out or os.path.join(folder, f"{arguments.kind}.png")
    try:
        results = load(arguments.results)
    except FileNotFoundError as error:
        print(f"ledgerlab: {error.filename or error}: there are no results here", file=sys.stderr)
        return 66
    except (ValueError, ResultsError) as error:
        print(f"ledgerlab: {error}", file=sys.stderr)
        return 65
    try:
        figure = KINDS[arguments.kind](results)
    except ValueError as error:
        print(f"ledgerlab: {error}", file=sys.stderr)
        return 64
    try:
        figure.savefig(out, dpi=150)
    except ValueError as error:  # an ending that matplotlib does not know
        print(f"ledgerlab: --out {out}: {error}", file=sys.stderr)
        return 64
    except OSError as error:
        print(f"ledgerlab: {out} cannot be written: {error.strerror}", file=sys.stderr)
        return 74
    print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
