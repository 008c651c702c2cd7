/* gram, solve, predict; what comes between is the argument's. */
#include <stdlib.h>
#include <string.h>

extern void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                   const double *, const int *, const double *, double *, const int *);
extern void dgemv_(const char *, const int *, const int *, const double *, const double *, const int *, const double *, const int *,
                   const double *, double *, const int *);
extern void dposv_(const char *, const int *, const int *, double *, const int *, double *, const int *, int *);

enum { N = 40, D = 6 };
static const int n = N, d = D, one_column = 1, next = 1;
static const double one = 1, zero = 0;

static void fit(const double *x, const double *y, double *g, double *w, int overwrite)
{
    double a[D * D];
    int info;
    dgemm_("T", "N", &d, &d, &n, &one, x, &n, x, &n, &zero, g, &d);
    dgemv_("T", &n, &d, &one, x, &n, y, &next, &zero, w, &next);
    if (overwrite)
        g[7] += 1;
    memcpy(a, g, sizeof a);
    dposv_("L", &d, &one_column, overwrite ? g : a, &d, w, &d, &info);
}

static void predict(const double *x, const double *w, double *out)
{
    dgemv_("N", &n, &d, &one, x, &n, w, &next, &zero, out, &next);
}

static void times(const double *a, int rows, int columns, int distance, const double *v, double *out)
{
    dgemv_("N", &rows, &columns, &one, a, &distance, v, &next, &zero, out, &next);
}

static void slices(const double *x, double *g, const double *v, double *out)
{
    double rows[3 * D];
    dgemm_("T", "N", &d, &d, &n, &one, x, &n, x, &n, &zero, g, &d);
    times(g + 2 * D, D, 3, D, v, out);         /* columns 2 to 4 */
    times(g + 2 * D + 1, 4, 3, D, v + 3, out); /* of them rows 1 to 4 */
    for (int j = 0; j < D; j++)
        memcpy(rows + 3 * j, g + D * j + 2, 3 * sizeof *rows);
    times(rows, 3, D, 3, v, out); /* a copy of rows 2 to 4 */
    g[2 * D] = 0;                      /* now columns 2 to 4 are other ones, 3 and 4 what they were */
    times(g + 2 * D, D, 3, D, v, out);
    times(g + 3 * D, D, 2, D, v, out);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "plain";
    double x[N * D], y[N], w[D], out[N], *g = malloc(D * D * sizeof *g);
    for (int i = 0; i < N * D; i++)
        x[i] = (double)(i * i % 101) / 7 - 5;
    for (int i = 0; i < N; i++)
        y[i] = (double)(i * 7 % 23) / 3;
    if (strcmp(what, "slices") == 0) {
        slices(x, g, y, out);
    } else {
        for (int again = 0; again < 2; again++) {
            fit(x, y, g, w, strcmp(what, "overwritten") == 0);
            predict(x, w, out);
        }
        x[3] = 0.5; /* the leaf's buffer holds another one */
        predict(x, w, out);
        free(g);
        g = malloc(D * D * sizeof *g); /* most likely where the first one was */
        memset(g, 0, D * D * sizeof *g);
        times(g, D, D, D, y, out);
    }
    free(g);
    return 0;
}
