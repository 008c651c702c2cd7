/*
 * Drivers of every type and size after their factor is known: each matrix is solved for twice with other right-hand sides, then
 * factored by itself, then the other way round. One line a case holds the digest of all that was left in memory.
 */
#include "data.h"
#include <string.h>

/* Hermitian and positive definite, so that every driver likes it; by rows as by columns. */
static void fill(char type, void *to, int rows, int cols, uint64_t s, int definite)
{
    int parts = type == 'c' || type == 'z' ? 2 : 1;
    double *p = random_doubles(s, (size_t)rows * (size_t)cols * (size_t)parts + 1);
    for (int j = 0; definite && j < cols; j++)
        for (int i = 0; i <= j; i++)
            for (int part = 0; part < parts; part++) {
                double *one = &p[(j * rows + i) * parts + part], *other = &p[(i * rows + j) * parts + part];
                *other = part ? -*one : *one;
                if (i == j)
                    *one = part ? 0 : 2.0 * rows;
            }
    for (size_t i = 0; i < (size_t)rows * (size_t)cols * (size_t)parts; i++)
        if (type == 's' || type == 'c')
            ((float *)to)[i] = (float)p[i];
        else
            ((double *)to)[i] = p[i];
    free(p);
}

struct memory {
    size_t a_size, b_size, work_size;
    void *a, *b, *work;
    int *pivots, n, nrhs, lwork, info;
};

static uint64_t left(struct memory *m, uint64_t h)
{
    h = digest_bytes(h, m->a, m->a_size);
    h = digest_bytes(h, m->b, m->b_size);
    h = digest_bytes(h, m->work, 4); /* its first element */
    return digest_bytes(digest_bytes(h, m->pivots, sizeof(int) * (size_t)m->n), &m->info, sizeof m->info);
}

static void fresh(char type, struct memory *m, uint64_t a, uint64_t b, int definite)
{
    fill(type, m->a, m->n, m->n, a, definite);
    fill(type, m->b, m->n, m->nrhs, b, 0);
    memset(m->work, 0, m->work_size);
    memset(m->pivots, 0, sizeof(int) * ((size_t)m->n + 1));
    m->info = -99;
}

#define MATRIX m->a, &ld
#define RIGHT m->b, &ld, &m->info
#define DRIVERS(T, SY)                                                                                                          \
    void T##gesv_(int *, int *, void *, int *, int *, void *, int *, int *);                                                    \
    void T##getrf_(int *, int *, void *, int *, int *, int *);                                                                  \
    void T##posv_(const char *, int *, int *, void *, int *, void *, int *, int *, size_t);                                     \
    void T##potrf_(const char *, int *, void *, int *, int *, size_t);                                                          \
    void T##SY##sv_(const char *, int *, int *, void *, int *, int *, void *, int *, void *, int *, int *, size_t);             \
    void T##SY##trf_(const char *, int *, void *, int *, int *, void *, int *, int *, size_t);                                  \
    static uint64_t T##step(struct memory *m, int what, const char *uplo)                                                       \
    {                                                                                                                           \
        int ld = m->n > 0 ? m->n : 1;                                                                                           \
        switch (what) {                                                                                                         \
        case 0:                                                                                                                 \
            T##gesv_(&m->n, &m->nrhs, MATRIX, m->pivots, RIGHT);                                                                \
            break;                                                                                                              \
        case 1:                                                                                                                 \
            T##getrf_(&m->n, &m->n, MATRIX, m->pivots, &m->info);                                                               \
            break;                                                                                                              \
        case 2:                                                                                                                 \
            T##posv_(uplo, &m->n, &m->nrhs, MATRIX, RIGHT, 1);                                                                  \
            break;                                                                                                              \
        case 3:                                                                                                                 \
            T##potrf_(uplo, &m->n, MATRIX, &m->info, 1);                                                                        \
            break;                                                                                                              \
        case 4:                                                                                                                 \
            T##SY##sv_(uplo, &m->n, &m->nrhs, MATRIX, m->pivots, m->b, &ld, m->work, &m->lwork, &m->info, 1);                   \
            break;                                                                                                              \
        default:                                                                                                                \
            T##SY##trf_(uplo, &m->n, MATRIX, m->pivots, m->work, &m->lwork, &m->info, 1);                                       \
            break;                                                                                                              \
        }                                                                                                                       \
        return left(m, (uint64_t)what);                                                                                         \
    }
DRIVERS(s, sy)
DRIVERS(d, sy)
DRIVERS(c, he)
DRIVERS(z, sy)

static void one_case(char type, uint64_t (*step)(struct memory *, int, const char *), int n, int nrhs)
{
    size_t element = type == 's' ? 4 : type == 'z' ? 16 : 8;
    struct memory m = {.n = n, .nrhs = nrhs, .lwork = 64 * n + 64};
    m.a_size = element * (size_t)n * (size_t)n;
    m.b_size = element * (size_t)n * (size_t)nrhs;
    m.work_size = element * (size_t)m.lwork;
    m.a = malloc(m.a_size + 16), m.b = malloc(m.b_size + 16), m.work = malloc(m.work_size), m.pivots = malloc(sizeof(int) * ((size_t)n + 1));
    for (int driver = 0; driver < 6; driver += 2)
        for (int lower = 0; lower < (driver ? 2 : 1); lower++)
            for (int order = 0; order < 2; order++) { /* the driver first, its factor's routine first */
                uint64_t h = 0, a = (uint64_t)(n * 100 + driver * 10 + order + 1);
                for (int i = 0; i < 3; i++) {
                    int what = (i == 2) != order ? driver + 1 : driver;
                    what = order ? (i ? driver : driver + 1) : what;
                    fresh(type, &m, a, (uint64_t)(i + 1), driver == 2);
                    h ^= step(&m, what, lower ? "L" : "U") * (uint64_t)(2 * i + 1);
                }
                printf("%c %d %d %d %d %d %016llx\n", type, driver, n, nrhs, lower, order, (unsigned long long)h);
            }
    free(m.a), free(m.b), free(m.work), free(m.pivots);
}

int main(int argc, char **argv)
{
    const int step = argc > 1 ? atoi(argv[1]) : 1; /* of the small sizes */
    const int larger[] = {64, 100, 129, 257}, sides[] = {1, 3, 40};
    for (int side = 0; side < 3; side++)
        for (int i = 0; i < 45; i += i < 40 ? step : 1) {
            int n = i <= 40 ? i : larger[i - 41];
            one_case('s', sstep, n, sides[side]);
            one_case('d', dstep, n, sides[side]);
            one_case('c', cstep, n, sides[side]);
            one_case('z', zstep, n, sides[side]);
        }
    return 0;
}
