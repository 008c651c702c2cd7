/* Least squares after the matrix was factored, by geqrf or by gels itself. The argument picks a case; "bits" is all types and shapes. */
#include "data.h"
#include <string.h>

#define ROUTINES(T)                                                                                                             \
    void T##gels_(const char *, int *, int *, int *, void *, int *, void *, int *, void *, int *, int *, size_t);               \
    void T##geqrf_(int *, int *, void *, int *, void *, void *, int *, int *);
ROUTINES(s)
ROUTINES(d)
ROUTINES(c)
ROUTINES(z)
enum { LAPACK_ROW_MAJOR = 101, LAPACK_COL_MAJOR };
int LAPACKE_dgels_work(int, char, int, int, int, double *, int, double *, int, double *, int);

/* One problem; what is left of it is told in full, tau included. */
struct problem {
    char type, trans;
    int m, n, nrhs, lwork, info;
    size_t element;
    void *a, *b, *work, *tau, *scratch;
    double a_scale, b_scale;
    int zero_column;
};

static void fill(const struct problem *p, void *to, size_t count, uint64_t s, double scale)
{
    const size_t reals = p->element / (p->type == 's' || p->type == 'c' ? 4 : 8);
    double *from = random_doubles(s, count * reals + 1);
    for (size_t i = 0; i < count * reals; i++)
        if (p->type == 's' || p->type == 'c')
            ((float *)to)[i] = (float)(from[i] * scale);
        else
            ((double *)to)[i] = from[i] * scale;
    free(from);
}

static void gels_call(struct problem *p, void *work, int *lwork)
{
    int ld = p->m > p->n ? p->m : p->n, lda = p->m;
#define GELS(T) T##gels_(&p->trans, &p->m, &p->n, &p->nrhs, p->a, &lda, p->b, &ld, work, lwork, &p->info, 1)
    switch (p->type) {
    case 's':
        GELS(s);
        break;
    case 'd':
        GELS(d);
        break;
    case 'c':
        GELS(c);
        break;
    default:
        GELS(z);
        break;
    }
}

static void geqrf_call(struct problem *p)
{
    int lda = p->m, lwork = p->lwork - p->n;
#define GEQRF(T) T##geqrf_(&p->m, &p->n, p->a, &lda, p->tau, p->scratch, &lwork, &p->info)
    switch (p->type) {
    case 's':
        GEQRF(s);
        break;
    case 'd':
        GEQRF(d);
        break;
    case 'c':
        GEQRF(c);
        break;
    default:
        GEQRF(z);
        break;
    }
}

static size_t rows_of_b(const struct problem *p)
{
    return (size_t)(p->m > p->n ? p->m : p->n);
}

/* As many programs do: the workspace is as large as the driver asks for. */
static struct problem *problem(char type, int m, int n, int nrhs, char trans)
{
    struct problem *p = calloc(1, sizeof *p);
    double answer[2];
    float narrow;
    int query = -1;
    *p = (struct problem){.type = type, .trans = trans, .m = m, .n = n, .nrhs = nrhs, .a_scale = 1, .b_scale = 1, .zero_column = -1};
    p->element = type == 's' ? 4 : type == 'z' ? 16 : 8;
    gels_call(p, answer, &query);
    memcpy(&narrow, answer, sizeof narrow);
    p->lwork = type == 's' || type == 'c' ? (int)narrow : (int)answer[0];
    p->a = malloc(p->element * (size_t)m * (size_t)n);
    p->b = malloc(p->element * rows_of_b(p) * (size_t)nrhs);
    p->work = malloc(p->element * (size_t)p->lwork);
    p->tau = malloc(p->element * (size_t)n);
    p->scratch = malloc(p->element * (size_t)p->lwork);
    return p;
}

static void done(struct problem *p)
{
    free(p->a), free(p->b), free(p->work), free(p->tau), free(p->scratch), free(p);
}

static void fresh(struct problem *p, uint64_t matrix, uint64_t right)
{
    fill(p, p->a, (size_t)p->m * (size_t)p->n, matrix, p->a_scale);
    fill(p, p->b, rows_of_b(p) * (size_t)p->nrhs, right, p->b_scale);
    if (p->zero_column >= 0)
        memset((char *)p->a + p->element * (size_t)p->m * (size_t)p->zero_column, 0, p->element * (size_t)p->m);
    memset(p->work, 0, p->element * (size_t)p->lwork);
    p->info = -99;
}

static void tell(const struct problem *p, const char *what, const void *work)
{
    uint64_t h = digest_bytes(0, p->a, p->element * (size_t)p->m * (size_t)p->n);
    h = digest_bytes(h, p->b, p->element * rows_of_b(p) * (size_t)p->nrhs);
    h = digest_bytes(h, work, p->element * (size_t)(p->m < p->n ? p->m : p->n)); /* its first element, and tau's others */
    printf("%s %c %d %d %d info %d %016llx\n", what, p->type, p->m, p->n, p->nrhs, p->info, (unsigned long long)h);
}

static void gels(struct problem *p, uint64_t matrix, uint64_t right)
{
    fresh(p, matrix, right);
    gels_call(p, p->work, &p->lwork);
    tell(p, "gels", p->work);
}

static void geqrf(struct problem *p, uint64_t matrix)
{
    fresh(p, matrix, 1);
    geqrf_call(p);
    tell(p, "geqrf", p->tau);
}

static void lapacke(struct problem *p, int layout, uint64_t right)
{
    int rows = layout == LAPACK_ROW_MAJOR;
    fresh(p, 1, right);
    p->info = LAPACKE_dgels_work(layout, 'N', p->m, p->n, p->nrhs, p->a, rows ? p->n : p->m, p->b, rows ? p->nrhs : p->m, p->work,
                                 p->lwork);
    tell(p, rows ? "rows" : "columns", p->work);
}

/* Every type, shape and workspace: the matrix factored by gels first, then by geqrf first. */
static void bits(int step)
{
    const int sides[] = {1, 3, 40}, cols[] = {1, 2, 3, 5, 8, 13, 20, 31, 32, 33, 40, 64, 65, 100, 129};
    uint64_t matrix = 1;
    for (const char *type = "sdcz"; *type; type++)
        for (size_t i = 0; i < sizeof cols / sizeof *cols; i += (size_t)step)
            for (int taller = 0; taller < 3; taller++)
                for (int side = 0; side < 3; side++)
                    for (int tight = 0; tight < 2; tight++) {
                        int n = cols[i], m = taller == 0 ? n : taller == 1 ? n + 7 : 3 * n + 1;
                        struct problem *p = problem(*type, m, n, sides[side], 'N');
                        if (tight) /* no blocks, or small ones */
                            p->lwork = n + (n > p->nrhs ? n : p->nrhs) * (n % 2 ? 1 : 5);
                        gels(p, matrix, 1), gels(p, matrix, 2), gels(p, matrix, 3);
                        matrix++;
                        geqrf(p, matrix), gels(p, matrix, 1), gels(p, matrix, 2), gels(p, matrix, 1), geqrf(p, matrix);
                        matrix++;
                        done(p);
                    }
}

static struct problem *case_of(const char *what)
{
    if (strcmp(what, "wide") == 0)
        return problem('d', 120, 200, 3, 'N');
    if (strcmp(what, "transposed") == 0)
        return problem('d', 200, 120, 3, 'T');
    return problem('d', 500, 120, 3, 'N');
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "bits") == 0) {
        bits(argc > 2 ? atoi(argv[2]) : 1);
        return 0;
    }
    struct problem *p = case_of(what);
    if (strcmp(what, "geqrf") == 0) {
        geqrf(p, 1), gels(p, 1, 1), gels(p, 1, 1), gels(p, 1, 2), gels(p, 1, 3), geqrf(p, 1);
    } else if (strcmp(what, "rows") == 0 || strcmp(what, "columns") == 0) {
        int layout = *what == 'r' ? LAPACK_ROW_MAJOR : LAPACK_COL_MAJOR;
        lapacke(p, layout, 1), lapacke(p, layout, 2), lapacke(p, layout, 1), lapacke(p, layout, 3);
    } else if (strcmp(what, "scaled") == 0) { /* the matrix, then the right-hand sides */
        p->a_scale = 0x1p980;
        geqrf(p, 1), gels(p, 1, 1), gels(p, 1, 2);
        p->a_scale = 1;
        geqrf(p, 1), gels(p, 1, 1);
        p->b_scale = 0x1p-990;
        gels(p, 1, 2);
        p->b_scale = 0;
        gels(p, 1, 3);
    } else if (strcmp(what, "singular") == 0) {
        p->zero_column = 5;
        geqrf(p, 1), gels(p, 1, 1), gels(p, 1, 2), gels(p, 1, 1);
        p->zero_column = 0;
        gels(p, 2, 1), geqrf(p, 2), gels(p, 2, 1);
    } else {
        gels(p, 1, 1), gels(p, 1, 2), gels(p, 1, 1), gels(p, 1, 3);
    }
    done(p);
    return 0;
}
