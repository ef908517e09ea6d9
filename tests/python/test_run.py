"""Runs, comparisons, frames, directories, errors, threads, Ctrl-C."""
import json
import os
import pickle
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import ledgerlab as ll

SOURCE = Path(os.environ["LEDGERLAB_SOURCE"])
CLI = os.environ["LEDGERLAB_CLI"]
RAFT = SOURCE / "scenarios/starter/raft.toml"
SMALL = """
name = "small"
duration = "4 s"
[network]
nodes = 3
latency = "10 ms"
[clients]
count = 2
[workload]
rate = "30 tx/s"
[[systems]]
consensus = "raft"
[[systems]]
consensus = "fixed_leader"
[[faults]]
kind = "crash"
at = "2 s"
for = "500 ms"
target = "leader"
"""


def cli(*words, **more):
    return subprocess.run([CLI, *map(str, words)], capture_output=True, text=True, check=False,
                          **more)


def has_engine(name):
    try:
        ll.plan(SMALL, set={"network.engine": name})
    except ll.EngineUnavailable:
        sys.stderr.write(f"**** SKIPPED: {name} is not built here ****\n")
        return False
    return True


class Engines(unittest.TestCase):
    """Simulators that live once a process: each run has a process of its own."""

    def test_many_runs_of_one_program(self):
        for engine in filter(has_engine, ("simgrid", "ns3")):
            both = ll.compare(SMALL, seeds=2, set={"network.engine": engine, "faults": []})
            self.assertEqual([r["seed"] for r in both.runs], [1, 1, 2, 2])
            self.assertTrue(all(r["verdict"] == "pass" for r in both.runs))
            again = ll.run(SMALL, seed=2, set={"network.engine": engine, "faults": []})
            self.assertEqual([r["trace_hash"] for r in again.runs],
                             [r["trace_hash"] for r in both.runs[2:]])
            self.assertGreater(len(again.frame("blocks")), 10)

    def test_progress_and_the_programs_figures(self):
        if not has_engine("simgrid"):
            return
        seen = []
        settings = {"network.engine": "simgrid", "duration": "2 min", "faults": []}
        run = ll.run(SMALL, system="raft", set=settings, progress=seen.append)
        self.assertEqual({p.system for p in seen}, {"raft"})
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "s.toml").write_text(SMALL, encoding="utf-8")
            told = cli("run", folder + "/s.toml", "--set", "network.engine=simgrid", "--set",
                       "duration=2 min", "--set", "faults=[]", "--system", "raft", "--json",
                       "--out", folder + "/out")
        theirs = json.loads(told.stdout)["runs"][0]
        self.assertEqual(theirs["trace_hash"], run.runs[0]["trace_hash"])
        self.assertEqual(theirs["metrics"], run.runs[0]["metrics"])

    def test_what_a_worker_raises(self):
        if not has_engine("simgrid"):
            return
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "p.xml").write_text("no XML", encoding="utf-8")
            with self.assertRaisesRegex(ll.EngineRefuses, "p.xml"):
                ll.run(SMALL, set={"network.engine": "simgrid",
                                   "network.platform": folder + "/p.xml"})


class Runs(unittest.TestCase):
    def test_a_run_is_the_programs_run(self):
        run = ll.run(RAFT, seed=7, set={"duration": "20 s", "faults": []})
        with tempfile.TemporaryDirectory() as folder:
            told = cli("run", RAFT, "--seed", 7, "--set", "duration=20 s", "--set", "faults=[]",
                       "--json", "--out", folder + "/out")
        self.assertEqual(told.returncode, 0, told.stderr)
        theirs = json.loads(told.stdout)["runs"][0]
        self.assertEqual(run.trace_hash, theirs["trace_hash"])
        self.assertEqual(run.plan_digest, theirs["plan_digest"])
        ours = {k: v for k, v in run.runs[0].items() if k not in ("cost", "blocks", "verdict")}
        self.assertEqual(ours, {k: v for k, v in theirs.items() if k in ours})
        self.assertEqual(run.violations, [])
        self.assertEqual(run.verdict, "pass")

    def test_the_line_that_reproduces_does(self):
        run = ll.run(RAFT, seed=3, set={"duration": "10 s", "faults": []})
        with tempfile.TemporaryDirectory() as folder:
            words = run.reproduce.replace("ledgerlab ", shlex.quote(str(CLI)) + " ", 1)
            told = subprocess.run(f"{words} --json --out {folder}/out", shell=True,
                                  capture_output=True, text=True, check=True, cwd=SOURCE)
        self.assertEqual(json.loads(told.stdout)["runs"][0]["trace_hash"], run.trace_hash)

    def test_seed_and_settings_change_the_run(self):
        hashes = {ll.run(SMALL, seed=s, set=c, system="raft").trace_hash
                  for s, c in ((1, {}), (2, {}), (1, {"network.latency": "11 ms"}))}
        self.assertEqual(len(hashes), 3)
        self.assertEqual(ll.run(SMALL, seed=1, system="raft").trace_hash,
                         ll.run(SMALL, seed=1)["raft"].trace_hash)

    def test_without_a_system_all_are_run(self):
        run = ll.run(SMALL)
        self.assertEqual(run.systems, ["raft", "fixed_leader"])
        with self.assertRaisesRegex(ValueError, "2 runs"):
            run.trace_hash
        with self.assertRaises(KeyError):
            run["pbft2"]

    def test_a_scenario_that_is_shipped_is_found_from_anywhere(self):
        with tempfile.TemporaryDirectory() as folder:
            old = os.getcwd()
            os.chdir(folder)
            try:
                plan = ll.plan("starter/raft.toml")
            finally:
                os.chdir(old)
        self.assertEqual(plan["systems"][0]["consensus"]["model"].split("@")[0], "raft")

    def test_models_are_listed(self):
        self.assertIn("raft", {m["name"] for m in ll.models()})


class Frames(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.results = ll.compare(SMALL, seeds=3)

    def test_every_frame_has_its_columns_and_rows(self):
        expected = {
            "metrics": ["protocol", "metric", "value", "unit"],
            "blocks": ["height", "id", "parent", "producer", "made_s", "final_s", "transactions",
                       "bytes", "stale"],
            "series": ["name", "time_s", "value"],
            "latency": ["region", "share", "latency_ms"],
            "faults": ["kind", "from_s", "until_s", "text"]}
        for what, columns in expected.items():
            frame = self.results.frame(what)
            self.assertEqual(list(frame.columns), ["system", "seed", *columns], what)
            self.assertEqual(set(frame["system"]), {"raft", "fixed_leader"}, what)
            self.assertEqual(set(frame["seed"]), {1, 2, 3}, what)
        with self.assertRaisesRegex(ValueError, "metrics, blocks"):
            self.results.frame("block")

    def test_blocks_are_chains_and_add_up(self):
        frame = self.results.frame("blocks")
        one = frame[(frame.system == "raft") & (frame.seed == 2) & ~frame.stale]
        self.assertEqual(list(one.height), list(range(1, len(one) + 1)))
        self.assertEqual(list(one.parent)[1:], list(one.id)[:-1])
        self.assertTrue((one.final_s >= one.made_s).all())

    def test_medians_and_ranges_are_those_of_the_program(self):
        summary = self.results.summary().set_index(["system", "metric"])
        frame = self.results.frame("metrics")
        for (system, metric), values in frame.groupby(["system", "metric"])["value"]:
            row = summary.loc[system, metric]
            self.assertAlmostEqual(row["median"], values.median(), 6)
            self.assertLessEqual(row["low"], row["median"])
            self.assertGreaterEqual(row["high"], row["median"])
            self.assertAlmostEqual(self.results.metric(metric, system), values.median(), 6)
        self.assertTrue((summary.loc["raft"].dropna(subset=["ratio"])["ratio"] == 1).all())

    def test_people_see_tables(self):
        self.assertIn("raft", repr(self.results))
        html = self.results._repr_html_()
        for word in ("<table>", "throughput tps", "fixed_leader", "tx/s"):
            self.assertIn(word, html)
        self.assertIn("verdict", str(self.results))
        evil = ll.run(SMALL, set={"name": "<script>"})
        self.assertNotIn("<script>", evil._repr_html_())


class Keeping(unittest.TestCase):
    def test_what_is_saved_is_loaded(self):
        made = ll.compare(SMALL, seeds=2)
        with tempfile.TemporaryDirectory() as folder:
            made.save(folder + "/run")
            again = ll.load(folder + "/run")
            self.assertIsInstance(again, ll.Comparison)
            self.assertEqual(again.scenario, made.scenario)
            for what in ("metrics", "blocks", "series", "latency", "faults"):
                self.assertTrue(again.frame(what).equals(made.frame(what)), what)
            self.assertEqual(again.verdict, made.verdict)
            os.remove(folder + "/run/results.sqlite")
            self.assertTrue(ll.load(folder + "/run").frame("blocks").equals(made.frame("blocks")))
            with self.assertRaises(FileNotFoundError):
                ll.load(folder + "/nothing")

    def test_a_directory_of_the_program_is_loaded(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "small.toml").write_text(SMALL)
            told = cli("compare", folder + "/small.toml", "--out", folder + "/out", "--quiet")
            self.assertIn(told.returncode, (0, 2), told.stderr)
            loaded = ll.load(folder + "/out")
            self.assertTrue(loaded.frame("blocks").equals(ll.compare(SMALL).frame("blocks")))
            self.assertIn("compare", loaded.reproduce)

    def test_results_travel(self):
        run = ll.run(SMALL, system="raft")
        copy = pickle.loads(pickle.dumps(run))
        self.assertEqual(copy.trace_hash, run.trace_hash)
        self.assertTrue(copy.frame("blocks").equals(run.frame("blocks")))
        error = ll.ScenarioError([("f", 1, 2, "k", "m", "s", "text")])
        self.assertEqual(pickle.loads(pickle.dumps(error)).key, "k")


class Errors(unittest.TestCase):
    def test_a_bad_key_is_named_with_place_and_suggestion(self):
        with self.assertRaises(ll.ScenarioError) as caught:
            ll.run(SMALL.replace("nodes = 3", "nodess = 3"))
        error = caught.exception
        self.assertEqual((error.file, error.line, error.key, error.suggestion),
                         ("<text>", 5, "network.nodess", "nodes"))
        with self.assertRaises(ll.ScenarioError):
            ll.run(SMALL, set={"network.nodes": "three"})
        with self.assertRaises(TypeError):
            ll.run(SMALL, set={"network.nodes": object()})

    def test_arguments_of_the_wrong_kind_are_told_in_words(self):
        for wrong in ("7", 1.5, True):
            with self.assertRaisesRegex(TypeError, "^seed is a whole number, not "):
                ll.run(SMALL, seed=wrong)
        for wrong in (-1, 2**64):
            with self.assertRaisesRegex(ValueError, "^seed is from 0 to "):
                ll.plan(SMALL, seed=wrong)
        with self.assertRaisesRegex(TypeError, "^seeds is a whole number, not '3'"):
            ll.compare(SMALL, seeds="3")
        with self.assertRaisesRegex(ValueError, "^seeds is from 1 to "):
            ll.compare(SMALL, seeds=0)
        with self.assertRaisesRegex(TypeError, "^set is a dict "):
            ll.run(SMALL, set="network.nodes=7")
        self.assertEqual(ll.plan(SMALL, seed=2**64 - 1)["seed"], 2**64 - 1)

    def test_missing_files_are_missing_files(self):
        with self.assertRaises(FileNotFoundError):
            ll.run("nowhere.toml")
        with self.assertRaises(ll.MissingFile):
            ll.run(SMALL, set={"network.latency": "no-such-data"})

    def test_an_engine_that_may_not_be_here(self):
        try:
            run = ll.run(SMALL, system="raft", set={"network.engine": "ns3"})
        except ll.EngineUnavailable as error:
            self.assertIn("libns3-dev", str(error))
        else:
            self.assertNotEqual(run.trace_hash, ll.run(SMALL, system="raft").trace_hash)

    def test_a_system_that_is_not_there(self):
        with self.assertRaisesRegex(ValueError, "raft, fixed_leader"):
            ll.run(SMALL, system="pow")


class Running(unittest.TestCase):
    def test_two_threads_run_two_worlds(self):
        alone = {seed: ll.run(SMALL, seed=seed, system="raft").trace_hash for seed in (1, 2)}
        found = {}

        def one(seed):
            for _ in range(5):
                found.setdefault(seed, set()).add(
                    ll.run(SMALL, seed=seed, system="raft").trace_hash)
        threads = [threading.Thread(target=one, args=(s,)) for s in (1, 2)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(found, {seed: {value} for seed, value in alone.items()})

    def test_others_run_while_a_world_does(self):
        """The GIL is free: this thread counts while another is inside one run."""
        done = threading.Event()

        def long_run():
            ll.run(SMALL, set={"duration": "300 s"}, system="raft")
            done.set()
        thread = threading.Thread(target=long_run)
        old = sys.getswitchinterval()
        sys.setswitchinterval(1000)  # nobody is made to give the GIL up: only a release gives it
        try:
            thread.start()
            seen = not done.wait(0.01)
        finally:
            sys.setswitchinterval(old)
        thread.join()
        self.assertTrue(seen)

    def test_progress_is_told_and_may_stop_a_run(self):
        told = []
        ll.run(SMALL, system="raft", progress=told.append)
        self.assertEqual(told[-1].now_s, told[-1].end_s)
        self.assertEqual(told[-1].system, "raft")

        def stop(_):
            raise LookupError("enough")
        with self.assertRaises(LookupError):
            ll.run(SMALL, system="raft", progress=stop)

    def test_ctrl_c_keeps_what_there_is(self):
        sent = []

        def interrupt(progress):
            if progress.system == "fixed_leader" and not sent:
                sent.append(progress)
                os.kill(os.getpid(), signal.SIGINT)
        long = {"duration": "600 s"}
        with self.assertRaises(KeyboardInterrupt) as caught:
            ll.compare(SMALL, seeds=3, set=long, progress=interrupt)
        kept = caught.exception.result
        self.assertIsInstance(caught.exception, ll.Interrupted)
        self.assertEqual([r["interrupted"] for r in kept.runs], [False, True])
        self.assertGreater(kept["fixed_leader"].metric("transactions_offered"), 0)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)

    def test_a_handler_of_ones_own_is_left_alone(self):
        class Mine(Exception):
            pass

        def handler(*_):
            raise Mine
        old = signal.signal(signal.SIGINT, handler)
        try:
            with self.assertRaises(Mine):
                ll.run(SMALL, set={"duration": "600 s"}, system="raft",
                       progress=lambda p: os.kill(os.getpid(), signal.SIGINT))
        finally:
            signal.signal(signal.SIGINT, old)


if __name__ == "__main__":
    unittest.main()
