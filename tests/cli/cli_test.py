"""The command line as its users meet it: cli_test.py BINARY SOURCE_TREE."""
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

BINARY, TREE = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
STARTER = os.path.join(TREE, "scenarios", "starter", "raft.toml")
SHORT = ["--set", "duration=4 s", "--set", "warm_up=1 s", "--set", "drain=2 s", "--set", "faults=[]"]


class Cli(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="ledgerlab_cli_")
        self.addCleanup(shutil.rmtree, self.dir, True)

    def call(self, *words, code=0, **more):
        done = subprocess.run([BINARY, *words], cwd=self.dir, capture_output=True, text=True,
                              timeout=120, **more)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def scenario(self, text, name="s.toml"):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_platforms_run_as_they_stand(self):
        folder = os.path.join(TREE, "scenarios", "platforms")
        names = [n for n in sorted(os.listdir(folder)) if n.endswith(".toml")]
        self.assertGreaterEqual(len(names), 10)
        for name in names:
            self.call("run", os.path.join(folder, name), "--quiet", "--out", "o-" + name,
                      "--set", "duration=60 s", "--set", "warm_up=1 s", "--set", "drain=1 s")

    # --- usage and input --------------------------------------------------------------------
    def test_help_and_version(self):
        self.assertIn("Exit codes", self.call("--help").stdout)
        self.assertIn("ledgerlab 0.", self.call("--version").stdout)
        for verb in ("run", "compare", "report", "calibrate", "plan", "models", "new", "trace"):
            self.assertIn("--help", self.call(verb, "--help").stdout)

    def test_usage_errors(self):
        for words in ([], ["fly"], ["run"], ["run", STARTER, "--bogus"], ["run", STARTER, "--seeds", "0"],
                      ["run", STARTER, "--seed", "x"], ["models", "show", "rafd"]):
            done = self.call(*words, code=64)
            self.assertTrue(done.stdout + done.stderr)
        self.assertIn('did you mean "raft"', self.call("models", "show", "rafd", code=64).stderr)

    def test_bad_scenarios(self):
        system = '[[systems]]\nconsensus = "raft"\n'
        cases = {
            "[network]\nnodess = 7\n" + system: 's.toml:2:1: network.nodess: unknown key; did you mean "nodes"?',
            'duration = "60 parsecs"\n' + system: "s.toml:1:12: duration:",
            "[network]\nnodes = 4\ntopology = \"random-regular\"\ndegree = 9\n" + system: "s.toml:4:10: network.degree: impossible topology",
            "[network\n": "s.toml:1:",
            "seed = 1\n": "systems: is required",
            '[network]\nengine = "natve"\n' + system: 'did you mean "native"?',
        }
        for text, message in cases.items():
            self.scenario(text)
            for verb in ("plan", "run"):
                self.assertIn(message, self.call(verb, "s.toml", code=65).stderr)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "out")))

    def test_numbers_that_the_run_gives_no_effect_to_are_noted(self):
        chain = ('duration = "60 s"\ndrain = "10 s"\n[network]\nnodes = 3\n[clients]\n{clients}\n[[systems]]\n'
                 'consensus = "pow"\nparams = {{ block_interval = "10 s"{params} }}\n')
        cases = {
            ('model = "light"\nsources = 9', ""): "clients.sources: 9 of 3 replicas",
            ('model = "light"\nconfirmations = 8', ""): "pow: clients.confirmations 8 are more than the 7 blocks",
            ("count = 1", ', sync = "headers", sync_window = 8'): "sync_in_flight 16 is never reached",
        }
        for (clients, params), note in cases.items():
            self.scenario(chain.format(clients=clients, params=params))
            self.assertIn(note, self.call("plan", "s.toml").stdout)
        for clients, params in (('model = "light"', ""), ('model = "light"\nconfirmations = 7', ""),
                                ("count = 1", ", sync_window = 8")):
            self.scenario(chain.format(clients=clients, params=params))
            self.assertNotIn("note ", self.call("plan", "s.toml").stdout)

    def test_several_errors_at_once(self):
        self.scenario('seeed = 1\n[network]\nnodes = 0\n[[systems]]\nconsensus = "rafd"\n')
        lines = self.call("plan", "s.toml", code=65).stderr.splitlines()
        self.assertEqual(len(lines), 3, lines)

    def test_missing_inputs(self):
        self.assertIn("nowhere.toml", self.call("run", "nowhere.toml", code=66).stderr)
        self.scenario('[network]\nlatency = "nowhere"\n[[systems]]\nconsensus = "raft"\n')
        self.assertIn("s.toml:2:11: network.latency", self.call("run", "s.toml", code=66).stderr)
        self.call("trace", "nowhere.lltrace", code=66)

    def test_broken_matrix(self):
        with open(os.path.join(TREE, "scenarios", "data", "aws-21.latency"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        row = next(i for i, line in enumerate(lines) if line.startswith("from\t")) + 1
        cells = lines[row].split("\t")
        cells[2] = "0"
        lines[row] = "\t".join(cells)
        with open(os.path.join(self.dir, "broken.latency"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.scenario('[network]\nlatency = "broken"\n[[systems]]\nconsensus = "raft"\n')
        self.assertIn(f"broken.latency:{row + 1}:", self.call("plan", "s.toml", code=65).stderr)

    def test_engine_that_is_not_there(self):
        """Program and library without engine modules beside them, as where a package is missing."""
        copies = {}
        for folder, name in (("bin", "ledgerlab"), ("lib", "libledgerlab.so.0")):
            os.mkdir(os.path.join(self.dir, folder))
            copies[folder] = os.path.join(self.dir, folder, name)
            shutil.copy(os.path.join(os.path.dirname(BINARY), "..", folder, name), copies[folder])
        for engine in ("ns3", "simgrid"):
            for words in (["run", STARTER, "--set", f"network.engine={engine}"],
                          ["compare", STARTER, "--engines", f"native,{engine}"]):
                done = subprocess.run(
                    [copies["bin"], *words], cwd=self.dir,
                    env={**os.environ, "LD_LIBRARY_PATH": os.path.dirname(copies["lib"])},
                    capture_output=True, text=True, timeout=120)
                self.assertEqual(done.returncode, 69, done.stderr)
                self.assertIn(f"lib{engine}-dev", done.stderr)
                self.assertIn("native", done.stderr)

    # --- plan and models --------------------------------------------------------------------
    def test_plan_shows_topology_and_digests(self):
        text = self.call("plan", STARTER).stdout
        for word in ("diameter", "degree", "connectivity", "plan digest", "expected cost"):
            self.assertIn(word, text)
        one = json.loads(self.call("plan", STARTER, "--json").stdout)
        two = json.loads(self.call("plan", STARTER, "--json", "--seed", "2").stdout)
        self.assertNotEqual(one["systems"][0]["plan_digest"], two["systems"][0]["plan_digest"])
        canonical = self.call("plan", STARTER, "--canonical").stdout.splitlines()
        self.assertEqual(canonical, sorted(canonical))

    def test_every_scenario_that_ships_resolves(self):
        count = 0
        for folder in ("starter", "compare", "faults", "networks", "operations"):
            for name in sorted(os.listdir(os.path.join(TREE, "scenarios", folder))):
                if name.endswith(".toml"):
                    self.call("plan", os.path.join(TREE, "scenarios", folder, name))
                    count += 1
        self.assertGreaterEqual(count, 6)
        for name in os.listdir(os.path.join(TREE, "scenarios", "starter")):
            with open(os.path.join(TREE, "scenarios", "starter", name), encoding="utf-8") as file:
                self.assertLess(len(file.readlines()), 40, name)

    def test_models(self):
        self.assertIn("raft@", self.call("models").stdout)
        self.assertIn("parameters", self.call("models", "show", "consensus/raft").stdout)
        names = {(m["kind"], m["name"]) for m in json.loads(self.call("models", "list", "--json").stdout)}
        self.assertIn(("consensus", "pow"), names)
        schema = self.call("models", "schema").stdout
        self.assertIn("draft-07", json.loads(schema)["$schema"])
        with open(os.path.join(TREE, "scenarios", "schema", "scenario.schema.json"), encoding="utf-8") as file:
            self.assertEqual(file.read(), schema, "run `ledgerlab models schema` into the file")

    def test_parameters_of_targets_are_written_as_they_are_meant(self):
        words = ("--set", "n=20", "--worlds", "1", "--markdown")
        self.assertIn("|c = 1, n = 20|", self.call("validate", "G3", *words).stdout)
        self.assertIn("|p = 30 %, D", self.call("validate", "W7", "--worlds", "1", "--markdown", code=2).stdout)

    # --- run ----------------------------------------------------------------------------------
    def test_run_json(self):
        done = self.call("run", STARTER, *SHORT, "--json")
        data = json.loads(done.stdout)
        run = data["runs"][0]
        for key in ("system", "protocol", "engine", "seed", "plan_digest", "trace_hash", "violations",
                    "outcomes", "metrics", "cost"):
            self.assertIn(key, run)
        self.assertEqual(set(run["cost"]), {"wall_s", "cpu_s", "events", "deliveries", "peak_rss_bytes"})
        self.assertGreater(run["metrics"]["throughput_tps"]["value"], 0)
        self.assertNotIn("lo", run["metrics"]["throughput_tps"])
        self.assertEqual(len(run["plan_digest"]), 64)
        # The line that reproduces the run does.
        words = data["reproduce"].split(" ")[1:2] + [STARTER, "--seed", "1", *SHORT, "--json"]
        again = json.loads(self.call(*words, "--out", "again").stdout)["runs"][0]
        self.assertEqual(again["trace_hash"], run["trace_hash"])
        self.assertEqual(again["plan_digest"], run["plan_digest"])

    def test_seeds_give_intervals_and_are_resumed(self):
        first = json.loads(self.call("run", STARTER, *SHORT, "--json", "--seeds", "2", "--out", "o").stdout)
        self.assertEqual([r["seed"] for r in first["runs"]], [1, 2])
        metric = first["runs"][0]["metrics"]["throughput_tps"]
        self.assertLessEqual(metric["lo"], metric["value"])
        self.assertGreaterEqual(metric["hi"], metric["value"])
        self.assertEqual(first["summary"][0]["seeds"], 2)
        # Three seeds now: two are there, one is run.
        done = self.call("run", STARTER, *SHORT, "--seeds", "3", "--out", "o")
        self.assertIn("2 runs were there already", done.stdout)
        with sqlite3.connect(os.path.join(self.dir, "o", "results.sqlite")) as db:
            self.assertEqual(db.execute("PRAGMA user_version").fetchone()[0], 2)
            self.assertEqual(db.execute("SELECT COUNT(*) FROM runs").fetchone()[0], 3)
            self.assertEqual(db.execute("PRAGMA journal_mode").fetchone()[0], "wal")
            self.assertGreater(db.execute("SELECT COUNT(*) FROM metrics").fetchone()[0], 9)
        for name in ("scenario.toml", "versions.txt", "reproduce.txt", "plan-1.txt", "results.json", "table.txt", "report.html"):
            self.assertTrue(os.path.getsize(os.path.join(self.dir, "o", name)) > 0, name)

    def test_default_directories_do_not_collide(self):
        for number in (1, 2):
            done = self.call("run", STARTER, *SHORT, "--csv")
            self.assertIn(f"out/raft-on-five-nodes-{number}", done.stdout)
        with open(os.path.join(self.dir, "out", "raft-on-five-nodes-1", "results.csv"), encoding="utf-8") as file:
            self.assertEqual(file.readline(), "system,protocol,seed,metric,value,unit\n")
        for name in ("latency", "series", "blocks"):
            with open(os.path.join(self.dir, "out", "raft-on-five-nodes-1", name + ".csv"), encoding="utf-8") as file:
                lines = file.read().splitlines()
            self.assertGreater(len(lines), 5, name)
            self.assertEqual({line.count(",") for line in lines}, {lines[0].count(",")}, name)

    def test_quiet_says_nothing(self):
        done = self.call("run", STARTER, *SHORT, "--quiet")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_expected_outcome_that_stays_away_fails(self):
        done = self.call("run", STARTER, *SHORT, "--set", 'systems.raft.expect=["no_double_spend"]', code=1)
        self.assertIn("EXPECTED outcome no_double_spend stayed away", done.stdout)
        self.assertIn("FAIL", done.stdout)

    # --- calibrate ----------------------------------------------------------------------------
    def test_calibrated_table_can_be_named(self):
        data = json.loads(self.call("calibrate", "--seconds", "0.1", "--out", "mine.costs", "--json").stdout)
        # Without namespaces for its sandbox (a chroot, many containers) the process engine has no row.
        self.assertIn(len(data["rows"]), (27, 28))
        for row in data["rows"]:
            self.assertGreater(row["median_ps"], 0, row)
        self.assertIn("cpu", data["origin"])
        # A file that is there is not replaced unasked.
        self.assertIn("--force", self.call("calibrate", "--out", "mine.costs", code=64).stderr)
        self.scenario('duration = "4 s"\nwarm_up = "1 s"\n[hardware]\ncost_table = "mine"\n'
                      '[[systems]]\nconsensus = "raft"\n')
        mine = json.loads(self.call("run", "s.toml", "--json").stdout)["runs"][0]
        self.assertTrue(any("cost table mine" in line for line in mine["card"]), mine["card"])
        usual = json.loads(self.call("plan", "s.toml", "--json", "--set", 'hardware.cost_table="reference"').stdout)
        self.assertNotEqual(mine["plan_digest"], usual["systems"][0]["plan_digest"])
        # Without one of its rows it is refused, by the row's name.
        path = os.path.join(self.dir, "mine.costs")
        with open(path, encoding="utf-8") as file:
            rows = [line for line in file if not line.startswith("state_update")]
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(rows)
        self.assertIn('no row for the operation "state_update"', self.call("run", "s.toml", code=65).stderr)
        self.assertIn("written: other.costs", self.call("calibrate", "--seconds", "0.1", "--out", "other.costs").stdout)

    # --- things that go wrong outside --------------------------------------------------------
    def test_unwritable_results(self):
        done = self.call("run", STARTER, *SHORT, "--out", "/proc/ledgerlab/out", code=74)
        self.assertIn("results cannot be written", done.stderr)
        self.assertIn("committed, tx/s", done.stdout)   # what was computed is still told

    def test_full_disk(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        done = self.call("run", STARTER, *SHORT, "--out", "o", code=74, preexec_fn=limit)
        self.assertIn("results cannot be written", done.stderr)
        self.assertIn("committed, tx/s", done.stdout)

    def test_interrupt_keeps_what_is_finished(self):
        process = subprocess.Popen([BINARY, "run", STARTER, *SHORT, "--seeds", "100000", "--out", "o"],
                                   cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        path = os.path.join(self.dir, "o", "results.sqlite")
        count = 0
        deadline = time.time() + 60
        while count < 2 and time.time() < deadline:
            time.sleep(0.05)
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                    count = db.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
            except sqlite3.OperationalError:
                pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("committed, tx/s", out)
        with sqlite3.connect(path) as db:
            self.assertGreaterEqual(db.execute("SELECT COUNT(*) FROM runs WHERE interrupted = 0").fetchone()[0], 2)

    def test_kill_loses_only_the_run_in_flight(self):
        process = subprocess.Popen([BINARY, "run", STARTER, *SHORT, "--seeds", "100000", "--out", "o"],
                                   cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = os.path.join(self.dir, "o", "results.sqlite")
        count = 0
        deadline = time.time() + 60
        while count < 2 and time.time() < deadline:
            time.sleep(0.05)
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                    count = db.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
            except sqlite3.OperationalError:
                pass
        process.kill()
        process.wait()
        done = self.call("run", STARTER, *SHORT, "--seeds", "2", "--out", "o")
        self.assertIn("2 runs were there already", done.stdout)

    # --- trace ---------------------------------------------------------------------------------
    def test_trace(self):
        self.call("run", STARTER, *SHORT, "--trace", "--out", "o")
        files = [f for f in os.listdir(os.path.join(self.dir, "o")) if f.endswith(".lltrace")]
        self.assertEqual(len(files), 1)
        path = os.path.join("o", files[0])
        lines = self.call("trace", path, "--limit", "50").stdout.splitlines()
        self.assertGreaterEqual(len(lines), 50)
        finals = self.call("trace", path, "--node", "0", "--type", "final").stdout
        self.assertIn("final", finals)
        self.assertNotIn("deliver", finals)

    # --- new -----------------------------------------------------------------------------------
    def test_new(self):
        tree = os.path.join(self.dir, "tree")
        shutil.copytree(os.path.join(TREE, "models", "consensus", "fixed_leader"),
                        os.path.join(tree, "models", "consensus", "fixed_leader"))
        self.call("new", "consensus", "mine_too", "--tree", tree)
        made = os.path.join(tree, "models", "consensus", "mine_too")
        names = sorted(os.listdir(made))
        self.assertIn("CMakeLists.txt", names)
        self.assertTrue(any(name.startswith("mine_too") for name in names), names)
        for folder, _, files in os.walk(made):
            for name in files:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                self.assertNotIn("fixed_leader", text, name)
                self.assertNotIn("FixedLeader", text, name)
        self.assertIn("is there already", self.call("new", "consensus", "mine_too", "--tree", tree, code=64).stderr)
        for bad in ("Mine", "1st", "a__b", "a/b", "", "x" * 41, "a_"):
            self.assertIn("no good name", self.call("new", "consensus", bad, "--tree", tree, code=64).stderr)
        self.call("new", "ledger", "mine", "--tree", tree, code=64)
        self.call("new", "consensus", "other", "--tree", self.dir, code=66)


    # --- store ---------------------------------------------------------------------------------
    def test_store(self):
        chain = os.path.join(TREE, "tests", "storage", "testdata", "chain.rlp")
        genesis = ["--genesis", os.path.join(TREE, "tests", "storage", "testdata", "genesis.json")]
        lines = lambda *words: dict(line.split(None, 1) for line in
                                    self.call("store", *words).stdout.splitlines()
                                    if " " in line)
        digests = set()
        for mode in ("files", "sqlite", "leveldb"):
            told = lines("import", mode, chain, *genesis, "--mode", mode)
            self.assertEqual(told["imported"], "12 blocks, 1 were there")
            self.assertEqual(lines("info", mode)["mode"], mode)
            self.assertEqual(lines("verify", mode)["digest"], told["digest"])
            digests.add(told["digest"])
            self.assertIn("0 blocks, 13", lines("import", mode, chain, *genesis, "--mode", mode)["imported"])
        self.assertEqual(len(digests), 1)
        self.assertEqual(lines("convert", "sqlite", "copy", "--mode", "leveldb")["digest"], digests.pop())
        self.assertEqual(lines("prune", "copy", "--keep", "3")["states"], "10 to 12 (keep 3)")
        self.call("store", "snapshot", "files", "snap", "--block", "9")
        head = lines("restore", "back", "snap", "--mode", "sqlite")["head"]
        self.assertTrue(head.startswith("9 "), head)
        self.assertIn("states", lines("import", "back", chain, *genesis, "--mode", "sqlite"))
        self.assertTrue(lines("verify", "back")["head"].startswith("12 "))
        # A blob by the transaction that anchors it (block 4 of the chain).
        transaction = "792262267ae2135841228641c71a8670d14f7a367be582a3d5b38b71b100781d"
        with open(os.path.join(self.dir, "text"), "w", encoding="utf-8") as file:
            file.write("anchored text")
        self.call("store", "put-blob", "files", "text")
        self.call("store", "get-blob", "files", transaction, "again")
        with open(os.path.join(self.dir, "again"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "anchored text")
        # What is wrong is told, and nothing is served.
        self.assertIn("there is no transaction",
                      self.call("store", "get-blob", "files", "ab" * 32, "x", code=66).stderr)
        error = lambda code, *words: self.call("store", *words, code=code).stderr
        self.assertIn("not of 00", error(1, "restore", "x", "snap", "--block-hash", "0" * 64))
        path = os.path.join(self.dir, "snap")
        with open(path, "r+b") as file:
            file.seek(900)
            byte = file.read(1)
            file.seek(900)
            file.write(bytes([byte[0] ^ 1]))
        self.assertIn("chunk 1 is not what was written", error(1, "restore", "y", "snap"))
        self.assertIn("is not kept; 10 to 12 are", error(64, "snapshot", "copy", "z", "--block", "9"))
        self.assertIn("holds a files store", error(64, "import", "files", chain, *genesis, "--mode", "sqlite"))
        self.assertIn("holds no store", error(66, "verify", "nowhere"))
        self.assertIn("keeps no files", error(64, "import", "m", chain, *genesis, "--mode", "memory"))
        with open(os.path.join(self.dir, "files", "0-0.log"), "r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(bytes([byte[0] ^ 1]))
        self.assertIn("0-0.log", error(1, "verify", "files"))

    def import_chain(self, folder):
        data = os.path.join(TREE, "tests", "storage", "testdata")
        self.call("store", "import", folder, os.path.join(data, "chain.rlp"),
                  "--genesis", os.path.join(data, "genesis.json"))

    def test_store_paths(self):
        data = os.path.join(TREE, "tests", "storage", "testdata")
        chain, genesis = os.path.join(data, "chain.rlp"), os.path.join(data, "genesis.json")
        error = lambda code, *words: self.call("store", *words, code=code).stderr
        there = lambda name: os.path.exists(os.path.join(self.dir, name))
        self.import_chain("s")
        # Not there to be read: 66; cannot be written: 74.
        self.assertIn("is a folder", error(66, "import", "x", ".", "--genesis", genesis))
        self.assertIn("is a folder", error(66, "import", "x", chain, "--genesis", "."))
        self.assertIn("/proc/x", error(74, "import", "/proc/x", chain, "--genesis", genesis))
        self.assertIn("/nope/sn", error(74, "snapshot", "s", "/nope/sn"))
        with open(os.path.join(self.dir, "in"), "w", encoding="utf-8") as file:
            file.write("text")
        self.assertIn("holds no store", error(66, "put-blob", "nope", "in"))
        self.assertFalse(there("nope"))
        anchor = self.call("store", "put-blob", "s", "in").stdout.split()[1]
        self.assertIn("holds no store", error(66, "get-blob", "nope", anchor, "out"))
        self.assertFalse(there("nope"))
        self.assertIn("/nope/x", error(74, "get-blob", "s", anchor, "/nope/x"))
        self.assertIn("no file", error(74, "get-blob", "s", anchor, "."))
        self.assertFalse(there("..part"))
        absent = anchor[:14] + "0" * 64 + anchor[78:]
        self.assertIn("holds no blob", error(66, "get-blob", "s", absent, "out"))
        # A copy has the blobs, and is another folder.
        self.assertIn("one folder", error(64, "convert", "s", "./s"))
        told = self.call("store", "convert", "s", "copy", "--mode", "sqlite").stdout
        self.assertRegex(told, r"(?m)^blobs +1$")
        self.call("store", "get-blob", "copy", anchor, "out")
        with open(os.path.join(self.dir, "out"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "text")
        self.import_chain("plain")
        self.assertIn("holds no blob", error(66, "get-blob", "plain", anchor, "out"))
        self.assertFalse(there("plain/blobs"))
        # A damaged blob is not copied, and no chain without it is left.
        name = next(n for n in os.listdir(os.path.join(self.dir, "s", "blobs")) if n.endswith(".chunk"))
        with open(os.path.join(self.dir, "s", "blobs", name), "w", encoding="utf-8") as file:
            file.write("tExt")
        self.assertIn("is not what was stored", error(1, "convert", "s", "half"))
        self.assertIn("holds", error(66, "info", "half"))
        told = error(64, "verifi", "s")
        self.assertIn('there is no verb "store verifi"; did you mean "store verify"?', told)

    def test_store_genesis(self):
        chain = os.path.join(TREE, "tests", "storage", "testdata", "chain.rlp")
        account = "1" * 40
        for text, told in (("[]", 'expected an object with the key "alloc"'),
                           ("{}", 'the key "alloc", an object of accounts by address, is missing'),
                           ('{"alloc":7}', "alloc: expected an object of accounts, not 7"),
                           ('{"alloc":{"12":{}}}', "alloc: 12: not 20 bytes: 12"),
                           ('{"alloc":{"%s":{"balance":[]}}}' % account,
                            f"alloc: {account}: balance: expected a number or text with one, not array"),
                           ('{"alloc":{},"config":{"chainId":true}}', "config: chainId: expected a number"),
                           ('{"alloc":{},"gasLimit":"zz"}', "gasLimit: not a number of 256 bits: zz"),
                           ('{"alloc":', "no JSON: parse error at line 1")):
            with open(os.path.join(self.dir, "g.json"), "w", encoding="utf-8") as file:
                file.write(text)
            error = self.call("store", "import", "x", chain, "--genesis", "g.json", code=65).stderr
            self.assertIn("g.json: " + told, error)
            self.assertNotIn("json.exception", error)

    def test_blobs(self):
        self.import_chain("s")
        for size in (0, 5, 3_000_000):
            content = os.urandom(size)
            with open(os.path.join(self.dir, "in"), "wb") as file:
                file.write(content)
            anchor = self.call("store", "put-blob", "s", "in").stdout.split()[1]
            self.call("store", "get-blob", "s", anchor, "out")
            with open(os.path.join(self.dir, "out"), "rb") as file:
                self.assertEqual(file.read(), content)
        blobs = os.path.join(self.dir, "s", "blobs")
        for name in os.listdir(blobs):
            if name.endswith(".chunk"):
                os.remove(os.path.join(blobs, name))
        told = self.call("store", "get-blob", "s", anchor, "none", code=1).stderr
        self.assertIn("is missing", told)
        self.assertFalse([n for n in os.listdir(self.dir) if n.startswith("none")])
        self.call("store", "get-blob", "s", "zz", "none", code=64)


if __name__ == "__main__":
    unittest.main(verbosity=1)
