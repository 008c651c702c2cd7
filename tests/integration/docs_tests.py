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


def register():
    test("docs: settings", settings)
    test("docs: verbs", verbs)
