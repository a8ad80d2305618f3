"""What makes a site of the repository's pages: the pages at its root join those of docs/, each command gets a page from its own help, and
links between pages are followed from where the files are to where the site has them. Links to files that are no pages become text."""
import os
import pathlib
import posixpath
import re
import subprocess

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Where the site has what stands elsewhere in the repository.
ELSEWHERE = {"README.md": "index.md", "SECURITY.md": "security.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md",
             "bench/README.md": "measurements.md"}
SOURCES = {page: source for source, page in ELSEWHERE.items()}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)


def binary():
    return os.environ["IRSA_BINARY"]


def helped(*arguments):
    return subprocess.run([binary(), *arguments, "--help"], check=True, capture_output=True, text=True, env={**os.environ, "COLUMNS": "100"}).stdout


def subcommands(text):
    """[(name, its sentence)] of a help text."""
    _, *listed = re.split(r"(?im)^(?:sub)?commands:\n", text, maxsplit=1)
    listed, entries = "".join(listed), []
    for line in listed.splitlines():
        if not line.startswith("  "):
            if entries and not line.strip():
                break
            continue
        name, _, sentence = line.strip().partition("  ")
        if line.startswith("   ") and entries:  # the sentence goes on
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}".strip())
        else:
            entries.append((name, sentence.strip()))
    return entries


def command_pages():
    """{page: text}, from `irsa --help` down."""
    listed = subcommands(helped())
    assert len(listed) > 8, "irsa --help lists no subcommands"
    pages = {"commands/index.md": "# Commands\n\nEach page is what `irsa COMMAND --help` prints.\n\n| command | what it does |\n| --- | --- |\n"
             + "".join(f"| [`irsa {name}`]({name}.md) | {sentence} |\n" for name, sentence in listed)}
    for name, _ in listed:
        text = helped(name)
        sections = [f"# irsa {name}\n\n```text\n{text.strip()}\n```\n"]
        for inner, _ in subcommands(text):
            sections.append(f"## irsa {name} {inner}\n\n```text\n{helped(name, inner).strip()}\n```\n")
        pages[f"commands/{name}.md"] = "\n".join(sections)
    return pages


_commands = {}


def on_config(config):
    _commands.update(command_pages())
    for entry in config.nav:
        if "Commands" in entry:
            entry["Commands"] = ["commands/index.md"] + [{page[9:-3]: page} for page in _commands if page != "commands/index.md"]
    return config


def on_files(files, config):
    for page, source in SOURCES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    for picture in sorted((ROOT / "bench" / "plots").glob("*.svg")):
        files.append(File.generated(config, f"plots/{picture.name}", content=picture.read_text()))
    files.append(File.generated(config, "extra.css", content=(ROOT / "site" / "extra.css").read_text()))
    for page, text in _commands.items():
        files.append(File.generated(config, page, content=text))
    return files


def repository_path(page):
    return SOURCES.get(page, f"docs/{page}")


def title(path):
    """The first heading of a page of the repository."""
    found = re.search(r"^# (.+)$", (ROOT / path).read_text(), re.MULTILINE) if (ROOT / path).exists() else None
    return found and found[1].replace("`", "")


def site_path(path):
    """Where the site has a file of the repository, or None."""
    if path in ELSEWHERE:
        return ELSEWHERE[path]
    if path.startswith("bench/plots/"):
        return path[len("bench/"):]
    if path.startswith("docs/"):
        return path[len("docs/"):]
    return None


def on_page_markdown(markdown, page, config, files):
    here = page.file.src_uri
    if here.startswith("commands/"):
        return markdown

    def followed(match):
        picture, label, target = match.groups()
        path, hash_mark, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return match[0]
        absolute = posixpath.normpath(posixpath.join(posixpath.dirname(repository_path(here)), path))
        place = site_path(absolute)
        if place is None and (ROOT / absolute).exists():
            return label
        if place is None:
            return match[0]  # a broken link, which the strict build reports
        if label.endswith(".md"):  # a file's name says little here
            label = title(absolute) or label
        return f"{picture}[{label}]({posixpath.relpath(place, posixpath.dirname(here) or '.')}{hash_mark}{anchor})"

    # Code is left as it is.
    parts, last = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(followed, markdown[last:fence.start()]), fence[0]]
        last = fence.end()
    return "".join(parts) + LINK.sub(followed, markdown[last:])
