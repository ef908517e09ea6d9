"""Executes the notebooks, each in less than 60 s, and looks at what their cells gave. What is stored
in them was executed once; figures in it may be those of an older model.

`test_notebooks.py --store` executes them and writes the outputs into the files."""
import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

import nbclient
import nbformat

SOURCE = Path(os.environ.get("LEDGERLAB_SOURCE", Path(__file__).resolve().parents[2]))
# What must come out, whatever the figures are.
FACTS = {
    "first_comparison": ["<Comparison .*raft, pbft, praos, pow;.*; pass>",
                         *(rf"^{s} +\d+ +\d+ " for s in ("raft", "pbft", "praos")),
                         r"pow +\d+ +[1-9]\d* ", "ledgerlab compare scenarios/compare/families"],
    "own_protocol": ["OneThirdRule: nothing found in 20 seeds",
                     r"HalfIsEnough: \d+ findings in 20 seeds", "violation of agreement",
                     "^fail ", "^pass 0"]}
NOTEBOOKS = sorted((SOURCE / "notebooks").glob("*.ipynb"))


def execute(path):
    """The notebook as a kernel of this Python runs it, in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "jupyter/kernels/ledgerlab/kernel.json")
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({
            "argv": [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "ledgerlab", "language": "python"}))
        os.environ["JUPYTER_PATH"] = str(Path(folder, "jupyter"))
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
        os.environ["IPYTHONDIR"] = str(Path(folder, "ipython"))
        nbclient.NotebookClient(notebook, timeout=60, kernel_name="ledgerlab",
                                resources={"metadata": {"path": folder}}).execute()
    return notebook


def texts(notebook):
    """What the cells printed or showed as text: no pictures, no addresses of objects."""
    out = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            text = output.get("text", data.get("text/plain", ""))
            if "image/png" not in data:
                out.append(text)
    return out


class Notebooks(unittest.TestCase):
    def test_there_are_two(self):
        self.assertEqual([p.stem for p in NOTEBOOKS], ["first_comparison", "own_protocol"])

    def test_they_do_what_they_show(self):
        for path in NOTEBOOKS:
            with self.subTest(path.stem):
                done = execute(path)
                shown = [[[sorted(o.get("data", {})) for o in c.get("outputs", [])]
                          for c in n.cells] for n in (nbformat.read(path, as_version=4), done)]
                self.assertEqual(shown[0], shown[1],
                                 "tests/python/test_notebooks.py --store writes them anew")
                told = "\n".join(texts(done))
                for fact in FACTS[path.stem]:
                    self.assertRegex(told, re.compile(fact, re.M))

    def test_the_protocol_has_fewer_than_60_lines_and_is_the_tested_one(self):
        notebook = nbformat.read(SOURCE / "notebooks/own_protocol.ipynb", as_version=4)
        source = next(c.source for c in notebook.cells if "class OneThirdRule" in c.source)
        self.assertLess(len([l for l in source.split("\n") if l.strip()]), 60)
        tested = (SOURCE / "tests/python/one_third.py").read_text()
        self.assertIn(source.strip(), tested)

    def test_they_are_small(self):
        for path in NOTEBOOKS:
            self.assertLess(path.stat().st_size, 400_000, path)


if __name__ == "__main__":
    if sys.argv[1:] == ["--store"]:
        for notebook_path in NOTEBOOKS:
            made = execute(notebook_path)
            for made_cell in made.cells:
                made_cell.metadata.pop("execution", None)  # times of this machine
            nbformat.write(made, notebook_path)
    else:
        unittest.main()
