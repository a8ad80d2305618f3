"""What the scripts here have in common."""
import sys


def draw(target, lines, usage):
    """Writes the picture, or with --check says by the exit status whether it is there already; `usage` for other arguments."""
    drawn = "\n".join(lines) + "\n"
    if sys.argv[1:] == ["--check"]:
        if not target.exists() or target.read_text() != drawn:
            sys.exit(f"{target.name} is not what {sys.argv[0]} draws: run it")
    elif sys.argv[1:]:
        sys.exit(usage)
    else:
        target.write_text(drawn)
