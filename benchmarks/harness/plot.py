"""Plots as SVG, written by hand: bars for things that have names, lines for what has a scale."""
import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 90, 150, 50, 60
COLOURS = ["#1b6ca8", "#d1495b", "#3c8d40", "#c98a00", "#6a4c93", "#5b6770", "#00798c", "#8d5524"]


def text(x, y, value, anchor="middle", size=12, more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{more}>'
            f"{html.escape(str(value))}</text>")


def ticks(most, wanted=5):
    """Round numbers from 0 to at least `most`."""
    if most <= 0:
        return [0, 1]
    step = 10 ** math.floor(math.log10(most / wanted))
    step *= next(factor for factor in (1, 2, 5, 10) if most / (step * factor) <= wanted)
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]


def short(value):
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    if value >= 1e4:
        return f"{value / 1e3:g} k"
    return f"{value:g}"


def page(title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" fill="#222">'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
            + text(WIDTH / 2, 28, title, size=15, more=' font-weight="bold"') + "".join(body) + "</svg>\n")


def axis(top, label):
    """The vertical scale: its lines, and the place of a value."""
    marks = ticks(top)
    span = HEIGHT - TOP - BOTTOM

    def place(value):
        return HEIGHT - BOTTOM - span * value / marks[-1]
    body = []
    for mark in marks:
        y = place(mark)
        body.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        body.append(text(LEFT - 8, y + 4, short(mark), "end"))
    middle = (HEIGHT - BOTTOM + TOP) / 2
    body.append(text(20, middle, label, more=f' transform="rotate(-90 20 {middle:.0f})"'))
    return body, place


def bars(title, label, names, series):
    """Stacked bars. `series`: (name, values), from below."""
    most = max((sum(values[n] or 0 for _, values in series) for n in range(len(names))), default=0)
    body, place = axis(most, label)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    wide = min(step * 0.64, 110)
    for number, name in enumerate(names):
        x, below = LEFT + step * (number + 0.5), 0
        for colour, (_, values) in zip(COLOURS, series):
            value = values[number] or 0
            high, low = place(below + value), place(below)
            body.append(f'<rect x="{x - wide / 2:.1f}" y="{high:.1f}" width="{wide:.1f}" '
                        f'height="{max(0, low - high):.1f}" fill="{colour}"/>')
            below += value
        body.append(text(x, place(below) - 5, short(round(below, 1) if below < 1e4 else round(below, -2)), size=11))
        body.append(text(x, HEIGHT - BOTTOM + 18, name, size=11))
    if len(series) > 1:
        body += legend([name for name, _ in series])
    return page(title, body)


def lines(title, label, across, series, logarithmic=False):
    """Lines. `series`: (name, [(x, y)])."""
    points = [point for _, one in series for point in one]
    if not points:
        return page(title, [text(WIDTH / 2, HEIGHT / 2, "nothing was measured")])
    body, place = axis(max(y for _, y in points), label)

    def scale(value):
        return math.log10(max(value, 1e-9)) if logarithmic else value
    least, most = (pick(scale(x) for x, _ in points) for pick in (min, max))
    if not logarithmic:
        least = min(least, 0)

    def along(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * ((scale(value) - least) / (most - least) if most > least else 0.5)
    marks = sorted({x for x, _ in points})
    if len(marks) > 8:
        marks = [mark for mark in ticks(max(marks), 6) if mark <= max(marks)]
    for mark in marks:
        body.append(text(along(mark), HEIGHT - BOTTOM + 18, short(mark), size=11))
    for colour, (_, one) in zip(COLOURS, series):
        path = " ".join(f"{along(x):.1f},{place(y):.1f}" for x, y in sorted(one))
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(one) <= 50:
            body += [f'<circle cx="{along(x):.1f}" cy="{place(y):.1f}" r="3" fill="{colour}"/>' for x, y in one]
    body.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, across))
    if len(series) > 1:
        body += legend([name for name, _ in series])
    return page(title, body)


def percentiles(title, series):
    """Latency by percentile, the axis stretched towards 100 %, as HdrHistogram draws it. `series`: (name, [(share, ms)])."""
    marks = [50, 90, 99, 99.9, 99.99]
    body, place = axis(max((ms for _, one in series for _, ms in one), default=0), "milliseconds")
    most = math.log10(1 / (1 - 0.9999))

    def along(share):
        depth = math.log10(1 / max(1e-4, 1 - share / 100))
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1, depth / most)
    for mark in marks:
        body.append(text(along(mark), HEIGHT - BOTTOM + 18, f"{mark} %", size=11))
    for colour, (_, one) in zip(COLOURS, series):
        path = " ".join(f"{along(share):.1f},{place(ms):.1f}" for share, ms in one)
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
    body.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, "share of the probes"))
    body += legend([name for name, _ in series])
    return page(title, body)


def legend(names):
    body = []
    for number, (colour, name) in enumerate(zip(COLOURS, names)):
        y = TOP + 10 + 20 * number
        body.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 9}" width="12" height="12" fill="{colour}"/>')
        body.append(text(WIDTH - RIGHT + 30, y + 2, name, "start", 11))
    return body
