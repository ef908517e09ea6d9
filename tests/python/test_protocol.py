"""Protocols written in Python: the same trace as their C++ twin, twins that must be caught, errors
that end a run, parameters, digests."""
import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ledgerlab as ll
import majority
import one_third

SOURCE = Path(os.environ["LEDGERLAB_SOURCE"])
CLI = os.environ["LEDGERLAB_CLI"]
FIXED = SOURCE / "scenarios/starter/fixed_leader.toml"
SWARM = {"swarm.every": "1 s", "swarm.lasting": "1 s", "swarm.delay": "100 ms",
         "swarm.at_once": 1}


def as_protocol(cls, **more):
    return {"systems.0.consensus": cls, "systems.0.name": "it", **more}


class SameTrace(unittest.TestCase):
    """majority.Majority is models/consensus/fixed_leader rule for rule."""

    def compare(self, seed, settings):
        native = ll.run(FIXED, seed=seed, set={**settings, "systems.0.name": "it"})
        ours = ll.run(FIXED, seed=seed, set=as_protocol(majority.Majority, **settings))
        self.assertEqual(ours.trace_hash, native.trace_hash, settings)
        self.assertNotEqual(ours.plan_digest, native.plan_digest)
        self.assertEqual(ours.frame("blocks").id.tolist(), native.frame("blocks").id.tolist())

    def test_without_faults(self):
        self.compare(1, {})

    def test_with_crashes_partitions_and_loss(self):
        for seed in range(1, 6):
            self.compare(seed, {**SWARM, "network.nodes": 3 + seed % 3})

    def test_a_changed_rule_is_seen(self):
        native = ll.run(FIXED, set={**SWARM, "systems.0.name": "it"})
        silent = ll.run(FIXED, set=as_protocol(majority.Silent, **SWARM))
        self.assertNotEqual(silent.trace_hash, native.trace_hash)


class Checked(unittest.TestCase):
    def test_correct_protocols_pass(self):
        for cls in (majority.Majority, one_third.OneThirdRule):
            found = ll.check(cls, seeds=20)
            self.assertTrue(found, repr(found))
            self.assertGreater(found.faults, 20)
            self.assertGreater(found.blocks, 200)

    def kinds(self, cls, seeds=20):
        found = ll.check(cls, seeds=seeds)
        self.assertFalse(found)
        self.assertIn(str(found.findings[0].seed), repr(found))
        return {f.kind for f in found.findings}, found

    def test_twins_are_caught(self):
        caught = {
            one_third.HalfIsEnough: "violation of agreement",
            majority.Silent: "violation of liveness",
            majority.Moody: "determinism",
            majority.Broken: "ProtocolError"}
        for cls, kind in caught.items():
            kinds, found = self.kinds(cls)
            self.assertIn(kind, kinds, cls)
        print(f"twins in Python: caught {len(caught)} of {len(caught)}")

    def test_a_finding_can_be_seen_again(self):
        _, found = self.kinds(one_third.HalfIsEnough)
        first = next(f for f in found.findings if f.kind == "violation of agreement")
        run = ll.run(first.scenario, seed=first.seed)
        self.assertIn(first.text, [v["text"] for v in run.violations])
        self.assertEqual(run.verdict, "fail")

    def test_sharing_and_running_ahead_change_nothing(self):
        found = ll.check(one_third.OneThirdRule, seeds=2, replicas=[5])
        self.assertEqual([f for f in found.findings if f.kind == "determinism"], [])


class Faulty(unittest.TestCase):
    def raised(self, cls, cause, text):
        with self.assertRaises(ll.ProtocolError) as caught:
            ll.run(FIXED, set=as_protocol(cls))
        error = caught.exception
        self.assertIsInstance(error.__cause__, cause)
        self.assertIn(text, str(error))
        self.assertIn("python3 -m ledgerlab run", error.reproduce)
        self.assertNotIn("\nAt:", str(error))  # frames are told by __cause__
        return error

    def test_an_exception_ends_the_run_and_says_where(self):
        error = self.raised(majority.Broken, ZeroDivisionError, "the third block")
        self.assertEqual((error.hook, error.node, error.seed), ("on_payload", 0, 1))
        self.assertGreater(error.local_ns, 0)
        names = []
        trace = error.__cause__.__traceback__
        while trace is not None:
            names.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next
        self.assertIn("on_payload", names)
        again = subprocess.run(
            error.reproduce.replace("python3", shlex.quote(sys.executable), 1), shell=True, capture_output=True,
            text=True, check=False, cwd=os.path.dirname(os.path.abspath(__file__)))
        self.assertEqual(again.returncode, 1)
        self.assertIn("the third block", again.stderr)

    def test_a_protocol_of_a_script_is_run_again_in_python(self):
        source = Path(majority.__file__).read_text(encoding="utf-8") + (
            "\nimport ledgerlab as ll\ntry:\n"
            "    ll.run('starter/fixed_leader.toml', set={'systems.0.consensus': Broken})\n"
            "except ll.ProtocolError as error:\n"
            "    print(error.reproduce)\n"
            "    first = str(error)\n"
            "    import ledgerlab\n"
            "    try:\n        eval(error.reproduce)\n"
            "    except ll.ProtocolError as second:\n"
            "        print('same' if str(second) == first else second)\n")
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "script.py")
            with open(script, "w", encoding="utf-8") as out:
                out.write(source)
            done = subprocess.run([sys.executable, script], capture_output=True, text=True,
                                  check=False, cwd=os.path.dirname(majority.__file__))
        self.assertEqual(done.stdout.splitlines()[1:], ["same"], done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"^ledgerlab\.run\('scenarios/starter/fixed_leader.toml', seed=1")

    def test_a_class_inside_a_function_is_told_to_move(self):
        class Hidden(majority.Broken):
            pass
        with self.assertRaisesRegex(AttributeError, "move it out"):
            ll.run(FIXED, set=as_protocol(Hidden))

    def test_what_is_no_message_is_refused(self):
        self.raised(majority.NoMessage, TypeError, "is no message")
        self.raised(majority.WrongField, TypeError, "Ack.height: expected a whole number")

    def test_instances_belong_to_nodes(self):
        with self.assertRaisesRegex(RuntimeError, "runs on no node"):
            majority.Majority().broadcast(majority.Ack(1, 2, True))

        class Init(majority.Majority):
            def __init__(self):
                super().__init__()
        with self.assertRaisesRegex(TypeError, "setup"):
            ll.check(Init, seeds=1)

    def test_messages_are_checked_when_they_are_declared(self):
        with self.assertRaisesRegex(ValueError, "no role"):
            ll.message("gossip")

        @ll.message("vote")
        class Plain:
            height: int

        class Speaks(majority.Majority):
            messages = [Plain]
        globals().update(Plain=Plain)
        with self.assertRaisesRegex(TypeError, "write ll.u64"):
            ll.check(Speaks, seeds=1)

    def test_names_are_explained(self):
        for name, error, text in (("python:nowhere:X", ModuleNotFoundError, "PYTHONPATH"),
                                  ("python:majority:Nobody", AttributeError, "Nobody"),
                                  ("python:majority", ValueError, "module:Class"),
                                  ("python:majority:Ack", TypeError, "no subclass")):
            with self.assertRaisesRegex(error, text):
                ll.run(FIXED, set={"systems.0.consensus": name})


class Declared(unittest.TestCase):
    def test_parameters_are_those_of_a_scenario(self):
        plan = ll.plan(FIXED, set=as_protocol(majority.Majority,
                                              **{"systems.0.params.heartbeat": "100 ms"}))
        params = plan["systems"][0]["consensus"]["params"]
        self.assertEqual(params["heartbeat"], "100 ms")
        self.assertIn("block_max_bytes", params)
        with self.assertRaises(ll.ScenarioError) as caught:
            ll.plan(FIXED, set=as_protocol(majority.Majority,
                                           **{"systems.0.params.heartbeta": "100 ms"}))
        self.assertEqual(caught.exception.suggestion, "heartbeat")
        with self.assertRaises(ll.ScenarioError):
            ll.plan(FIXED, set=as_protocol(majority.Majority,
                                           **{"systems.0.params.heartbeat": "2 h"}))

    def test_the_source_is_in_the_digest(self):
        def digest(text):
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "mine.py").write_text(text)
                code = textwrap.dedent(f"""
                    import ledgerlab as ll, mine
                    print(ll.plan({str(FIXED)!r}, set={{"systems.0.consensus": mine.Mine}})
                          ["systems"][0]["plan_digest"])""")
                path = os.pathsep.join((folder, os.environ["PYTHONPATH"]))
                done = subprocess.run([sys.executable, "-B", "-c", code], check=True, text=True,
                                      capture_output=True, env={**os.environ, "PYTHONPATH": path})
                return done.stdout.strip()
        text = ("import ledgerlab as ll\nclass Mine(ll.Protocol):\n"
                "    def want_payload(self):\n        return {}\n")
        self.assertEqual(digest(text.format(False)), digest(text.format(False)))
        self.assertNotEqual(digest(text.format(False)), digest(text.format(True)))

    def test_the_program_refuses_and_explains(self):
        done = subprocess.run([CLI, "run", FIXED, "--set",
                               "systems.0.consensus=python:majority:Majority"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 69)
        self.assertIn("python3 -m ledgerlab run", done.stderr)

    def test_python_m_ledgerlab_runs_it(self):
        def main(*words):
            return subprocess.run([sys.executable, "-m", "ledgerlab", *map(str, words)],
                                  capture_output=True, text=True, check=False,
                                  cwd=os.path.dirname(os.path.abspath(__file__)))
        done = main("run", FIXED, "--set", "systems.0.consensus=python:majority:Majority")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("python:majority:Majority@1", done.stdout)
        self.assertEqual(main("run", "nowhere.toml").returncode, 66)
        self.assertEqual(main("run", FIXED, "--set", "seeed=1").returncode, 65)
        self.assertEqual(main("walk", FIXED).returncode, 64)
        self.assertEqual(main("run", FIXED, "--system", "x").returncode, 64)


class Documented(unittest.TestCase):
    def test_the_protocol_of_the_documentation_runs(self):
        text = (SOURCE / "docs/python.md").read_text()
        source = next(b for b in text.split("```python\n")[1:] if "class Unanimous" in b)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "documented.py").write_text(source.split("```")[0])
            sys.path.insert(0, folder)
            try:
                import documented  # type: ignore[import]
                run = ll.run(FIXED, set=as_protocol(documented.Unanimous))
            finally:
                sys.path.remove(folder)
        self.assertEqual(run.verdict, "pass")
        self.assertGreater(run.metric("throughput_tps"), 45)


class Interrupted(unittest.TestCase):
    def test_ctrl_c_between_steps_of_python(self):
        """The step that runs is finished, the figures so far are kept."""
        import signal

        sent = []

        def interrupt(progress):
            if not sent:
                sent.append(progress)
                os.kill(os.getpid(), signal.SIGINT)
        with self.assertRaises(ll.Interrupted) as caught:
            ll.run(FIXED, set=as_protocol(majority.Majority, duration="600 s"),
                   progress=interrupt)
        kept = caught.exception.result
        self.assertTrue(kept.interrupted)
        self.assertGreater(len(kept.frame("blocks")), 10)


if __name__ == "__main__":
    unittest.main()
