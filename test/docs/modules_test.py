#!/usr/bin/env python3
"""The folders of src/ are as docs/design.md draws them: each includes what its row allows and nothing else, arrows point only
upwards in the table, and include/ shows only what another module needs."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE_FOLDER, SOURCES = ROOT / "include", ROOT / "src"
ROW = re.compile(r"^\| `([\w/]+)` \| .* \| ([^|]*) \|$", re.MULTILINE)
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
MOST_FILES, MOST_LINES = 30, 3000  # of a folder


def allowed():
    """{folder: the folders that it may include}, in the table's order."""
    text = (ROOT / "docs" / "design.md").read_text()
    rows = dict(ROW.findall(text[text.index("| folder of"):text.index("One CMake target per folder")]))
    return {folder: set(re.findall(r"[\w/]+", row)) & set(rows) for folder, row in rows.items()}


def is_source(path):
    return path.suffix in (".h", ".cc")


class Tree:
    def __init__(self):
        self.files = [path for top in (INCLUDE_FOLDER, SOURCES) for path in sorted(top.rglob("*")) if is_source(path) and path.parent != SOURCES]
        self.folders = {path: self.folder_of(path) for path in self.files}
        self.includes = {path: [found for found in (self.find(path, name) for name in INCLUDE.findall(path.read_text())) if found] for path in self.files}

    @staticmethod
    def folder_of(path):
        return str(path.parent.relative_to(SOURCES if SOURCES in path.parents else INCLUDE_FOLDER / "irsa"))

    def find(self, path, name):
        for candidate in (INCLUDE_FOLDER / name, SOURCES / name, path.parent / name):
            if candidate in self.folders:
                return candidate
        return None

    def module(self, path):
        return self.folders[path].split("/")[0]

    def needed_elsewhere(self):
        """The public headers that another module includes, and what those include."""
        needed = {header for path, headers in self.includes.items() for header in headers if self.module(header) != self.module(path)}
        while True:
            more = {inner for header in needed for inner in self.includes[header]} - needed
            if not more:
                return needed
            needed |= more


def faults():
    rules, tree = allowed(), Tree()
    order = list(rules)
    used = {folder: {} for folder in rules}
    for path, headers in tree.includes.items():
        for header in headers:
            if tree.folders[header] != tree.folders[path]:
                used.setdefault(tree.folders[path], {}).setdefault(tree.folders[header], set()).add(str(path.relative_to(ROOT)))
    present = set(tree.folders.values())
    yield from (f"folder {folder} has no row in docs/design.md" for folder in sorted(present - rules.keys()))
    yield from (f"there is no folder {folder}" for folder in sorted(rules.keys() - present))
    for folder in order:
        yield from (f"{folder} may not include {other}: {', '.join(sorted(files))}" for other, files in sorted(used[folder].items()) if other not in rules[folder])
        yield from (f"{folder} does not include {other}, which its row allows" for other in sorted(rules[folder] - used[folder].keys()))
        yield from (f"{folder} includes {other}, which stands below it" for other in used[folder] if other in order and order.index(other) > order.index(folder))
    needed = tree.needed_elsewhere()
    yield from (f"{path.relative_to(ROOT)} is of use to its own module only" for path in tree.files if INCLUDE_FOLDER in path.parents and path.stem != "run" and path not in needed)
    for folder in order:
        files = [path for path in tree.files if SOURCES in path.parents and tree.folders[path] == folder]
        lines = sum(path.read_text().count("\n") for path in files)
        if len(files) > MOST_FILES or lines > MOST_LINES:
            yield f"{folder} has {len(files)} files and {lines} lines"


def main():
    found = list(faults())
    print("\n".join(found) or f"{len(allowed())} folders include what they may")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
