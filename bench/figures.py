"""What is derived from the measurements; tables, plots and the check all take it from here."""

WORTH = 0.05  # an oracle that removes less than this share of a program's time says nothing about ours
NONE = "blase none"      # every call made
ALWAYS = "blase always"  # every call looked up
ORACLE_CALLS = "oracle's calls"  # the oracle under --reuse none
LACKING = 0.8  # programs that reach less than this share of the oracle's gain are listed with what is missing


def median(values):
    ordered = sorted(values)
    return 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])


def of_runs(program, variant, pick):
    """Median over the rounds of what `pick` finds in one; None if the variant was not run."""
    entry = program["variants"].get(variant)
    return median([pick(run) for run in entry["runs"]]) if entry else None


def wall(program, variant):
    return of_runs(program, variant, lambda run: run["wall"])


def spread(program, variant):
    walls = [run["wall"] for run in program["variants"][variant]["runs"]]
    return min(walls), max(walls)


def speed_up(program, variant):
    """Plain over variant, medians; None if the variant was not run."""
    seconds = wall(program, variant)
    return wall(program, "plain") / seconds if seconds else None


def steady_speed_up(program, variant, clock):
    """The same of the least times: what other load on the machine disturbs least, so that ratios of two runs can be compared."""
    plain, own = (min(clock(run) for run in program["variants"][name]["runs"]) for name in ("plain", variant))
    return plain / own


def oracle_removes(program):
    """Share of the plain time that the oracle removes."""
    return 1.0 - wall(program, "oracle") / wall(program, "plain")


def share_of_oracle(program, variant):
    """Share removed of what the oracle removes; None where that is next to nothing, or no call repeats at all."""
    if oracle_removes(program) < WORTH or not program["oracle"]["plain_repeats"] or wall(program, variant) is None:
        return None
    plain = wall(program, "plain")
    return (plain - wall(program, variant)) / (plain - wall(program, "oracle"))


def wall_of(run):
    return run["wall"]


def processor_of(run):
    return run["user"] + run["system"]


def paired(program, variant, clock):
    """Median ratio to the plain run of the same round."""
    return median([clock(run) / clock(plain) for run, plain in zip(program["variants"][variant]["runs"], program["variants"]["plain"]["runs"])])


def shown(program, variant, group, key):
    return of_runs(program, variant, lambda run: run["show"][group][key])


def blas_seconds(program, variant):
    """Seconds in the real BLAS and LAPACK routines."""
    return shown(program, variant, "calls", "seconds")


def blas_share(program):
    """Share of the time in BLAS when every call is made."""
    return blas_seconds(program, NONE) / wall(program, NONE) if NONE in program["variants"] else None


def serving_levels(results):
    """Variants that may serve results."""
    return [f"blase {level}" for level in results["levels"] if level != "none"]


def best_share(program, results):
    """Share of the oracle's gain at the level that gives most of it; None as in share_of_oracle."""
    shares = [share_of_oracle(program, variant) for variant in serving_levels(results)]
    return max((share for share in shares if share is not None), default=None)


def repeated_seconds(program):
    """What the calls took that repeat earlier ones: the most any tool can save that is asked call by call. None where it was not measured."""
    return shown(program, ALWAYS, "reuse", "saved_seconds") if ALWAYS in program["variants"] else None


def spent_seconds(program, variant):
    """What samples, fingerprints, copies and records took."""
    return shown(program, variant, "reuse", "overhead_seconds")


def net_seconds(program, variant):
    """Seconds less in the real routines than when every call is made, less what that cost; None where it was not measured."""
    if NONE not in program["variants"] or variant not in program["variants"]:
        return None
    return blas_seconds(program, NONE) - blas_seconds(program, variant) - spent_seconds(program, variant)


def oracle_gain(program, variant):
    """Where the oracle's gain goes, in seconds; None where it was not measured, or the oracle gains next to nothing."""
    if not {NONE, ORACLE_CALLS} <= set(program["variants"]) or share_of_oracle(program, variant) is None:
        return None
    whole = wall(program, "plain") - wall(program, "oracle")
    in_blas = blas_seconds(program, NONE) - blas_seconds(program, ORACLE_CALLS)
    parts = {key: shown(program, variant, "reuse", f"{key}_seconds") for key in ("fingerprint", "copy")}
    return {"whole": whole, "outside": whole - in_blas, "in_blas": in_blas, "net": net_seconds(program, variant),
            "made": blas_seconds(program, variant) - blas_seconds(program, ORACLE_CALLS), **parts,
            "records": spent_seconds(program, variant) - sum(parts.values())}


def hits_at_equal_prices(program, variant):
    """Seconds that a variant's hits are worth if a hit of a routine saves what it saved where every call was looked up: without the noise
    of two runs whose calls took differently long."""
    def worth(run):
        return sum(prices.get(r["op"], 0.0) * r["hits_full"] for r in run["show"]["routines"])
    prices = {}
    for r in program["variants"][ALWAYS]["runs"][-1]["show"]["routines"]:
        if r["hits_full"]:
            prices[r["op"]] = r["saved_seconds"] / r["hits_full"]
    own = worth(program["variants"][ALWAYS]["runs"][-1])
    return of_runs(program, variant, worth) / own if own > 0 else None
