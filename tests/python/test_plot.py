"""Figures: what they show, that they can be saved, and the verb `plot`."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import ledgerlab as ll
from ledgerlab import plot
from matplotlib.figure import Figure

SOURCE = Path(os.environ["LEDGERLAB_SOURCE"])
CLI = os.environ["LEDGERLAB_CLI"]
SCENARIO = """
name = "for figures"
duration = "120 s"
[network]
nodes = 6
latency = "aws-21"
placement = { "us-east-1" = 3, "eu-central-1" = 3 }
[clients]
count = 2
[workload]
rate = "10 tx/s"
[[systems]]
consensus = "raft"
[[systems]]
consensus = "pow"
hash_power = "1 MH/s"
params = { block_interval = "3 s" }
[[faults]]
kind = "crash"
at = "60 s"
for = "5 s"
target = "leader"
"""


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.results = ll.compare(SCENARIO, seeds=2)

    def test_every_kind_is_a_figure_with_axes_that_say_their_unit(self):
        for kind in plot.KINDS:
            figure = getattr(self.results.plot, kind)()
            self.assertIsInstance(figure, Figure)
            self.assertTrue(figure._suptitle.get_text())
            shown = [a for a in figure.axes if a.get_visible()]
            for axes in shown:
                text = axes.get_xlabel() + axes.get_ylabel() + axes.get_title(loc="left")
                self.assertTrue(text, kind)
            with tempfile.TemporaryDirectory() as folder:
                for ending, first in (("png", b"\x89PNG"), ("svg", b"<?xml")):
                    file = Path(folder, "x." + ending)
                    figure.savefig(file)
                    self.assertEqual(file.read_bytes()[:len(first)], first)

    def test_the_latency_curve_is_the_frame(self):
        axes = self.results["raft"].plot.latency().axes[0]
        line = next(l for l in axes.lines if l.get_label() == "raft")
        frame = self.results["raft"].frame("latency")
        frame = frame[frame.region.isna() & (frame.seed == frame.seed.iloc[0])]
        self.assertEqual(list(line.get_xdata()), frame.latency_ms.tolist())
        self.assertIn("% of offered", axes.get_ylabel())

    def test_faults_are_marked_where_they_were(self):
        axes = self.results["raft"].plot.throughput().axes[0]
        spans = [p.get_xy() for p in axes.patches]
        self.assertTrue(any(min(x for x, _ in s) == 60 and max(x for x, _ in s) == 65
                            for s in spans))
        self.assertTrue(any("crash" in t.get_text() for t in axes.texts))

    def test_systems_have_colours_and_styles_of_their_own(self):
        lines = [l for l in self.results.plot.latency().axes[0].lines
                 if l.get_label() in self.results.systems]
        self.assertEqual(len({l.get_color() for l in lines}), 2)
        self.assertEqual(len({l.get_linestyle() for l in lines}), 2)
        self.assertTrue({l.get_color() for l in lines} <= set(plot.COLOURS))

    def test_blocks_show_forks(self):
        seed = next(s for s in self.results.seeds
                    if any(b[8] for r in self.results.runs if r["seed"] == s for b in r["blocks"]))
        axes = self.results.plot.blocks("pow", seed).axes[0]
        self.assertIn("stale", {l.get_label() for l in axes.lines})

    def test_notebooks_show_a_figure_by_itself(self):
        self.assertEqual(self.results.plot.latency()._repr_png_()[:4], b"\x89PNG")

    def test_nothing_to_draw_is_said(self):
        with self.assertRaisesRegex(ValueError, "one region"):
            ll.run(SCENARIO.replace('"aws-21"', '"10 ms"')
                   .replace('placement = { "us-east-1" = 3, "eu-central-1" = 3 }', ""),
                   system="raft", set={"duration": "20 s", "faults": []}).plot.regions()


class Verb(unittest.TestCase):
    def plot(self, *words, **more):
        return subprocess.run([CLI, "plot", *map(str, words)], capture_output=True, text=True,
                              check=False, **more)

    def test_a_run_directory_becomes_a_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            ll.run(SCENARIO, system="raft", set={"duration": "30 s", "faults": []}).save(folder)
            # The program finds the package beside itself.
            bare = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
            done = self.plot(folder, env=bare)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(Path(folder, "latency.png").exists())
            out = Path(folder, "x.svg")
            self.assertEqual(self.plot(folder, "--kind", "regions", "--out", out).returncode, 0)
            self.assertGreater(out.stat().st_size, 2000)
            json_only = self.plot(Path(folder, "results.json"), "--kind", "throughput")
            self.assertEqual(json_only.returncode, 0, json_only.stderr)
            self.assertEqual(self.plot(folder, "--kind", "pie").returncode, 64)
            self.assertEqual(self.plot(folder, "--out", Path(folder, "x.bad")).returncode, 64)
            self.assertEqual(self.plot(folder, "--out", "/no/such/x.png").returncode, 74)
            self.assertEqual(self.plot(Path(folder, "nowhere")).returncode, 66)

    def test_a_missing_library_is_named_by_its_package(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "matplotlib.py").write_text(
                "raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')\n")
            done = self.plot(folder, env={**os.environ, "PYTHONPATH": folder})
            # The tree's own package folder goes first; it holds no matplotlib.
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn("python3-matplotlib", done.stderr)


if __name__ == "__main__":
    unittest.main()
