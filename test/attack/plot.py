"""Measures over time, one panel below the other, as an SVG."""
import pathlib

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 800, 140, 60, 20, 30, 50


def write(path, seconds, samples):
    """`samples`: for each measure's name, a value for each of `seconds`."""
    height = TOP + len(samples) * (PANEL + GAP)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    for number, (name, values) in enumerate(samples.items()):
        lines += _panel(TOP + number * (PANEL + GAP), name, seconds, values)
    lines.append("</svg>")
    pathlib.Path(path).write_text("\n".join(lines) + "\n")


def _panel(top, name, seconds, values):
    width = WIDTH - LEFT - RIGHT
    longest, highest = max(seconds[-1], 1), max(max(values) * 1.1, 1)
    bottom = top + PANEL
    # As many points as the picture has columns: of each column, the highest.
    columns = {}
    for second, value in zip(seconds, values):
        column = LEFT + int(second / longest * width)
        columns[column] = max(value, columns.get(column, 0))
    points = " ".join(f"{column},{bottom - value / highest * PANEL:.1f}" for column, value in columns.items())
    yield f'<text x="{LEFT}" y="{top - 8}">{name}</text>'
    yield f'<path d="M{LEFT},{top}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="#888"/>'
    for part in (0, 0.5, 1):
        yield (f'<text x="{LEFT - 6}" y="{bottom - part * PANEL + 4:.0f}" text-anchor="end">'
               f'{part * highest:.0f}</text>')
        yield (f'<text x="{LEFT + part * width:.0f}" y="{bottom + 16}" text-anchor="middle">'
               f'{part * longest / 60:.0f} min</text>')
    yield f'<polyline points="{points}" fill="none" stroke="#1668b8"/>'
