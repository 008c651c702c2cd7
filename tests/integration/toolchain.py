"""Brings about what the tests run: compiled C and Fortran programs, and the virtual environment with the PyPI wheels."""
import glob
import json
import os
import shutil
import subprocess

import census
from harness import HERE, PROGRAMS, Failed, Once, Skipped, sanitized

DEBIAN_PYTHON = "/usr/bin/python3"
LIBRARIES = "/usr/lib/x86_64-linux-gnu/"
REFERENCE = [LIBRARIES + "lapack/liblapack.so.3", LIBRARIES + "blas/libblas.so.3"]
REFERENCE_FLAGS = REFERENCE + ["-Wl,--disable-new-dtags,-rpath,%slapack:%sblas" % (LIBRARIES, LIBRARIES)]
C = ["gcc", "-O1", "-Wall", "-Wextra"]
SHARED = C + ["-shared", "-fPIC"]

# output: (compiler and flags, source, libraries; those of this table are built first)
BUILDS = {
    "buffers": (C, "buffers.c", ["-llapack", "-lblas"]),
    "c_linalg": (C, "c_linalg.c", ["-llapacke", "-lopenblas"]),
    "c_linalg_small": (C + ["-DORDER=96"], "c_linalg.c", ["-llapacke", "-lopenblas"]),
    "c_linalg_reference": (C, "c_linalg.c", ["-llapacke", *REFERENCE_FLAGS]),
    "drivers": (C, "drivers.c", ["-llapacke", "-llapack", "-lopenblas"]),
    "drivers_reference": (C, "drivers.c", ["-llapacke", *REFERENCE_FLAGS]),
    "driver_bits": (C, "driver_bits.c", ["-lopenblas"]),
    "least_squares": (C, "least_squares.c", ["-llapacke", "-llapack", "-lopenblas"]),
    "least_squares_reference": (C, "least_squares.c", ["-llapacke", *REFERENCE_FLAGS]),
    "driver_bits_reference": (C, "driver_bits.c", REFERENCE_FLAGS),
    "fortran_linalg": (["gfortran", "-O1"], "fortran_linalg.f90", ["-llapack", "-lblas"]),
    "clones": (C, "clones.c", ["-lblas"]),
    "fork_exec": (C, "fork_exec.c", ["-lblas"]),
    "ilp64_linalg": (C, "ilp64_linalg.c", ["-l:libopenblas64.so.0"]),
    "padding": (C, "padding.c", ["-llapack", "-lblas"]),
    "same_buffers": (C, "same_buffers.c", ["-llapacke", "-lopenblas"]),
    "reasons": (C, "reasons.c", ["-llapack", "-lblas", "-lm"]),
    "working_set": (C, "working_set.c", ["-llapack", "-lblas"]),
    "repeated_products": (C, "repeated_products.c", ["-lopenblas", "-lm"]),
    "exit_in_handler": (C, "exit_in_handler.c", ["-lopenblas", "-lpthread"]),
    "chain": (C, "chain.c", ["-lopenblas"]),
    "flat": (C, "flat.c", ["-lopenblas"]),
    "finite": (C, "finite.c", ["-lopenblas", "-lm"]),
    "same_calls": (C, "same_calls.c", ["-lblas", "-lpthread"]),
    "meeting": (C, "meeting.c", ["meeting_provider.so", "-lpthread"]),
    "meeting_provider.so": (SHARED, "meeting_provider.c", []),
    "endless": (C, "endless.c", ["-lopenblas"]),
    "race": (C, "race.c", ["-lblas", "-lpthread"]),
    "fp_flags": (C, "fp_flags.c", ["-lblas", "-lm"]),
    "fake_blas": (C, "fake_blas.c", ["{tests}/libfake_blas.so", "-Wl,-rpath,$ORIGIN"]),
    "many_sites": (C + ["-DMANY_SITES"], "fake_blas.c", ["{tests}/libfake_blas.so", "-Wl,-rpath,$ORIGIN"]),
    "libfake_blas.so": (["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-DFAKE_LIBRARY"], "fake_blas.c", ["-ldl"]),
    "reloaded_plugins": (C, "reloaded_plugins.c", ["-ldl"]),
    "tiny_calls": (C, "tiny_calls.c", ["-lopenblas", "-lm", "-lpthread"]),
    "tiny_calls_reference": (C, "tiny_calls.c", [*REFERENCE_FLAGS, "-lm", "-lpthread"]),
    "waiting_destructor": (C, "waiting_destructor.c", ["-lopenblas", "-ldl", "-lpthread"]),
    "waiting_destructor.so": (SHARED + ["-DWAITING_LIBRARY"], "waiting_destructor.c", []),
    "two_providers": (C, "two_providers.c", ["-ldl"]),
    "two_providers_linked": (C, "two_providers.c", ["-ldl", "-Wl,--no-as-needed", "-l:libopenblas.so.0"]),
    "plugin_openblas.so": (SHARED, "plugin.c", ["-l:libopenblas.so.0"]),
    "plugin_reference.so": (SHARED, "plugin.c", REFERENCE_FLAGS),
    "plugin_ilp64.so": (SHARED + ["-DINTEGER=int64_t"], "plugin.c", ["-l:libopenblas64.so.0"]),
}


def compile_program(build, output):
    flags, source, libraries = BUILDS[output]
    if not shutil.which(flags[0]):
        raise Skipped("no " + flags[0])
    for word in libraries:
        name = LIBRARIES + word[3:] if word.startswith("-l:") else word
        if name.startswith("/") and not os.path.exists(name):
            raise Skipped("no " + name)
    libraries = [compiled(build, word) if word in BUILDS else word for word in libraries]
    directory = os.path.join(build, "tests")
    os.makedirs(directory, exist_ok=True)
    libraries = [word.replace("{tests}", directory) for word in libraries]
    target, path = os.path.join(directory, output), os.path.join(PROGRAMS, source)
    sources = [path, os.path.join(PROGRAMS, "data.h"), os.path.abspath(__file__)]
    if not os.path.exists(target) or os.path.getmtime(target) < max(map(os.path.getmtime, sources)):
        extra = ["-J" + directory] if flags[0] == "gfortran" else []
        extra += ["-g", "-fsanitize=thread"] if sanitized else []
        done = subprocess.run([*flags, *extra, path, "-o", target, *libraries], capture_output=True)
        if done.returncode:
            raise Failed("cannot compile %s:\n%s" % (source, done.stderr.decode(errors="replace")))
    return target


def make_venv(build):
    """The Python of build/venv, made with the versions of requirements.txt if it is not there."""
    python = os.path.join(build, "venv", "bin", "python")
    if glob.glob(os.path.join(build, "venv", "lib", "python*", "site-packages", "sklearn")):
        return python
    for command in ([DEBIAN_PYTHON, "-m", "venv", os.path.join(build, "venv")],
                    [python, "-m", "pip", "install", "-q", "-r", os.path.join(HERE, "requirements.txt")]):
        done = subprocess.run(command, capture_output=True)
        if done.returncode:
            raise Skipped("no wheels: " + (done.stderr.decode(errors="replace").strip().splitlines() or ["?"])[-1])
    return python


def installed(python):
    """{package: version} of what an interpreter imports."""
    code = ("import importlib.metadata as m, json; "
            "print(json.dumps({n: m.version(n) for n in ('numpy', 'scipy', 'scikit-learn', 'joblib')}))")
    done = subprocess.run([python, "-c", code], capture_output=True)
    return json.loads(done.stdout) if done.returncode == 0 else {}


STEADY_CORES = ("Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids")  # as in shim/provider.c
ASK_CORE = "import ctypes; ask = ctypes.CDLL('libblas.so.3').openblas_get_corename; ask.restype = ctypes.c_char_p; print(ask().decode())"
core = Once(lambda: subprocess.run([DEBIAN_PYTHON, "-c", ASK_CORE], capture_output=True, text=True, check=True).stdout.strip())


def openblas_core():
    """Whose kernels the system's OpenBLAS takes here."""
    return core()


def need(program, package):
    path = shutil.which(program)
    if not path:
        raise Skipped("no %s (package %s)" % (program, package))
    return path


def r_script(path):
    """How R runs a script. ThreadSanitizer's runtime does not start with the shell that Rscript goes by: R without it, then."""
    if not sanitized:
        return [need("Rscript", "r-base-core"), path]
    home = subprocess.run([need("R", "r-base-core"), "RHOME"], capture_output=True, text=True, check=True).stdout.strip()
    return ["env", "R_HOME=" + home, "LD_LIBRARY_PATH=" + os.path.join(home, "lib"), os.path.join(home, "bin", "exec", "R"),
            "--no-echo", "--no-restore", "--file=" + path, "--args"]


def debian_python(module):
    done = subprocess.run([DEBIAN_PYTHON, "-c", "import " + module], capture_output=True)
    if done.returncode:
        raise Skipped("no python3-" + module)
    return DEBIAN_PYTHON


def build_census(build):
    directory = os.path.join(build, "tests")
    os.makedirs(directory, exist_ok=True)
    return census.build(directory)


census_library = Once(build_census)
compiled = Once(compile_program)
wheels_python = Once(make_venv)
versions = Once(installed)
debian_python = Once(debian_python)
