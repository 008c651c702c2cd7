/* The hash kernel for x86-64 with AVX2; compiled with -mavx2, called only where the processor has it. */
#if defined(__x86_64__)
#define KERNEL_NAME(x) fp_avx2_##x
#include "lineage/fingerprint_kernel.h"
#else
typedef int fingerprint_avx2_is_empty_here;
#endif
