"""What the book says in the code's own words: settings, problems, operations."""

import re

from markdown import ROOT

MARK = re.compile(r"(<!-- made: (\w+) ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.S)


def settings():
    """The groups of config/default.toml, each by its first key: keys with what is said of them and their defaults."""
    groups = {}
    for paragraph in (ROOT / "config/default.toml").read_text().split("\n\n"):
        rows, about = [], ""
        for line in paragraph.splitlines():
            if line.startswith("#"):
                about = line[1:].strip()
            elif line:
                key, default = line.split(" = ", 1)
                rows.append((key, default.strip('"'), about))
        if rows:
            groups[rows[0][0]] = rows
    return groups


def fixed():
    """The keys that are decided at the start, as README says and a test holds."""
    told = (ROOT / "README.md").read_text().split("Decided at the start: ", 1)[1].split(".\n", 1)[0]
    return {name.strip("`") for name in told.split(", ")}


def unescaped(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def problems():
    """Status, title and advice of each problem, by its code."""
    row = re.compile(r'\w+ (\d{3}) "([\w-]+)" "((?:[^"\\]|\\.)*)"\s+"((?:[^"\\]|\\.)*)";')
    text = (ROOT / "src/http/problem/table.rs").read_text()
    return {code: (status, unescaped(title), unescaped(advice)) for status, code, title, advice in row.findall(text)}


NEEDS = {
    "Nothing": "nothing else", "Side": "`width` or `height`", "Sides": "`width` and `height`", "Type": "`type`",
    "Area": "`areawidth` and `areaheight`", "Factor": "`factor`", "Rotate": "`rotate`", "Blur": "`sigma`", "Sharpen": "`sharpen`",
    "Tone": "`brightness`, `contrast`, `saturation` or `gamma`", "Square": "`pixelate`", "Border": "`pad`", "Radius": "`radius`",
    "Text": "`text`", "Image": "`image`", "Operations": "`operations`",
}  # fmt: skip
FIT = {
    "INSIDE": "The whole picture fits into the sides, and isn't enlarged.",
    "CUT": "The sides are filled; a picture that is too small for them makes them smaller.",
    "(Fit::Cover, Enlarge::Always)": "The sides are filled, whatever the picture's size.",
    "STRETCH": "Sides that are given are made exactly, whatever that does to the shape.",
}


def operations():
    """What each operation needs, does with the sides, and is, by its name."""
    row = re.compile(r'row\(\("(\w+)", Verb::\w+, Needs::(\w+)\), (\([^)]*\)|\w+),\s*"((?:[^"\\]|\\.)*)"\)')
    text = (ROOT / "src/pipeline/operation.rs").read_text()
    return {name: (NEEDS[needs], FIT[fit], unescaped(about)) for name, needs, fit, about in row.findall(text)}


def setting_group(first):
    lines = []
    for key, default, about in settings()[first]:
        again = "decided at the start" if key in fixed() else "read again on SIGHUP"
        lines.append(f"#### `{key}`\n\n{about}\n")
        lines.append(f"Default `{default}`. `PIXMILL_{key.upper()}`, `--{key.replace('_', '-')}`; {again}.\n")
    return "\n".join(lines)


def problem(code):
    status, title, advice = problems()[code]
    return f"**{status}. {title}.** {advice}\n"


def operation(name):
    needs, fit, about = operations()[name]
    return f"{about} Needs {needs}. {fit}\n"


TABLES = {"settings": (settings, setting_group), "problem": (problems, problem), "operation": (operations, operation)}


def check(paths, write):
    """What isn't as the code's tables say, and what they have and no page."""
    faults, seen = [], set()
    for path in paths:
        text = path.read_text()
        shown = path.relative_to(ROOT)

        def anew(match):
            what, name = match[2], match[3]
            if what not in TABLES or name not in TABLES[what][0]():
                faults.append(f"{shown}: there is no {what} {name}")
                return match[0]
            if (what, name) in seen:
                faults.append(f"{shown}: {what} {name} is there twice")
            seen.add((what, name))
            body = f"\n{TABLES[what][1](name)}\n"
            if body != match[4] and not write:
                faults.append(f"{shown}: {what} {name} isn't as the code says; make docs-write")
            return match[1] + body + match[5]

        made = MARK.sub(anew, text)
        if write and made != text:
            path.write_text(made)
    faults += [f"no page has {what} {name}" for what, (table, _) in TABLES.items() for name in table() if (what, name) not in seen]
    return faults
