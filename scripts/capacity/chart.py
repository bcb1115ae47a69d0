"""One chart as plain SVG: how long requests wait by load, and what is answered while pods come."""

import math

WIDTH, HEIGHT = 960, 400
COLOURS = ("#1b6ca8", "#d1495b", "#3a7d44", "#8f5fa8")
FONT = 'font-family="DejaVu Sans, sans-serif"'


class Panel:
    """A frame with axes; `x` and `y` are (from, to), the latter as logarithms where `log` is set."""

    def __init__(self, left, title, x, y, x_name, y_name, log=False):
        self.left, self.x, self.y, self.log = left, x, y, log
        self.top, self.width, self.height = 50, 360, 270
        self.parts = [
            f'<text x="{left}" y="24" font-size="15" font-weight="bold">{title}</text>',
            f'<rect x="{left}" y="{self.top}" width="{self.width}" height="{self.height}" fill="none" stroke="#888888"/>',
            f'<text x="{left + self.width / 2}" y="{self.top + self.height + 36}" font-size="12" text-anchor="middle">{x_name}</text>',
            f'<text x="{left}" y="{self.top - 8}" font-size="12">{y_name}</text>',
        ]

    def across(self, value):
        return self.left + (value - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def down(self, value):
        low, high = self.y
        if self.log:
            value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.top + self.height * (1 - share)

    def ticks(self, xs, ys):
        for value, name in xs:
            at = self.across(value)
            self.parts.append(f'<text x="{at:.1f}" y="{self.top + self.height + 18}" font-size="11" text-anchor="middle">{name}</text>')
        for value, name in ys:
            at = self.down(value)
            self.parts.append(f'<line x1="{self.left}" x2="{self.left + self.width}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dddddd"/>')
            self.parts.append(f'<text x="{self.left - 6}" y="{at + 4:.1f}" font-size="11" text-anchor="end">{name}</text>')

    def line(self, points, colour, dashed=False):
        path = " ".join(f"{self.across(x):.1f},{self.down(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')

    def legend(self, names, at):
        for row, (name, colour, dashed) in enumerate(names):
            x, y = self.left + at[0], self.top + at[1] + 17 * row
            dash = ' stroke-dasharray="5 4"' if dashed else ""
            self.parts.append(f'<line x1="{x}" x2="{x + 24}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{dash}/>')
            self.parts.append(f'<text x="{x + 30}" y="{y}" font-size="11">{name}</text>')


def waits(curves):
    panel = Panel(70, "99th percentile of the wait", (0.5, 1.1), (1, 10_000), "load: work offered, of all workers", "ms", log=True)
    panel.ticks([(x / 10, f"{x / 10:.1f}") for x in range(5, 12)], [(1, "1"), (10, "10"), (100, "100"), (1000, "1000"), (10_000, "10000")])
    names = []
    for (arrivals, workers), points in curves.items():
        colour = COLOURS[(workers.bit_length() - 1) % len(COLOURS)]
        dashed = arrivals != "Poisson"
        panel.line([(busy, wait * 1000) for busy, wait in points], colour, dashed)
        if not dashed:
            names.append((f"{workers} {'worker' if workers == 1 else 'workers'} a pod", colour, False))
    panel.legend([*names, ("the same, in pages", "#333333", True)], (170, 192))
    return panel.parts


def growth(histories):
    """What is answered in each five seconds after a step."""
    shown = [(key, value) for key, value in histories.items() if "at once" in key[0]]
    shown = [item for item in shown if item[0][1] in ("CPU at 80 %", "CPU at 50 %", "CPU at 50 %, 16 wait")]
    load = shown[0][1][0]
    panel = Panel(540, "Answered while pods come", (0, 540), (0, load.most * 1.2), "seconds; four times the load at 60", "a second")
    panel.ticks([(x, str(x)) for x in range(0, 541, 60)], [(load.most * k / 4, f"{load.most * k / 4:.0f}") for k in range(5)])
    panel.line([(x, load(x)) for x in range(0, 541, 2)], "#333333", True)
    names = [("offered", "#333333", True)]
    for ((_, way), (_, moments)), colour in zip(shown, COLOURS):
        counts = [0] * 108
        for at, outcome in moments:
            if outcome == "answered" and at < 540:
                counts[int(at / 5)] += 1
        panel.line([(5 * k + 2.5, count / 5) for k, count in enumerate(counts)], colour)
        names.append((way, colour, False))
    panel.legend(names, (180, 190))
    return panel.parts


def drawn(curves, histories):
    parts = waits(curves) + growth(histories)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n<g {FONT} fill="#222222">\n' + "\n".join(parts) + "\n</g>\n</svg>\n"
    )
