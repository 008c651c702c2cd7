/*
 * The scalar tau of a QR factorisation's first reflector, from the matrix's first element before and after. gels overwrites it
 * with the workspace's size, and without it a factor is of no use. The reference's larfg computes tau from just these two
 * numbers, so it comes out the same to the last bit; of a library that does otherwise a trial tells (reuse/driver.h). Pure;
 * raises flags.
 */
#ifndef BLASE_REUSE_REFLECTOR_H
#define BLASE_REUSE_REFLECTOR_H

#include <stdbool.h>

/* `type`: s d c z. False: so small a number was rescaled on its way, or is none. */
bool reflector_scalar(char type, const void *before, const void *after, void *tau);

#endif
