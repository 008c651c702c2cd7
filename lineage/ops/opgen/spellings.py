"""The names a routine is exported under: one row a naming convention (facts: Debian, Fedora and Julia, PyPI wheels)."""

from dataclasses import dataclass

# prefix, suffix, integer bytes (0: the plain name says nothing, the provider is asked)
CONVENTIONS = (("", "", 0), ("", "64_", 8), ("scipy_", "", 0), ("scipy_", "64_", 8))

FAMILY_STYLES = {"blas": ("fortran", "cblas"), "lapack": ("fortran", "lapacke", "lapacke_work")}


@dataclass
class Spelling:
    symbol: str
    style: str
    width: int


def spellings(record, letter):
    """Every exported name of one typed routine."""
    base = letter + record.name
    for style in FAMILY_STYLES[record.family]:
        for prefix, suffix, width in CONVENTIONS:
            stem = {"fortran": f"{base}_", "cblas": f"cblas_{base}", "lapacke": f"LAPACKE_{base}",
                    "lapacke_work": f"LAPACKE_{base}_work"}[style]
            yield Spelling(prefix + stem + suffix, style, width)


def style_args(record, style):
    """(positions of the Fortran arguments that this style takes, whether a layout comes first)."""
    if style == "fortran":
        return [i for i, a in enumerate(record.args) if not a.lapacke_only], False
    keep = []
    for i, arg in enumerate(record.args):
        if arg.kind == "info":
            continue
        if style == "lapacke":
            scratch = arg.kind == "lwork" or (arg.operand >= 0 and record.operands[arg.operand].role == "work")
            if scratch:
                continue
        elif arg.lapacke_only:
            continue
        keep.append(i)
    return keep, True


def c_type(record, arg, letter, style):
    """How the argument travels: p pointer, i integer register, f float, d double."""
    if style == "fortran" or arg.kind == "array":
        return "p"
    if arg.kind == "scalar":
        return {"s": "f", "d": "d"}.get(letter, "p")
    if arg.kind == "rscalar":
        return "f" if letter in "sc" else "d"
    return "i"
