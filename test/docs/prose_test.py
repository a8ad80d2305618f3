#!/usr/bin/env python3
"""The pages that people read are plain English: none of the habits of test/docs/words.tsv, and no endless sentence.

usage: prose_test.py [PAGE...]

Without a page: README.md, CONTRIBUTING.md, bench/README.md, docs/ but for the specification, and the comments of deploy/. Code and the addresses of links are left out. Prints a line a fault,
as PAGE:LINE: what is wrong, and ends with status 1 when there is one.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = pathlib.Path(__file__).with_name("words.tsv")
MOST_WORDS = 48  # in a sentence
SPECIFICATION = ROOT / "docs" / "design.md"  # dense on purpose: each clause is a rule
FENCE = re.compile(r"^\s*```")
LEFT_OUT = re.compile(r"`[^`]*`|\]\([^)]*\)|<[^>]*>|https?://\S+|&[a-z]+;")


def word_list():
    for line in WORDS.read_text().splitlines():
        if line and not line.startswith("#"):
            pattern, advice = line.split("\t")
            yield re.compile(pattern), advice


def prose(path):
    """[(line number, text)]: of Markdown what is no code, of YAML the comments."""
    fenced = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if path.suffix == ".md":
            if FENCE.match(line):
                fenced = not fenced
            elif not fenced and not line.startswith("    "):
                yield number, line
        elif "#" in line and (found := re.search(r"(?:^|\s)#\s(.*)$", line)):
            yield number, found[1]


def sentences(lines):
    """[(line number, sentence)] of paragraphs; a table's cell, a list's item and a heading end one."""
    paragraph, start, last = "", 0, 0
    for number, line in [*lines, (0, "")]:
        text = line.strip()
        gap, last = number != last + 1, number
        begins = re.match(r"[-*|#>]|\d+\.\s", text)
        if (not text or begins or gap) and paragraph:
            yield from ((start, sentence) for sentence in re.split(r"(?<=[.!?)])(?<!\w\))\s+(?=[A-Z0-9*_`\[\"(-])|(?<=:)\s+(?=\|)|\s\|\s", paragraph))
            paragraph = ""
        if text:
            start = start if paragraph else number
            paragraph = f"{paragraph} {text}" if paragraph else text


def faults(path, words):
    lines = list(prose(path))
    for number, line in lines:
        spoken = LEFT_OUT.sub("", line)
        for pattern, advice in words:
            for found in pattern.finditer(spoken):
                yield number, f'"{found[0]}": {advice}'
    for number, sentence in sentences(lines):
        count = len(re.findall(r"\S*\w\S*", LEFT_OUT.sub("x", sentence)))
        if count > MOST_WORDS:
            yield number, f"a sentence of {count} words; {MOST_WORDS} are the most: {sentence[:60]}…"


def pages():
    yield from (ROOT / page for page in ("README.md", "CONTRIBUTING.md", "bench/README.md"))
    yield from (page for page in sorted((ROOT / "docs").rglob("*.md")) if page != SPECIFICATION)
    yield from sorted((ROOT / "deploy").rglob("*.yaml"))


def main():
    words = list(word_list())
    given = [pathlib.Path(argument).resolve() for argument in sys.argv[1:]] or list(pages())
    found = 0
    for path in given:
        for number, what in faults(path, words):
            print(f"{path.relative_to(ROOT)}:{number}: {what}")
            found += 1
    print(f"{len(given)} files, {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
