"""Says where a run under the shim differs from the plain one."""

import difflib
import re

# All that differs between two plain runs on one thread, over all testers and both providers (measured: every other
# line, residuals included, is the same): the clock line of the LAPACK testers and that of pytest.
VARYING = (
    (re.compile(r"(?m)^ Total time used = +[0-9.]+ seconds$"), " Total time used = * seconds"),
    (re.compile(r"(?m)^((?:=+ )?\d+ \w+.*) in [0-9.]+s(?: \(\d+:\d\d:\d\d\))?((?: =+)?)$"), r"\1 in *s\2"),
)

EXCERPT = 30


def normalise(text):
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text


def diff(plain, shimmed):
    """A list of lines, empty when the two results agree in exit status, in the set of files and in every file."""
    out = []
    if plain.status != shimmed.status:
        out.append(f"exit status: {plain.status} plain, {shimmed.status} with the shim")
    for name in sorted(set(plain.files) | set(shimmed.files)):
        if name not in plain.files or name not in shimmed.files:
            out.append(f"{name}: only {'with the shim' if name in shimmed.files else 'plain'}")
            continue
        a, b = normalise(plain.files[name]), normalise(shimmed.files[name])
        if a != b:
            lines = list(difflib.unified_diff(a.splitlines(), b.splitlines(), f"{name} plain", f"{name} with the shim",
                                              n=1, lineterm=""))
            # splitlines loses a difference in line ends; never pass on that account
            out += lines[:EXCERPT] or [f"{name}: differs in line ends"]
            if len(lines) > EXCERPT:
                out.append(f"... {len(lines) - EXCERPT} more lines")
    return out
