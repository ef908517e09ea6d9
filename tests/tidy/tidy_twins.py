"""Tests of the tidy test: each rule has known-bad twins that it must catch, and clean ones it must
not touch. Every twin is a small tree of its own, written to a temporary folder.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import tidy

HEADER = "#pragma once\n"
MODEL = "models/consensus/bad/bad.cpp"
HOME = "/" + "home/someone/ledgerlab"


def include(name):
    return f'#include "{name}"\n'


def body(lines):
    return "".join(f"  x += {n};\n" for n in range(lines))


# name -> (rule that must fire, {path: text}); the offender is the first path.
TEXT_TWINS = {
    "model includes the host": ("floors", {
        MODEL: include("sim/host/world.hpp"), "sim/host/world.hpp": HEADER}),
    "model includes another model": ("floors", {
        MODEL: include("models/consensus/raft/raft.hpp"), "models/consensus/raft/raft.hpp": HEADER}),
    "model of one kind includes another kind": ("floors", {
        MODEL: include("models/ledger/account/rules.hpp"),
        "models/ledger/account/rules.hpp": HEADER}),
    "base includes the api": ("floors", {
        "models/base/bytes.hpp": include("models/api/module.hpp"), "models/api/module.hpp": HEADER}),
    "codec includes crypto": ("floors", {
        "models/codec/codec.cpp": include("models/crypto/hash.hpp"), "models/crypto/hash.hpp": HEADER}),
    "engine includes the api": ("floors", {
        "sim/engine/native/native.cpp": include("models/api/module.hpp"),
        "models/api/module.hpp": HEADER}),
    "engine includes another engine": ("floors", {
        "sim/engine/native/native.cpp": include("sim/engine/ns3/ns3.hpp"),
        "sim/engine/ns3/ns3.hpp": HEADER}),
    "host includes the scenario, beside": ("floors", {
        "sim/host/host.cpp": include("../scenario/plan.hpp"), "sim/scenario/plan.hpp": HEADER}),
    "report includes a face": ("floors", {
        "sim/report/table.cpp": include("cli/verbs.hpp"), "cli/verbs.hpp": HEADER}),
    "the product includes a test's header": ("floors", {
        "sim/host/host.cpp": include("tests/support/world.hpp"), "tests/support/world.hpp": HEADER}),
    "a folder on no floor": ("floors", {
        "sim/mystery/a.cpp": include("models/base/bytes.hpp"), "models/base/bytes.hpp": HEADER}),
    "cmath": ("banned-include", {MODEL: "#include <cmath>\n"}),
    "random": ("banned-include", {"sim/kernel/a.cpp": "# include <random>\n"}),
    "double": ("banned-floating", {"sim/host/a.cpp": "long f(int a) { return static_cast<double>(a); }\n"}),
    "float after a digit separator": ("banned-floating", {
        MODEL: "int a = 1'000; char b = 'x'; float c;\n"}),
    "a floating literal behind auto": ("banned-floating", {MODEL: "auto share = 0.5;\n"}),
    "an exponent literal behind auto": ("banned-floating", {MODEL: "auto big = 1e9;\n"}),
    "a double in the native engine": ("banned-floating", {
        "sim/engine/native/native.cpp": "double a;\n"}),
    "an adapter reads a clock": ("banned-clock", {
        "sim/engine/simgrid/simgrid.cpp": "using C = std::chrono::steady_clock;\n"}),
    "system clock": ("banned-clock", {
        MODEL: "auto t = std::chrono::system_clock::now();\n"}),
    "steady clock in the engine": ("banned-clock", {
        "sim/engine/native/native.cpp": "using C = std::chrono::steady_clock;\n"}),
    "random device": ("banned-random", {MODEL: "std::random_device device;\n"}),
    "rand": ("banned-random", {"sim/host/a.cpp": "int a = std::rand();\n"}),
    "unordered map in a model": ("banned-unordered", {MODEL: "std::unordered_map<int, int> a;\n"}),
    "unordered set in the host": ("banned-unordered", {"sim/host/a.cpp": "std::unordered_set<int> a;\n"}),
    "a long function": ("function-length", {
        "cli/verb.cpp": "namespace a {\nvoid f(int x) {\n" + body(90) + "}\n}\n"}),
    "a long method behind an initialiser list": ("function-length", {
        "sim/report/a.cpp": "struct A {\n public:\n  A(int x) : x_{x}, y_(x) {\n" + body(90) + "}\n};\n"}),
    "a long template": ("function-length", {
        "sim/report/a.cpp": "template <class T, int n>\nauto f(T x) -> int {\n" + body(90) + "}\n"}),
    "a long test": ("function-length", {
        "tests/contract/a_test.cpp": "TEST(Contract, Long) {\n" + body(90) + "}\n"}),
    "a long file": ("file-length", {"tests/contract/a.cpp": "int a;\n" * 801}),
    "a large file": ("file-size", {"scenarios/platforms/net.tsv": "0\n" * (1 << 19) + "1\n"}),
    "a home folder": ("machine-path", {"docs/a.md": f"Run `{HOME}/lab`.\n"}),
    "a work folder in a script": ("machine-path", {"lab": 'cd "/' + 'work/main"\n'}),
}

# What must not be caught.
CLEAN = {
    "models/base/bytes.hpp": HEADER + "// double, std::rand() and 0.5 in a comment\n",
    "models/base/lookup.hpp": HEADER + "std::unordered_map<int, int> a;\n",
    "models/codec/codec.hpp": include("models/base/bytes.hpp"),
    "models/crypto/hash.cpp": include("models/codec/codec.hpp"),
    "models/api/module.hpp": include("models/crypto/hash.hpp"),
    "models/crypto/hash.hpp": HEADER,
    "models/parts/chain/tree.hpp": include("models/api/module.hpp"),
    MODEL: include("models/parts/chain/tree.hpp") + include("bad.hpp") +
    'const char* a = "float 1.5 system_clock";\nauto b = R"(double)"; int c = 0x1e9 + 1\'000;\n'
    "int brand(int random_devices);\n",
    "models/consensus/bad/bad.hpp": HEADER,
    "models/consensus/bad/bad_test.cpp": include("sim/host/world.hpp") + "double a = 0.5;\n",
    "sim/host/world.hpp": HEADER + include("models/stack/stack.hpp"),
    "models/stack/stack.hpp": HEADER,
    "sim/engine/engine.hpp": HEADER,
    "sim/engine/native/native.cpp": include("sim/engine/engine.hpp") + include("models/base/bytes.hpp"),
    "sim/engine/simgrid/simgrid.cpp": "double clock = 0.5;\n",
    "sim/report/table.cpp": "double share = 0.5;\nvoid f(int x) {\n" + body(88) + "}\n",
    "cli/table.cpp": "constexpr int kTable[] = {\n" + "  1,\n" * 200 + "};\nconst T kOther{\n" +
                     "  1,\n" * 200 + "};\nclass A {\n" + "  int f(int x) { return x; }\n" * 200 + "};\n",
    "README.md": "Install below /usr/share, work in build/home/x, see https://example.org/home/x.\n",
}


def write_tree(root, files):
    for path, text in files.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)


def in_tree(files, check):
    root = os.path.realpath(tempfile.mkdtemp(prefix="tidy_twin_"))
    try:
        write_tree(root, files)
        return check(root)
    finally:
        shutil.rmtree(root)


def built(sources):
    """A check that compiles the sources with ninja and reads the closure that ninja recorded."""
    def check(root):
        build = os.path.join(root, "build")
        os.mkdir(build)
        with open(os.path.join(build, "build.ninja"), "w", encoding="utf-8") as stream:
            stream.write("rule cc\n  command = g++ -std=c++20 -I.. -MMD -MF $out.d -c $in -o $out\n"
                         "  deps = gcc\n  depfile = $out.d\n")
            for number, source in enumerate(sources):
                stream.write(f"build {number}.o: cc ../{source}\n")
        commands = ",".join(f'{{"file": "{root}/{source}"}}' for source in sources + ["cli/unbuilt.cpp"])
        with open(os.path.join(build, "compile_commands.json"), "w", encoding="utf-8") as stream:
            stream.write(f"[{commands}]")
        subprocess.run(["ninja", "-C", build], check=True, stdout=subprocess.DEVNULL)
        return tidy.check_closure(root, build)
    return check


def closure_twins():
    """(name, caught) of arrows that only the compiler sees."""
    hidden = {  # the name of the header is made by a macro: no text search finds it
        MODEL: '#define WORLD "sim/host/world.hpp"\n#include WORLD\n',
        "sim/host/world.hpp": HEADER}
    found = in_tree(hidden, built([MODEL]))
    closure = [f.file for f in found if f.rule == "closure"]
    missing = [f.file for f in found if f.rule == "closure-missing"]
    yield "an include hidden in a macro", closure == [f"{MODEL} -> sim/host/world.hpp"]
    yield "a source that was never built", missing == ["cli/unbuilt.cpp"]
    through = {  # each arrow is short, the last one of the chain is upward
        "sim/kernel/queue.cpp": include("sim/kernel/queue.hpp"),
        "sim/kernel/queue.hpp": HEADER + include("sim/host/../host/world.hpp"),
        "sim/host/world.hpp": HEADER}
    found = in_tree(through, built(["sim/kernel/queue.cpp"]))
    yield "an upward include through a header", (
        [f.file for f in found if f.rule == "closure"] ==
        ["sim/kernel/queue.cpp -> sim/host/world.hpp"])


def allow_twins():
    finding = tidy.Finding("file-length", "a.cpp", 0, "long")
    cases = {
        "an allow row without a reason": ("file-length\ta.cpp\t \n", 2),
        "an allow row without use": ("file-size\ta.cpp\tvendored\n", 2),
        "an allow row for another file": ("file-length\tb.cpp\tvendored\n", 2),
    }
    for name, (rows, expected) in cases.items():
        found = in_tree({"allow.tsv": rows},
                        lambda root: tidy.let_through([finding], os.path.join(root, "allow.tsv")))
        yield name, len(found) == expected
    found = in_tree({"allow.tsv": "# reasons\nfile-length\ta.cpp\tvendored\n"},
                    lambda root: tidy.let_through([finding], os.path.join(root, "allow.tsv")))
    assert found == [], found


def main():
    verdicts = []
    for name, (rule, files) in TEXT_TWINS.items():
        found = in_tree(files, tidy.check_tree)
        offender = next(iter(files))
        caught = bool(found) and all(
            f.rule == rule and f.file.split(" -> ")[0] == offender for f in found)
        if not caught:
            print(name, "->", [str(f) for f in found])
        verdicts.append((name, caught))
    verdicts += closure_twins()
    verdicts += allow_twins()
    clean = in_tree(CLEAN, tidy.check_tree) + [
        f for f in in_tree(CLEAN, built(["models/crypto/hash.cpp"])) if f.rule != "closure-missing"]
    for finding in clean:
        print("wrongly caught:", finding)
    for name, caught in verdicts:
        if not caught:
            print("NOT CAUGHT:", name)
    print(f"tidy twins: caught {sum(caught for _, caught in verdicts)} of {len(verdicts)}")
    return 0 if not clean and all(caught for _, caught in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
