/*
 * Products of which a routine writes one triangle only, and the program mirrors it: numpy's X.T @ X and R's crossprod(X) call
 * syrk and fill in the other half themselves. The whole matrix then is no call's output, but its triangle is. Such an operand
 * becomes two inputs: the triangle, from the item that produced it, and beside it the strict rest, which lineage knows nothing
 * of.
 *
 * Costs another fingerprint of an unknown square operand, and only where a triangle of that order was produced before.
 */
#ifndef BLASE_LINEAGE_TRIANGLES_H
#define BLASE_LINEAGE_TRIANGLES_H

#include "lineage/content.h"
#include "lineage/guard.h"
#include "lineage/lineage.h"

/* Orders and types of which triangles were produced; of more than these, later ones are not looked for. */
enum { TRIANGLES_MOST = 32 };
struct triangles {
    int64_t orders[TRIANGLES_MOST];
    char types[TRIANGLES_MOST];
    int count;
};

/* With the guard held: an output. */
void triangles_note(struct triangles *known, const struct traced *t, const struct traced_output *out);

/* Is some input that nothing explains as a whole worth a look? */
bool triangles_wanted(const struct triangles *known, const struct traced *t);

/* Without the guard: splits unknown square inputs of which a triangle is some item's output. */
void triangles_split(struct guard *guard, struct content *content, const struct triangles *known, struct traced *t);

#endif
