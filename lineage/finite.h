/*
 * Looking for NaN and infinities among the elements of a view. Bits are compared as integers: no floating-point flag is raised
 * and none is needed, and the loop is one that compilers turn into vector instructions. Thread-safe: reads the view's elements
 * only.
 */
#ifndef BLASE_LINEAGE_FINITE_H
#define BLASE_LINEAGE_FINITE_H

#include "lineage/view.h"

/* True if an element, or either part of a complex one, is a NaN or an infinity. Integers never are. */
bool view_nonfinite(const struct view *v);

#endif
