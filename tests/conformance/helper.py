"""Variables the CBLAS testers expect from the reference library.

xscblat2, xscblat3 and so on refer to the variables RowMajorStrg and CBLAS_CallFromC, which only Debian's reference
libblas.so.3 defines: against OpenBLAS the loader refuses to start them. A preloaded library with the two variables
lets them run there, with the shim and without. It also shows that `blase run` keeps an LD_PRELOAD it finds.
"""

import os
import shutil
import subprocess

SOURCE = "int RowMajorStrg, CBLAS_CallFromC;\n"


def build(root):
    """The path of the helper, or '' where there is no C compiler."""
    compiler = shutil.which(os.environ.get("CC", "cc").split()[0])
    if not compiler:
        return ""
    path = os.path.join(root, "cblas_variables.so")
    subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", path], input=SOURCE, text=True, check=True)
    return path
