"""The stub says what `_core` is (mypy.stubtest), and the package passes mypy --strict."""
import ast
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import ledgerlab._core

SOURCE = Path(os.environ["LEDGERLAB_SOURCE"])


# What pybind11 gives every class: a metaclass, and an __init__ that refuses where there is none.
ALLOWED = r"""ledgerlab\._core\.[A-Z]\w+
ledgerlab\._core\.(Block|Payload|Record|Result)\.__init__
"""


def signatures(tree):
    """Names of parameters by function, as the stub has them; the first of overloads."""
    found = {}
    for scope in [tree, *(c for c in tree.body if isinstance(c, ast.ClassDef))]:
        for f in scope.body:
            if isinstance(f, ast.FunctionDef) and not any(
                    isinstance(d, ast.Name) and d.id == "property" for d in f.decorator_list):
                names = [a.arg for a in f.args.args if a.arg != "self"]
                found.setdefault((getattr(scope, "name", ""), f.name), (names, len(f.args.defaults)))
    return found


def runtime_signature(text):
    """The same from pybind11's docstring: name(self: T, to: int, gated: bool = True) -> None."""
    line = next(l for l in text.split("\n") if "->" in l and not l.startswith("Overloaded"))
    inner = line[line.index("(") + 1:line.rindex(") ->")]
    pairs = re.findall(r"(?:^|, )(\w+): (?:[^,\[\]]|\[[^\]]*(?:\[[^\]]*\])?[^\]]*\])*", inner)
    defaults = len(re.findall(r" = ", inner))
    return [p for p in pairs if p not in ("self", "arg0")], defaults


def python(*words, **more):
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True,
                          check=False, **more)


class Typing(unittest.TestCase):
    def stubtest(self, stub):
        """stubtest of a copy of the package whose `_core.pyi` has this text."""
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "ledgerlab")
            package.mkdir()
            for file in (SOURCE / "pybind/ledgerlab").iterdir():
                if file.is_file():
                    (package / file.name).write_text(file.read_text())
            (package / "_core.pyi").write_text(stub)
            core = Path(ledgerlab._core.__file__)
            (package / core.name).symlink_to(core)
            allowed = Path(folder, "allowed")
            allowed.write_text(ALLOWED)
            return python("-m", "mypy.stubtest", "--ignore-missing-stub", "--allowlist", allowed,
                          "--ignore-positional-only", "ledgerlab._core",
                          cwd=folder, env={**os.environ, "MYPYPATH": folder, "PYTHONPATH": folder})

    def test_the_stub_is_true(self):
        stub = (SOURCE / "pybind/ledgerlab/_core.pyi").read_text()
        done = self.stubtest(stub)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        wrong = self.stubtest(stub.replace("def is_set(", "def is_sett("))
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("is_sett", wrong.stdout)

    def test_the_stub_is_whole(self):
        """What --ignore-missing-stub passes over: names of the module that the stub lacks."""
        stub = (SOURCE / "pybind/ledgerlab/_core.pyi").read_text()
        for name in vars(ledgerlab._core):
            if not name.startswith("_"):
                self.assertTrue(f"class {name}" in stub or f"def {name}(" in stub, name)
        for name in vars(ledgerlab._core.ProtocolBase):
            if not name.startswith("_"):
                self.assertIn(f"def {name}(", stub)

    def test_parameters_are_called_as_the_stub_says(self):
        stub = ast.parse((SOURCE / "pybind/ledgerlab/_core.pyi").read_text())
        for (scope, name), expected in signatures(stub).items():
            if name.startswith("__"):
                continue
            owner = getattr(ledgerlab._core, scope) if scope else ledgerlab._core
            found = runtime_signature(getattr(owner, name).__doc__)
            self.assertEqual(found, expected, (scope, name, getattr(owner, name).__doc__))

    def test_the_package_passes_mypy(self):
        done = python("-m", "mypy", "--config-file", SOURCE / "pyproject.toml",
                      "--cache-dir", os.path.join(tempfile.gettempdir(), "ledgerlab-mypy"),
                      SOURCE / "pybind/ledgerlab", cwd=SOURCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
