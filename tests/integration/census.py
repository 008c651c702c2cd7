"""An independent count of the outermost BLAS and LAPACK calls a program makes.

Builds a small preload library whose every entry counts and jumps on to the real routine. It shares no code with the
thing under test; the expectation tables beside the programs are checked against it. One shared file of counters
serves all processes of a program. Run as a script to print the table of a command:

    census.py --build build -- python3 programs/numpy_linalg.py
"""
import os
import struct
import subprocess
import sys

BLAS = {"gemm": "sdcz", "symm": "sdcz", "hemm": "cz", "syrk": "sdcz", "herk": "cz", "syr2k": "sdcz", "her2k": "cz",
        "trmm": "sdcz", "trsm": "sdcz", "gemv": "sdcz"}
# name: (types, position of LWORK among the Fortran arguments of the real and of the complex routine)
LAPACK = {"getrf": ("sdcz",), "getrs": ("sdcz",), "gesv": ("sdcz",), "potrf": ("sdcz",), "potrs": ("sdcz",),
          "potri": ("sdcz",), "posv": ("sdcz",), "trtrs": ("sdcz",), "trtri": ("sdcz",), "getri": ("sdcz", 5, 5),
          "geqrf": ("sdcz", 6, 6), "orgqr": ("sd", 7, 7), "ungqr": ("cz", 7, 7), "ormqr": ("sd", 11, 11),
          "unmqr": ("cz", 11, 11), "geqp3": ("sdcz", 7, 7), "gels": ("sdcz", 9, 9), "gelsd": ("sdcz", 11, 11),
          "gelss": ("sdcz", 11, 11), "gelsy": ("sdcz", 11, 11), "syev": ("sd", 7, 7), "syevd": ("sd", 7, 7),
          "syevr": ("sd", 17, 17), "heev": ("cz", 7, 7), "heevd": ("cz", 7, 7), "heevr": ("cz", 17, 17),
          "geev": ("sdcz", 12, 11), "gesvd": ("sdcz", 12, 12), "gesdd": ("sdcz", 11, 11), "sytrf": ("sdcz", 6, 6),
          "sytrs": ("sdcz",), "sysv": ("sdcz", 9, 9)}

ASSEMBLER = """
__asm__(
"   .text\\n"
"census_common:\\n"
"   push %r9\\n push %r8\\n push %rcx\\n push %rdx\\n push %rsi\\n push %rdi\\n"
"   mov %rsp, %rsi\\n mov %eax, %edi\\n sub $136, %rsp\\n"
"   movups %xmm0, (%rsp)\\n movups %xmm1, 16(%rsp)\\n movups %xmm2, 32(%rsp)\\n movups %xmm3, 48(%rsp)\\n"
"   movups %xmm4, 64(%rsp)\\n movups %xmm5, 80(%rsp)\\n movups %xmm6, 96(%rsp)\\n movups %xmm7, 112(%rsp)\\n"
"   call census_note\\n mov %rax, %r11\\n"
"   movups (%rsp), %xmm0\\n movups 16(%rsp), %xmm1\\n movups 32(%rsp), %xmm2\\n movups 48(%rsp), %xmm3\\n"
"   movups 64(%rsp), %xmm4\\n movups 80(%rsp), %xmm5\\n movups 96(%rsp), %xmm6\\n movups 112(%rsp), %xmm7\\n"
"   add $136, %rsp\\n"
"   pop %rdi\\n pop %rsi\\n pop %rdx\\n pop %rcx\\n pop %r8\\n pop %r9\\n"
"   jmp *%r11\\n"
STUBS
);
"""

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct entry { const char *symbol; short op, lwork, base; };
static const struct entry entries[] = { ENTRIES };
enum { OPS = OP_COUNT, ENTRIES_COUNT = sizeof entries / sizeof *entries };
static void *real[ENTRIES_COUNT];
static uint64_t (*counts)[2];
static __thread int last_index = -1;
static __thread uint64_t last_return;

static int is_provider(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return !strncmp(name, "libblas.", 8) || !strncmp(name, "libblas64.", 10) || !strncmp(name, "liblapack", 9)
        || !strncmp(name, "libopenblas", 11) || !strncmp(name, "libscipy_openblas", 17);
}

static int from_provider(uint64_t address)
{
    static __thread struct { uint64_t address; int answer; } known[256];
    unsigned at = (unsigned)(address * 2654435761u >> 8) & 255;
    if (known[at].address != address) {
        Dl_info info;
        known[at].answer = dladdr((void *)address, &info) && info.dli_fname && is_provider(info.dli_fname);
        known[at].address = address;
    }
    return known[at].answer;
}

static int scan(struct dl_phdr_info *info, size_t size, void *data)
{
    void **want = data;
    (void)size;
    if (!info->dlpi_name[0] || !is_provider(info->dlpi_name))
        return 0;
    void *handle = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
    want[1] = handle ? dlsym(handle, want[0]) : 0;
    return want[1] != 0;
}

static void *resolve(int index, uint64_t caller)
{
    void *want[2] = { (void *)entries[index].symbol, dlsym(RTLD_NEXT, entries[index].symbol) };
    struct link_map *map = 0;
    Dl_info info;
    if (!want[1] && dladdr1((void *)caller, &info, (void **)&map, RTLD_DL_LINKMAP) && map && map->l_name[0]) {
        void *handle = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
        want[1] = handle ? dlsym(handle, want[0]) : 0;
        if (want[1] && !(dladdr(want[1], &info) && is_provider(info.dli_fname)))
            want[1] = 0; /* another preloaded library that stands before this one */
    }
    if (!want[1])
        dl_iterate_phdr(scan, want);
    if (!want[1])
        fprintf(stderr, "census: no %s\n", entries[index].symbol), abort();
    return want[1];
}

__attribute__((used, visibility("hidden"))) void *census_note(int index, uint64_t *frame)
{
    const struct entry *e = &entries[index];
    uint64_t caller = frame[6];
    int continued = e->base >= 0 && e->base == last_index && caller == last_return;
    last_index = index, last_return = caller;
    if (!counts) {
        int fd = open(getenv("CENSUS_FILE"), O_RDWR | O_CLOEXEC);
        void *p = mmap(0, OPS * 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
            perror("census"), abort();
        counts = p;
        close(fd);
    }
    if (!continued && !from_provider(caller)) {
        __atomic_add_fetch(&counts[e->op][0], 1, __ATOMIC_RELAXED);
        if (e->lwork >= 0) {
            uint64_t word = frame[e->lwork < 6 ? e->lwork : e->lwork + 1];
            if (*(int32_t *)word == -1)
                __atomic_add_fetch(&counts[e->op][1], 1, __ATOMIC_RELAXED);
        }
    }
    if (!real[index])
        real[index] = resolve(index, caller);
    return real[index];
}
"""


def operations():
    for name, types in BLAS.items():
        for t in types:
            yield t + name, -1, True
    for name, (types, *lwork) in LAPACK.items():
        for t in types:
            yield t + name, lwork[t in "cz"] if lwork else -1, False


def entries():
    """(symbol, operation index, LWORK position, index of the entry that may tail-call this one)"""
    table = []
    for op, (name, lwork, blas) in enumerate(operations()):
        for prefix in ("", "scipy_"):
            for suffix in ("_", "_64_"):
                table.append((prefix + name + suffix, op, lwork, -1))
            if blas:
                table.append((prefix + "cblas_" + name, op, -1, -1))
                table.append((prefix + "cblas_" + name + "64_", op, -1, -1))
            else:
                table.append((prefix + "LAPACKE_" + name, op, -1, -1))
                table.append((prefix + "LAPACKE_" + name + "_work", op, -1, len(table) - 1))
    return table


def build(directory):
    """Compile the preload library into directory; its path."""
    library = os.path.join(directory, "census.so")
    if os.path.exists(library) and os.path.getmtime(library) > os.path.getmtime(__file__):
        return library
    table = entries()
    rows = ",\n".join('{"%s", %d, %d, %d}' % row for row in table)
    stubs = "".join('"   .globl %s\\n   .type %s, @function\\n%s: mov $%d, %%eax\\n jmp census_common\\n"\n'
                    % (row[0], row[0], row[0], i) for i, row in enumerate(table))
    source = SOURCE.replace("ENTRIES }", rows + " }").replace("OP_COUNT", str(len(list(operations()))))
    path = os.path.join(directory, "census.c")
    with open(path, "w") as f:
        f.write(source + ASSEMBLER.replace("STUBS", stubs))
    subprocess.run(["gcc", "-O1", "-Wall", "-shared", "-fPIC", path, "-o", library, "-ldl"], check=True)
    return library


def counters(path, library):
    """A fresh file of counters at path and the environment that makes a program use it."""
    with open(path, "wb") as f:
        f.truncate(16 * len(list(operations())))
    return {"CENSUS_FILE": path, "LD_PRELOAD": library}


def read(path):
    """{operation: (calls, queries)} of the routines that were called."""
    with open(path, "rb") as f:
        data = f.read()
    names = [name for name, _, _ in operations()]
    values = struct.iter_unpack("QQ", data)
    return {name: value for name, value in zip(names, values) if value[0]}


def main():
    directory = os.path.join(sys.argv[sys.argv.index("--build") + 1], "tests")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, "counts.%d" % os.getpid())
    environment = counters(path, build(directory))
    command = sys.argv[sys.argv.index("--") + 1:]
    status = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL).returncode
    for name, (calls, queries) in read(path).items():
        print("%-8s %-5d %-7d" % (name, calls, queries))
    os.unlink(path)
    return status


if __name__ == "__main__":
    sys.exit(main())
