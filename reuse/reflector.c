#include "reuse/reflector.h"

#include <string.h>

/* larfg rescales below about 2^-970 and 2^-102. */
#define SMALLEST_64 0x1p-900
#define SMALLEST_32 0x1p-90f

/*
 * Of alpha and the rest x of its column larfg makes beta = -sign(norm, Re alpha) and tau = (beta - alpha) / beta; where there is
 * nothing to eliminate it leaves alpha as it is, and tau is 0. The other way round: beta has the sign of alpha only then.
 */
#define SCALAR(name, real, smallest)                                                 \
    static bool name(bool complex, const void *before, const void *after, void *tau) \
    {                                                                                \
        real alpha[2] = {0, 0}, beta[2] = {0, 0}, scalar[2] = {0, 0};                \
        const size_t size = complex ? sizeof alpha : sizeof(real);                   \
        memcpy(alpha, before, size);                                                 \
        memcpy(beta, after, size);                                                   \
        if (!(beta[0] >= (smallest) || beta[0] <= -(smallest)) || beta[1] != 0)      \
            return false;                                                            \
        if (alpha[0] != beta[0] || alpha[1] != 0) {                                  \
            scalar[0] = (beta[0] - alpha[0]) / beta[0];                              \
            scalar[1] = complex ? -alpha[1] / beta[0] : 0;                           \
        }                                                                            \
        memcpy(tau, scalar, size);                                                   \
        return true;                                                                 \
    }
SCALAR(scalar_64, double, SMALLEST_64)
SCALAR(scalar_32, float, SMALLEST_32)

bool reflector_scalar(char type, const void *before, const void *after, void *tau)
{
    const bool complex = type == 'c' || type == 'z';
    return (type == 's' || type == 'c' ? scalar_32 : scalar_64)(complex, before, after, tau);
}
