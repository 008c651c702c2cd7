"""What README and manual pages say there is, is there, and the other way round."""
import os
import re

from harness import HERE, expect, same, test

ROOT = os.path.dirname(os.path.dirname(HERE))


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def help_of(place, *words):
    done = place.run([place.blase, *words])
    same((done.status, done.err), (0, b""), "status, stderr of " + " ".join(words))
    return done.out.decode()


def settings(place):
    """The one table of settings, which `blase run --help` prints, against README, blase-run(1) and blase(1)."""
    names = set(re.findall(r"^  --([\w-]+)", help_of(place, "run", "--help"), re.M))
    expect(len(names) > 10, "settings:", names)
    same(set(re.findall(r"^\| `--([\w-]+)", text_of("README.md"), re.M)), names, "settings in README.md")
    manual = text_of("docs", "man", "blase-run.1")
    same(set(re.findall(r"^\.It Fl -([\w-]+)", manual, re.M)), names, "settings described in blase-run.1")
    same(set(re.findall(r"^\.Op Fl -([\w-]+)", manual, re.M)), names, "settings in the synopsis of blase-run.1")
    variables = {"BLASE_" + name.upper().replace("-", "_") for name in names}
    missing = variables - set(re.findall(r"Ev (BLASE_\w+)", text_of("docs", "man", "blase.1")))
    same(missing, set(), "settings that blase.1 lacks")


def verbs(place):
    """Every verb has --help and a manual page, which names every option that --help names."""
    names = re.findall(r"^  (?:blase )?([a-z][a-z-]+)  ", help_of(place, "--help"), re.M)
    expect(len(names) >= 8, "verbs:", names)
    for verb in names:
        manual = text_of("docs", "man", "blase-%s.1" % verb)
        told = set(re.findall(r"--([\w-]+)", help_of(place, verb, "--help").split("usage:")[1].split("\n")[0]))
        missing = {option for option in told if not re.search(r"^\.(Op|It)? ?.*Fl -%s\b" % option, manual, re.M)}
        same(missing, set(), "options that blase-%s.1 lacks" % verb)
        expect(".It Cm %s\n" % verb in text_of("docs", "man", "blase.1"), "blase.1 lacks the verb", verb)
        expect("blase %s" % verb in text_of("README.md"), "README.md lacks the verb", verb)


def enumerators(name):
    """Of an enum in lineage/log_format.h."""
    return re.search(r"enum %s \{([^}]*)\}" % name, text_of("lineage", "log_format.h")).group(1).replace(",", " ").split()


def reasons(place):
    """Every reason of the code has a name and a line in tools/reasons.c; blase-show.1 lists all names, and explains all lines."""
    manual = text_of("docs", "man", "blase-show.1")
    told = re.findall(r'\{"(\w+)", "([^"]*)"', text_of("tools", "reasons.c"))
    same(len(told), len(enumerators("passed")) + len(enumerators("unkept")) - 1, "lines in reasons.c")  # too small; not: KEPT
    keys = re.search(r"\.It Cm reasons\n(.*?)\.It", manual, re.S).group(1)
    listed = re.findall(r"\w+", " ".join(re.findall(r"^\.P[oq] Cm (.*)", keys, re.M)))
    same(listed, [key for key, _ in told], "keys of reasons in blase-show.1")
    terms = re.search(r"\.Ss Reasons\n(.*?)\.El", manual, re.S).group(1)
    explained = [term for line in re.findall(r"^\.It (.*)", terms, re.M) for term in line.split(" , ")]
    same([text for _, text in told if not any(term in text for term in explained)], [], "reasons that blase-show.1 does not explain")
    same([term for term in explained if not any(term in text for _, text in told)], [], "reasons in blase-show.1 that are none")


def unkept(place):
    """Their short names for `blase items`, and their numbers in the log's grammar."""
    wanted = len(enumerators("unkept"))
    names = re.search(r"text_unkept\(.*?\{([^{}]*)\};", text_of("tools", "text.c"), re.S).group(1)
    same(names.count(","), wanted - 1, "names in text_unkept, less one")
    grammar = re.search(r"^- `unkept`: (.*?)\n- ", text_of("docs", "log-format.md"), re.M | re.S).group(1)
    same([int(n) for n in re.findall(r"(?:^|, |,\s+)(\d+) ", grammar)], list(range(wanted)), "numbers of unkept in log-format.md")


def register():
    test("docs: settings", settings)
    test("docs: verbs", verbs)
    test("docs: reasons", reasons)
    test("docs: unkept", unkept)
