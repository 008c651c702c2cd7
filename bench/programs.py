"""The programs that are measured: what they are, what could make them faster, and how each variant is started."""

import os
import sys
from dataclasses import dataclass

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pipelines")

# What stands between a program and the most that could be saved.
NEEDS = {"full": "the losses of the next table",
         "all_written": "a hit writes all that the routine writes, for dgesdd also the overwritten matrix and its "
                        "work array; of what an oracle copies that is twice as much",
         "tracking": "operands as dear to fingerprint as to multiply: remembered fingerprints (write tracking)",
         "partial": "calls that share rows or columns (sliced, hybrid)",
         "factors": "other right-hand sides of the same matrix (multi-level reuse)",
         "none": "nothing: no call repeats, and this shows what tracing costs"}


@dataclass(frozen=True)
class Program:
    source: str   # file of the plain program; its variants are beside it: hlm.py, hlm_oracle.py, hlm_joblib.py, hlm_inner.py
    title: str
    need: str     # key of NEEDS: what it takes to do as its oracle does
    further: str = ""  # what it takes to do better than that

    @property
    def name(self):
        stem, extension = os.path.splitext(self.source)
        return stem if extension == ".py" else f"{stem} ({extension[1:]})".replace("(c)", "(C)")

    @property
    def slug(self):
        return self.source.replace(".", "_")

    @property
    def language(self):
        return {".py": "Python", ".R": "R", ".c": "C"}[os.path.splitext(self.source)[1]]

    def variants(self):
        """plain, and the hand-edited ones that exist: oracle, inner (no inner product twice), joblib (joblib.Memory)."""
        return [kind for kind in ("plain", "oracle", "inner", "joblib") if os.path.exists(self.path(kind))]

    def path(self, kind):
        stem, extension = os.path.splitext(self.source)
        return os.path.join(HERE, self.source if kind == "plain" else f"{stem}_{kind}{extension}")

    def command(self, kind, size, build):
        path = self.path(kind)
        if self.language == "C":
            start = [os.path.join(build, "bench", "c", os.path.splitext(os.path.basename(path))[0])]
        else:
            start = [sys.executable if self.language == "Python" else "Rscript", path]
        return [*start, f"--size={size}"]


PROGRAMS = [
    Program("hlm.py", "HLM: linear regression over feature subsets, penalties, intercepts, tolerances", "full", "partial"),
    Program("hcv.py", "HCV: the same, cross-validated", "full", "partial"),
    Program("ens.py", "ENS: random search for an ensemble's weights", "tracking"),
    Program("hl2svm.py", "HL2SVM: support-vector machine over penalties and intercepts", "tracking"),
    Program("pcalm.py", "PCALM: principal components, then linear regression, ten K", "full", "partial"),
    Program("steplm.py", "stepLM: forward selection of features", "none", "partial"),
    Program("mlogreg.py", "multinomial logistic regression, penalty sweeps", "tracking"),
    Program("pcanb.py", "PCA + naive Bayes, scikit-learn", "full"),
    Program("pcacv.py", "PCA + cross-validated regression, scikit-learn", "all_written"),
    Program("autoencoder.py", "mini-batch autoencoder", "none"),
    Program("gridridge.py", "GridSearchCV(Ridge), scikit-learn", "full"),
    Program("gp.py", "Gaussian-process hyper-parameter search, five outputs", "full"),
    Program("kalman.py", "Kalman filter sweep", "full"),
    Program("solve.py", "repeated solve(A, b)", "full", "factors"),
    Program("hlm.R", "HLM", "full", "partial"),
    Program("hcv.R", "HCV", "full", "partial"),
    Program("pcalm.R", "PCALM", "full", "partial"),
    Program("kalman.R", "Kalman filter sweep", "full"),
    Program("solve.c", "repeated solve(A, b), dgesv", "full", "factors"),
]


def selected(names):
    """All programs, or those whose source or name is given; None if a name fits none."""
    if not names:
        return PROGRAMS
    chosen = [p for p in PROGRAMS if p.source in names or p.name in names]
    known = {n for p in chosen for n in (p.source, p.name)}
    return chosen if set(names) <= known else None
