/* The hash kernel for every machine: the baseline instruction set of the build. */
#define KERNEL_NAME(x) fp_generic_##x
#include "lineage/fingerprint_kernel.h"
