#!/usr/bin/python3
"""Writes docs/scenario-reference.md from the generated schema; with --check only compares.

    /usr/bin/python3 docs/scenario_reference.py [--check]
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parent / "scenarios" / "schema" / "scenario.schema.json"
TARGET = HERE / "scenario-reference.md"
HEAD = """# Scenario reference

Generated from the tables the resolver reads (`docs/scenario_reference.py`); a test keeps it true.
Units are written: `"250 ms"`, `"20 Mbit/s"`, `"1 MiB"`, `"200 tx/s"`, `"12.5 %"`, `"2 TH/s"`. An unknown
key is an error with its line and a suggestion. Parameters of a model: `ledgerlab models show NAME`.
Any key can be set from outside: `--set network.nodes=7 --set systems.raft.params.pre_vote=false`.
"""


def kind_of(entry):
    if "enum" in entry:
        return "one of " + ", ".join(f"`{v}`" for v in entry["enum"])
    for reference in [entry] + entry.get("allOf", []):
        if "$ref" in reference:
            return reference["$ref"].rsplit("/", 1)[1].replace("_", " ")
    if "oneOf" in entry or "anyOf" in entry:
        return "see text"
    return {"array": "list", "object": "table"}.get(entry.get("type"), entry.get("type", "text"))


def rows(properties):
    out = ["", "| key | value | default | meaning |", "|---|---|---|---|"]
    for key, entry in properties.items():
        default = entry.get("default", "")
        default = f"`{default}`" if default != "" else ""
        text = entry.get("description", "").replace("|", "/")
        out.append(f"| `{key}` | {kind_of(entry)} | {default} | {text} |")
    return out


def reference():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    lines = [HEAD]
    sections, top = [], {}
    for key, entry in schema["properties"].items():
        table = entry.get("items", entry) if entry.get("type") == "array" else entry
        if "properties" in table:
            sections.append((f"[[{key}]]" if entry.get("type") == "array" else f"[{key}]", table))
        elif "oneOf" in table and entry.get("type") == "array":   # one table a kind
            for kind in table["oneOf"]:
                name = kind["properties"]["kind"]["const"]
                rest = {k: v for k, v in kind["properties"].items() if k != "kind"}
                sections.append((f'[[{key}]] kind = "{name}"', {"properties": rest}))
        else:
            top[key] = entry
    lines += ["## At the top", *rows(top)]
    for title, table in sections:
        lines += ["", f"## {title}", *rows(table["properties"])]
    return "\n".join(lines) + "\n"


def main():
    text = reference()
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit("docs/scenario-reference.md is stale; run docs/scenario_reference.py")


main()
