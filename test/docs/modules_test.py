#!/usr/bin/env python3
"""Modules include what their row in docs/design.md allows and nothing else, and no row allows more than is used."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", re.MULTILINE)
INCLUDE = re.compile(r'^#include "irsa/(\w+)/', re.MULTILINE)


def allowed():
    """{module: the modules that it may include}."""
    text = (ROOT / "docs" / "design.md").read_text()
    table = text[text.index("| module (folder in"):text.index("One CMake target per module")]
    rows = dict(ROW.findall(table))
    named = {module: {name for name in rows if re.search(rf"\b{name}\b", re.sub(r"\(.*?\)", "", row))} for module, row in rows.items()}
    return {module: set(rows) if rows[module] == "everything" else named[module] for module in rows}


def included():
    """{module: {module that it includes: the files that do}}, of itself too."""
    found = {}
    for folder in (ROOT / "include" / "irsa", ROOT / "src"):
        for file in sorted(path for path in folder.rglob("*") if path.suffix in (".h", ".cc") and path.parent != folder):
            uses = found.setdefault(file.relative_to(folder).parts[0], {})
            for name in INCLUDE.findall(file.read_text()):
                uses.setdefault(name, []).append(str(file.relative_to(ROOT)))
    return found


def main():
    rules, found = allowed(), included()
    faults = [f"module {module} has no row in docs/design.md" for module in found.keys() - rules.keys()]
    faults += [f"there is no module {module}" for module in rules.keys() - found.keys()]
    for module in sorted(rules.keys() & found.keys()):
        uses = {name: files for name, files in found[module].items() if name != module}
        faults += [f"{module} may not include {name}: {', '.join(files)}" for name, files in uses.items() if name not in rules[module]]
        if rules[module] != set(rules):
            faults += [f"{module} does not include {name}, which its row allows" for name in rules[module] - uses.keys()]
    print("\n".join(faults) or f"{len(rules)} modules include what they may")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
