"""HTML reports of real runs: report_test.py BINARY SOURCE_TREE.

A page must hold its sections, be well-formed, and reach for nothing outside itself; known-bad twins
of a page show that the checks can fail.
"""
import html.parser
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

BINARY, TREE = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
STARTER = os.path.join(TREE, "scenarios", "starter", "raft.toml")
SHORT = ["--set", "duration=6 s", "--set", "warm_up=1 s", "--set", "drain=2 s",
         "--set", 'faults=[{kind="crash", target="leader", at="2 s", for="2 s"}]']
SECTIONS = ["systems", "figures", "latency", "time", "blocks", "faults", "findings", "card", "runs",
            "definitions"]
VOID = {"meta", "br", "hr", "col", "wbr"}
REACHING_TAGS = {"script", "link", "iframe", "object", "embed", "img", "image", "base", "form", "audio",
                 "video", "source", "use", "foreignobject", "frame", "animate", "set"}
REACHING_ATTRIBUTES = {"src", "srcset", "action", "formaction", "poster", "data", "background", "ping",
                       "xlink:href"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Page(html.parser.HTMLParser):
    """What is wrong with a page, and what it holds."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.ids, self.open, self.texts, self.policies = [], [], [], [], []
        self.headings = []
        self.feed(text)
        self.close()
        for tag in self.open:
            self.faults.append(f"<{tag}> is never closed")
        if self.policies != [POLICY]:
            self.faults.append(f"content security policy is {self.policies}")
        if not text.startswith("<!DOCTYPE html>"):
            self.faults.append("no doctype")
        for word in ("http://", "https://", "@import", "url(", "src=", "javascript:"):
            if word in text.replace("http://www.w3.org/2000/svg", ""):
                self.faults.append(f"{word} in the page")
        for drawing in re.findall(r"<svg\b.*?</svg>", text, re.S):
            try:
                xml.etree.ElementTree.fromstring(drawing)
            except xml.etree.ElementTree.ParseError as error:
                self.faults.append(f"a drawing is no XML: {error}")

    def handle_starttag(self, tag, attrs):
        if tag in REACHING_TAGS:
            self.faults.append(f"<{tag}>")
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(values["content"])
        elif tag == "meta" and "http-equiv" in values:
            self.faults.append(f"<meta {values}>")
        for name, value in attrs:
            if name in REACHING_ATTRIBUTES or name.startswith("on"):
                self.faults.append(f"{name}={value!r}")
            if name == "href" and not (value or "").startswith("#"):
                self.faults.append(f"href={value!r}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)

    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


class Report(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="ledgerlab_report_")
        self.addCleanup(shutil.rmtree, self.dir, True)

    def call(self, *words, code=0):
        done = subprocess.run([BINARY, *words], cwd=self.dir, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def read(self, *path):
        with open(os.path.join(self.dir, *path), encoding="utf-8") as file:
            return file.read()

    def page(self, *path):
        page = Page(self.read(*path))
        self.assertEqual(page.faults, [])
        self.assertEqual([one for one in page.ids if one in SECTIONS], SECTIONS)
        for link in re.findall(r'href="#([^"]*)"', self.read(*path)):
            self.assertIn(link, page.ids)
        return page

    def test_page_of_a_run(self):
        done = self.call("run", STARTER, *SHORT, "--out", "o")
        self.assertEqual(done.stdout.splitlines()[-1], "report: o/report.html")
        text = self.page("o", "report.html").text()
        with sqlite3.connect(os.path.join(self.dir, "o", "results.sqlite")) as db:
            digest, trace = db.execute("SELECT plan_digest, trace_hash FROM runs").fetchone()
        for word in (digest, trace, "raft on five nodes", "pass", "seed 1", "crash of node",
                     "consensus raft@1: real", "Latency by region of the clients", "Storage growth",
                     "finality latency p50, ms", "median finality latency", "--seed 1"):
            self.assertIn(word, text)
        # Written again from the directory or its database alone: the same bytes.
        first = self.read("o", "report.html")
        os.remove(os.path.join(self.dir, "o", "report.html"))
        self.assertEqual(self.call("report", "o").stdout, "o/report.html\n")
        self.assertEqual(self.read("o", "report.html"), first)
        self.call("report", "o/results.sqlite", "--out", "elsewhere.html")
        self.assertEqual(self.read("elsewhere.html"), first)

    def test_page_of_a_comparison_with_seeds_and_evil_names(self):
        evil = "<script>alert(1)</script> & 'raft'"
        scenario = 'name = "%s"\nduration = "5 s"\nwarm_up = "1 s"\ndrain = "5 s"\n[network]\nnodes = 4\n' % evil
        scenario += '[[systems]]\nconsensus = "raft"\nname = "%s"\n' % evil
        scenario += '[[systems]]\nconsensus = "pow"\nname = "chain"\nparams = { block_interval = "1 s" }\n'
        with open(os.path.join(self.dir, "s.toml"), "w", encoding="utf-8") as file:
            file.write(scenario)
        done = subprocess.run([BINARY, "compare", "s.toml", "--seeds", "3", "--out", "o"], cwd=self.dir,
                              capture_output=True, text=True, timeout=120)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        page = self.page("o", "report.html")
        text = page.text()
        self.assertGreaterEqual(text.count(evil), 4)
        for word in ("baseline", "3 seeds, 1 to 3", "Medians over the seeds", "risk 0.", "lottery",
                     "Producers: chain", "settlement at the risk shown"):
            self.assertIn(word, text)
        # The directory holds three seeds; who asks for one gets a page of one.
        subprocess.run([BINARY, "compare", "s.toml", "--out", "o"], cwd=self.dir, capture_output=True, timeout=120)
        self.call("report", "o")
        text = self.page("o", "report.html").text()
        self.assertNotIn("3 seeds", text)
        self.assertNotIn("Medians over the seeds", text)

    def test_what_cannot_be_reported_is_said(self):
        self.assertIn("no results.sqlite", self.call("report", "nowhere", code=66).stderr)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "nowhere")))
        self.call("run", STARTER, *SHORT, "--out", "o")
        # Killed before its end: what has finished is reported.
        with sqlite3.connect(os.path.join(self.dir, "o", "results.sqlite")) as db:
            db.execute("DELETE FROM about WHERE key = 'run'")
        self.call("report", "o")
        self.assertIn("crash of node", self.page("o", "report.html").text())
        with sqlite3.connect(os.path.join(self.dir, "o", "results.sqlite")) as db:
            db.execute("DELETE FROM about")
        self.assertIn("run the scenario again", self.call("report", "o", code=66).stderr)
        self.call("run", STARTER, *SHORT, "--out", "o")
        self.assertIn("cannot write", self.call("report", "o", "--out", "no/such/file.html", code=74).stderr)
        self.call("report", code=64)

    def test_everything_kept_is_documented(self):
        self.call("run", STARTER, *SHORT, "--out", "o", "--csv", "--seeds", "2")
        with open(os.path.join(TREE, "docs", "reports.md"), encoding="utf-8") as file:
            text = file.read()
        told = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`([^`]*)`", text))))
        data = json.loads(self.read("o", "results.json"))
        run = data["runs"][0]
        names = set(data) | set(run) | set(data["summary"][0]) | set(run["cost"]) | set(run["measured"])
        names |= set(run["latency"][0]) | set(run["faults"][0]) | set(run["series"]["committed_tps"])
        with sqlite3.connect(os.path.join(self.dir, "o", "results.sqlite")) as db:
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self.assertGreater(len(tables), 9)
            for table in tables:
                names |= {table} | {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
        for name in ("results", "latency", "series", "blocks"):
            names |= set(self.read("o", name + ".csv").splitlines()[0].split(","))
        self.assertEqual(sorted(names - told), [])
        with open(os.path.join(TREE, "docs", "metrics.md"), encoding="utf-8") as file:
            metrics = file.read()
        for name in list(run["metrics"]) + list(run["series"]):
            self.assertIn(f"`{name}`", metrics)

    def test_twins_are_caught(self):
        self.call("run", STARTER, *SHORT, "--out", "o")
        good = self.read("o", "report.html")
        self.assertEqual(Page(good).faults, [])
        twins = {
            "script": good.replace("</body>", "<script>1</script></body>"),
            "script from outside": good.replace("</body>", '<script src="https://x.org/a.js"></script></body>'),
            "image": good.replace("</body>", '<img src="//x.org/a.png"></body>'),
            "font": good.replace("<style>", "<style>@import '//x.org/f.css';"),
            "ground": good.replace("<style>", "<style>body{background:url(//x.org/a.png)}"),
            "link": good.replace("</body>", '<a href="//x.org">x</a></body>'),
            "handler": good.replace("<main>", '<main onclick="x()">'),
            "policy": good.replace("default-src 'none'", "default-src *"),
            "refresh": good.replace("<meta name", '<meta http-equiv="refresh" content="0;x"><meta name', 1),
            "unclosed": good.replace("</main>", ""),
            "drawing": good.replace('role="img"', "role=img", 1),
            "plain address": good.replace("</main>", "http://x.org</main>"),
        }
        caught = 0
        for name, twin in twins.items():
            self.assertNotEqual(twin, good, name)
            self.assertTrue(Page(twin).faults, f"the twin '{name}' was not caught")
            caught += 1
        print(f"reports: caught {caught} of {len(twins)}")


if __name__ == "__main__":
    unittest.main(verbosity=1)
