/* What went is had again, by who asks for as much; from any number of threads each piece by one alone. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "lineage/spare.h"

Test(spare, the_last_that_went_comes_back)
{
    void *a = spare_take(1000), *b = spare_take(1000);
    cr_assert(a && b && a != b);
    spare_give(a, 1000);
    spare_give(b, 1000);
    spare_fetch(1000, 0);
    cr_assert_eq(spare_take(1000), b);
    spare_give(b, 1000);
    void *other = spare_take(1001); /* of the same place, and larger: sanitizers see if it is the one for 1000 */
    cr_assert_not_null(other);
    memset(other, 1, 1001);
    spare_give(other, 1001);
}

Test(spare, large_pieces_are_not_kept)
{
    const size_t large = (size_t)1 << 20;
    void *a = spare_take(large);
    cr_assert_not_null(a);
    memset(a, 1, large);
    spare_give(a, large);
    spare_fetch(large, 0);
}

static void *work(void *context)
{
    const unsigned char mine = *(const unsigned char *)context;
    for (int i = 0; i < 20000; i++) {
        const size_t bytes = 64 + (size_t)(i % 3) * 1024;
        unsigned char *at = spare_take(bytes);
        memset(at, mine, bytes);
        spare_fetch(bytes, 0);
        for (size_t k = 0; k < bytes; k += 63)
            cr_assert_eq(at[k], mine);
        spare_give(at, bytes);
    }
    return NULL;
}

Test(spare, threads)
{
    pthread_t threads[4];
    unsigned char names[4];
    for (int i = 0; i < 4; i++) {
        names[i] = (unsigned char)(i + 1);
        pthread_create(&threads[i], NULL, work, &names[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
