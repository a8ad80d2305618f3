"""Rows as a table for people, and as JSON."""
import dataclasses


def as_json(rows):
    return [dict(dataclasses.asdict(row), ratio=row.ratio, met=row.met) for row in rows]


def _figure(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _target(row):
    parts = [f"≤ {_figure(row.target)} {row.unit}".rstrip()] if row.target is not None else []
    if row.target_ratio is not None:
        parts.append(f"≤ {row.target_ratio:g} × nginx")
    return " and ".join(parts)


def markdown(rows):
    """One table, its columns as wide as they must be."""
    servers = ["irsa", "nginx", "stock", *(["Go webhook"] if any("Go webhook" in row.values for row in rows) else [])]
    table = [["scenario", "case", "unit", *servers, "irsa / nginx", "target", "met"]]
    for row in rows:
        figures = [_figure(row.values.get(name)) for name in servers]
        met = {None: "", True: "yes", False: "NO"}[row.met]
        table.append([row.scenario, row.case, row.unit, *figures, _figure(row.ratio), _target(row), met])
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    table.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in table)
