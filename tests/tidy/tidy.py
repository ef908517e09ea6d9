"""Style as a test: floors of the house, banned calls, lengths, sizes, machine paths.

usage: tidy.py --source ROOT [--build BUILD]

Reads the sources and, with --build, the real include closure that the compiler saw
(`ninja -t deps`). Prints one line a finding, `rule: file:line: what`, and exits 1 if there is any.
"""
import argparse
import json
import os
import re
import subprocess
import sys
from typing import NamedTuple

FUNCTION_LINES_MAX = 90
FILE_LINES_MAX = 800
FILE_BYTES_MAX = 1 << 20


class Finding(NamedTuple):
    rule: str
    file: str  # or "from -> to"
    line: int
    what: str

    def __str__(self):
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.rule}: {place}: {self.what}"


# --- floors (DESIGN.md 2) ------------------------------------------------------------------------

# Folders whose floor is fixed. Inside one floor the number after the point orders those that
# stand on one another: codec and crypto on base, parts on api.
FLOORS = {
    "models/base": 0.0, "models/codec": 0.1, "models/crypto": 0.2,
    "models/api": 1.0, "models/parts": 1.1, "sim/kernel": 1.0, "sim/record": 1.0,
    "sim/topology": 1.0, "models/stack": 2.0, "sim/engine": 2.0,
    "sim/host": 3.0, "sim/scenario": 4.0, "sim/measure": 4.1, "sim/run": 4.2,
    "sim/report": 5.0, "sim/validate": 5.0, "sim/calibrate": 5.0, "conformance": 5.1,
    "cli": 6.0, "pybind": 6.0,
}
# Every other folder of models/ is a kind, with one module in each folder below it.
MODULE_FLOOR = 2.0


class Unit(NamedTuple):
    """A folder that arrows are drawn between."""
    name: str
    floor: float


def unit_of(path):
    """The unit a file belongs to; None for what stands outside the house (tests, generated)."""
    parts = path.split("/")
    if path.endswith(("_test.cpp", "_test.hpp")) or parts[0] not in ("models", "sim", "conformance", "cli", "pybind"):
        return None
    if parts[0] in FLOORS:
        return Unit(parts[0], FLOORS[parts[0]])
    folder = "/".join(parts[:2])
    if folder == "sim/engine" and len(parts) > 3:
        return Unit("/".join(parts[:3]), MODULE_FLOOR + 0.1)
    if folder in FLOORS:
        return Unit(folder, FLOORS[folder])
    if parts[0] == "models" and len(parts) > 2:
        return Unit("/".join(parts[:3]) if len(parts) > 3 else folder, MODULE_FLOOR)
    return Unit(folder, -1.0)


def arrow_fault(source, target):
    """Why `source` must not include `target`; None if it may."""
    if source.name == target.name:
        return None
    if source.floor < 0 or target.floor < 0:
        nameless = source if source.floor < 0 else target
        return f"{nameless.name} stands on no floor (tests/tidy/tidy.py, FLOORS)"
    if source.name.startswith("models/") and target.name.startswith("sim/"):
        return "a model includes nothing of sim/"
    if source.name.startswith("sim/engine") and not (
            target.name in ("models/base", "sim/kernel", "sim/engine")):
        return "an engine includes only models/base and sim/kernel"
    if target.floor > source.floor:
        return f"upward, from floor {source.floor:.0f} to floor {target.floor:.0f}"
    if target.floor == source.floor:
        return f"sideways, on floor {source.floor:.0f}"
    return None


# --- reading C++ ---------------------------------------------------------------------------------

RAW_OR_COMMENT_OR_TEXT = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r"|//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)


def code_only(text):
    """The text with comments and literals blanked; line numbers stay."""
    return RAW_OR_COMMENT_OR_TEXT.sub(lambda m: " " + "\n" * m.group(0).count("\n"), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def resolve_include(source, name, known):
    """The file of the tree an include names: from the root, or beside the including file."""
    for candidate in (name, os.path.join(os.path.dirname(source), name)):
        candidate = os.path.normpath(candidate)
        if candidate in known:
            return candidate
    return None


SCOPE_HEAD = re.compile(r"^(?:(?:inline|static|constexpr|typedef|export)\s+)*"
                        r"(?:class|struct|union|enum|namespace|extern)\b")
LABEL = re.compile(r"\b(?:public|private|protected)\s*:(?!:)")
TEMPLATE = re.compile(r"template\s*<[^{};]*?>\s*(?=[\w:\[~])")


def opens(head):
    """What a brace with this text before it begins: "scope", "function" or "data"."""
    head = TEMPLATE.sub("", LABEL.sub("", head)).strip()
    if SCOPE_HEAD.match(head):
        return "scope"
    if head.endswith("=") or (head and ")" not in head):
        return "data"
    return "function"


def functions(code):
    """(first line, last line) of each function that is not inside another one."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", code, flags=re.M)
    stack, head, head_line, line = [], "", 1, 1
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            inside = any(kind != "scope" for kind, _ in stack)
            stack.append(("data" if inside else opens(head), head_line))
            head = ""
        elif char == "}" and stack:
            kind, begin = stack.pop()
            if kind == "function":
                yield begin, line
            head = ""
        elif char == ";":
            head = ""
        else:
            if not head.strip():
                head_line = line
            head += char


# --- the tree ------------------------------------------------------------------------------------

LOOKUP = "models/base/lookup.hpp"  # the one wrapper without begin and end
COUNTED = ("models/", "sim/kernel/", "sim/host/", "sim/engine/")
BANNED = [
    ("banned-include", re.compile(r"#[ \t]*include[ \t]*<(cmath|math\.h|random|ctime|time\.h)>"),
     "last bits differ between machines, or it reads a clock; use models/base"),
    ("banned-floating", re.compile(r"\b(?:double|float)\b"),
     "nothing that reaches an effect or the trace uses floating point (DESIGN 13.5)"),
    ("banned-floating", re.compile(r"(?<![\w.'])(?:\d[\d']*\.\d*|\.\d+|\d[\d']*(?=[eE][+-]?\d))"
                                   r"(?:[eE][+-]?\d+)?[fFlL]?(?![\w.])"),
     "a floating-point literal (DESIGN 13.5)"),
    ("banned-clock", re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock|"
                                r"clock_gettime|gettimeofday)\b"),
     "time comes from the input (DESIGN 3)"),
    ("banned-random", re.compile(r"\b(?:random_device|mt19937(?:_64)?|srand|getrandom)\b"
                                 r"|\b(?:std::)?rand\s*\("),
     "draws come from models/base (DESIGN 4)"),
    ("banned-unordered", re.compile(r"\bstd::unordered_\w+"),
     f"its order may reach an effect; use a lookup without begin and end ({LOOKUP})"),
]
# Simulators of others keep time and rates in floating point: their adapters round (DESIGN 13.7).
ADAPTERS = ("sim/engine/simgrid/", "sim/engine/ns3/")
MACHINE_PATH = re.compile(r"(?<![\w.})*/-])/(?:home|root|work|Users)/[\w.]")
CODE_TOPS = ("models/", "sim/", "cli/", "conformance/", "pybind/", "tests/")


def tracked_files(root):
    """The tracked files; without git every file that is neither hidden nor built."""
    if os.path.exists(os.path.join(root, ".git")):
        try:
            listed = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"],
                check=True, stdout=subprocess.PIPE).stdout.decode()
            return sorted(name for name in listed.split("\0")
                          if name and os.path.isfile(os.path.join(root, name)))
        except FileNotFoundError:
            pass
    found = []
    for folder, folders, names in os.walk(root):
        inner = os.path.relpath(folder, root)
        folders[:] = [name for name in folders if name not in (".git", "__pycache__") and
                      not (inner == "." and name in ("build", "out"))]
        found += [os.path.normpath(os.path.join(inner, name)) for name in names]
    return sorted(found)


def check_code(path, text, known):
    """Findings in one C++ file."""
    found = []
    code = code_only(text)
    unit = unit_of(path)
    if unit:
        for match in INCLUDE.finditer(text):
            target = resolve_include(path, match.group(1) or match.group(2), known)
            target_unit = unit_of(target) if target else None
            if target and not target_unit and not target.startswith("build/"):
                fault = "the product includes nothing of the tests"
            else:
                fault = target_unit and arrow_fault(unit, target_unit)
            if fault:
                found.append(Finding("floors", f"{path} -> {target}",
                                     line_of(text, match.start()), fault))
    if path.startswith(COUNTED) and not path.endswith("_test.cpp"):
        for rule, pattern, why in BANNED:
            if rule == "banned-unordered" and path == LOOKUP:
                continue
            if rule == "banned-floating" and path.startswith(ADAPTERS):
                continue
            for match in pattern.finditer(code):
                found.append(Finding(rule, path, line_of(code, match.start()),
                                     f"{match.group(0).strip()}: {why}"))
    for begin, end in functions(code):
        if end - begin + 1 > FUNCTION_LINES_MAX:
            found.append(Finding("function-length", path, begin,
                                 f"{end - begin + 1} lines, more than {FUNCTION_LINES_MAX}"))
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        found.append(Finding("file-length", path, 0, f"{lines} lines, more than {FILE_LINES_MAX}"))
    return found


def check_tree(root):
    found = []
    files = tracked_files(root)
    known = set(files)
    for path in files:
        size = os.path.getsize(os.path.join(root, path))
        if size > FILE_BYTES_MAX:
            found.append(Finding("file-size", path, 0, f"{size} bytes, more than {FILE_BYTES_MAX}"))
            continue
        with open(os.path.join(root, path), "rb") as stream:
            data = stream.read()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue
        for match in MACHINE_PATH.finditer(text):
            found.append(Finding("machine-path", path, line_of(text, match.start()),
                                 "a path that exists on one machine only"))
        if path.startswith(CODE_TOPS) and path.endswith((".cpp", ".hpp")):
            found += check_code(path, text, known)
    return found


# --- the include closure -------------------------------------------------------------------------

def read_deps(build):
    """Object -> every file the compiler read for it, as `ninja -t deps` tells."""
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    deps, current = {}, None
    for line in text.splitlines():
        if line.startswith("    ") and current is not None:
            current.append(line.strip())
        elif ": #deps " in line:
            current = deps.setdefault(line.split(": #deps ")[0], [])
    return deps


def check_closure(root, build):
    """Arrows from each compiled source to every header it really read, however it was named."""
    root, build = os.path.realpath(root), os.path.realpath(build)

    def inner(path):
        path = os.path.realpath(os.path.join(build, path))
        return os.path.relpath(path, root) if path.startswith(root + os.sep) else None

    found, seen = [], set()
    for files in read_deps(build).values():
        names = [name for name in map(inner, files) if name]
        source = names[0] if names else None
        unit = unit_of(source) if source else None
        if not unit or not os.path.isfile(os.path.join(root, source)):
            continue
        seen.add(source)
        for target in names[1:]:
            target_unit = unit_of(target)
            if target_unit:
                fault = arrow_fault(unit, target_unit)
            elif target.startswith("tests/"):
                fault = "the product includes nothing of the tests"
            else:
                fault = None
            if fault:
                found.append(Finding("closure", f"{source} -> {target}", 0, fault))
    # What the compiler was told to build and did not is not known to be clean.
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as stream:
        for command in json.load(stream):
            source = inner(command["file"])
            if source and source not in seen and unit_of(source):
                found.append(Finding("closure-missing", source, 0,
                                     "not built yet, its includes are not known"))
    return found


# --- what is let through -------------------------------------------------------------------------

def let_through(findings, allow_path):
    """Drops what allow.tsv lets through; a row without reason or without use is a finding."""
    rows, found = {}, []
    if os.path.exists(allow_path):
        with open(allow_path, encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip() or line.startswith("#"):
                    continue
                cells = line.rstrip("\n").split("\t")
                if len(cells) != 3 or not cells[2].strip():
                    found.append(Finding("allow", "tests/tidy/allow.tsv", number,
                                         "needs rule, file and reason"))
                else:
                    rows[(cells[0], cells[1])] = number
    used = set()
    for finding in findings:
        if (finding.rule, finding.file) in rows:
            used.add((finding.rule, finding.file))
        else:
            found.append(finding)
    for row, number in rows.items():
        if row not in used:
            found.append(Finding("allow", "tests/tidy/allow.tsv", number, f"lets nothing through: {row}"))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--build")
    arguments = parser.parse_args()
    found = check_tree(arguments.source)
    if arguments.build:
        found += check_closure(arguments.source, arguments.build)
    found = let_through(found, os.path.join(arguments.source, "tests/tidy/allow.tsv"))
    for finding in found:
        print(finding)
    print(f"tidy: {len(found)} findings in {len(tracked_files(arguments.source))} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
