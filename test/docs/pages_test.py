#!/usr/bin/env python3
"""What the pages say can be followed and pasted: links lead to files and headings, README leads to every page, code is valid, `irsa` knows the
commands and flags that are named, docs/features.md is right about what there is, and pictures are what their scripts draw. What the comments of
sources, scripts and manifests refer to exists too.

usage: pages_test.py IRSA
"""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^(?:\$ |sudo )?|[|(;&] ?)(?:[\w./]+/)?irsa ((?:[a-z]+(?:-[a-z]+)*)(?: [a-z]+(?:-[a-z]+)*)?)((?:[^|;&\n`]|\\\n)*)", re.MULTILINE)
# A file of the repository that a comment names, and a heading or a section of it; addresses and generated files are others'.
REFERENCE = re.compile(r"""(?<![\w./:$}-])((?:docs|deploy|scripts|test|bench|site|cmake|src|include/irsa)/[\w./-]+\.(?:md|py|sh|cc|h|ya?ml|json|tsv|txt|cmake))"""
                       r"""(?:[ ,]+(?:"([A-Z][^"]+)"|sections? (\d+))|#([\w-]+))?""")
COMMENT = re.compile(r"(?:^|\s)(?://|#)\s?(.*)$|^\s*(?:\"\"\")(.*)$", re.MULTILINE)
FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")


def pages():
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "bench" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def without_code(text):
    return FENCE.sub("", text)


@functools.cache
def anchors(page):
    """Headings' anchors as GitHub makes them."""
    found = {}
    for heading in HEADING.findall(without_code(page.read_text())):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()).strip().replace(" ", "-")
        found[slug if slug not in found else f"{slug}-{found[slug]}"] = 1
    return set(found)


def links(page):
    """[(target, file or None for elsewhere, anchor)]"""
    for target in LINK.findall(INLINE.sub("``", without_code(page.read_text()))):
        path, _, anchor = target.partition("#")
        if not re.match(r"[a-z]+:", target):
            yield target, (page.parent / path).resolve() if path else page, anchor


def link_faults():
    for page in pages():
        for target, file, anchor in links(page):
            if not file.exists():
                yield page, f"{target}: there is no such file"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                yield page, f"{target}: there is no such heading"


def unreached():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        waiting += [file for _, file, _ in links(page) if file.suffix == ".md" and file.exists()]
    return [page for page in pages() if page not in reached]


def reference_faults():
    """In comments of everything that is no page."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "include", "src", "test", "bench", "cmake", "deploy", "scripts", "site", ".ci", ".github",
                             "CMakeLists.txt", "Dockerfile"], check=True, capture_output=True, text=True).stdout.splitlines()
    for path in (ROOT / name for name in listed if not name.endswith((".md", ".tsv")) and not name.startswith(("test/data/", "test/fuzz/corpus/"))):
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        comments = "\n".join(first or second for first, second in COMMENT.findall(text))
        for name, heading, section, anchor in REFERENCE.findall(comments):
            file = ROOT / name
            if not file.exists():
                if not re.search(r"[A-Z]{3,}_", name):  # NAME_test.cc stands for many
                    yield path, f"{name}: there is no such file"
            elif heading and heading not in HEADING.findall(file.read_text()):
                yield path, f"{name}: there is no heading “{heading}”"
            elif section and not any(found.startswith(f"{section}. ") for found in HEADING.findall(file.read_text())):
                yield path, f"{name}: there is no section {section}"
            elif anchor and anchor not in anchors(file):
                yield path, f"{name}#{anchor}: there is no such heading"


def code_faults():
    for page in pages():
        for _, language, code in FENCE.findall(page.read_text()):
            code = re.sub(r"^" + re.match(r" *", code)[0], "", code, flags=re.MULTILINE)
            name = code.strip().splitlines()[0][:50] if code.strip() else "(empty)"
            try:
                if language == "sh":
                    done = subprocess.run(["bash", "-n"], input=code, text=True, capture_output=True)
                    if done.returncode != 0:
                        yield page, f"sh block “{name}”: {done.stderr.strip()}"
                elif language == "yaml":
                    list(yaml.safe_load_all(code))
                elif language == "json" and "…" not in code:
                    json.loads(code)
            except (yaml.YAMLError, ValueError) as why:
                yield page, f"{language} block “{name}”: {why}"


class Program:
    def __init__(self, binary):
        self._binary = binary
        self._commands = set(self._names(self._help()))

    @functools.cache
    def _help(self, *words):
        done = subprocess.run([self._binary, *words, "--help"], text=True, capture_output=True, env={**os.environ, "COLUMNS": "200"})
        return done.stdout if done.returncode == 0 else ""

    @staticmethod
    def _names(text):
        return re.findall(r"^  ([a-z][a-z-]*)(?: |$)", "".join(re.split(r"(?im)^(?:sub)?commands:$", text, maxsplit=1)[1:]), re.MULTILINE)

    def faults(self, text):
        """What of the `irsa` commands in a piece of code the program does not know."""
        for words, rest in COMMAND.findall(text):
            command, *more = words.split(" ")
            if command not in self._commands:
                if more or FLAG.search(rest):  # a sentence otherwise
                    yield f"irsa has no command {command}"
                continue
            inner = [more[0]] if more and more[0] in self._names(self._help(command)) else []
            known = self._help(command, *inner) + (self._help(command) if inner else "")
            for flag in FLAG.findall(rest):
                if not re.search(re.escape(flag) + r"(?![\w-])", known):
                    yield f"irsa {' '.join([command, *inner])} has no flag {flag}"


    def knows(self, name):
        """Whether `irsa serve` lists a flag, or an annotation of service accounts."""
        if name.startswith("-"):
            return re.search(re.escape(name) + r"(?![\w-])", self._help("serve")) is not None
        return re.search(rf"^  {re.escape(name)} +service account", self._help("serve"), re.MULTILINE) is not None


def feature_faults(program):
    """docs/features.md calls a flag or an annotation "not yet" or "left out" exactly while `irsa serve` does not list it."""
    page = ROOT / "docs" / "features.md"
    text = page.read_text()
    flags, annotations = (text[text.index(f"## {begin}"):text.index(f"## {end}")] for begin, end in
                          (("Flags", "Annotations and labels"), ("Annotations and labels", "Behaviour")))
    for table, status_cell in ((flags, 2), (annotations, 3)):
        for row in table.splitlines():
            cells = [cell.strip() for cell in row.split(" | ")]
            if not row.startswith("| `") or (table is annotations and "service account" not in cells[1]):
                continue
            absent = cells[status_cell - 1].startswith(("not yet", "left out"))
            for name in INLINE.findall(cells[0].partition(" (")[0]):
                if name != "--version" and program.knows(name) == absent:
                    yield page, f"{name} is {cells[status_cell - 1]}, but irsa serve {'lists' if absent else 'does not list'} it"


def command_faults(program):
    for page in pages():
        text = page.read_text()
        code = [code.replace("\\\n", " ") for _, _, code in FENCE.findall(text)]
        for piece in [*code, *INLINE.findall(without_code(text))]:
            if not piece.startswith("helm "):
                yield from ((page, fault) for fault in program.faults(piece))


def picture_faults():
    for script in (ROOT / "docs" / "pictures").iterdir():
        if os.access(script, os.X_OK) and script.is_file():
            done = subprocess.run([script, "--check"], text=True, capture_output=True)
            if done.returncode != 0:
                yield script, done.stderr.strip()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = [*link_faults(), *reference_faults(), *((page, "README leads to it by no link") for page in unreached()), *code_faults(),
             *command_faults(Program(sys.argv[1])), *feature_faults(Program(sys.argv[1])), *picture_faults()]
    for page, fault in found:
        print(f"{page.relative_to(ROOT)}: {fault}")
    print(f"{len(pages())} pages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
