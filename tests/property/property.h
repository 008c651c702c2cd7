/*
 * The generated property test: every routine of the op table with random legal arguments. One call lives in one arena: the
 * by-reference argument cells first, then every array with guard zones around it, so that "all bytes after the call" is a prefix
 * of the arena. Everything follows from (seed, case number), so that two processes make the same calls on the same bytes.
 */
#ifndef BLASE_TESTS_PROPERTY_H
#define BLASE_TESTS_PROPERTY_H

#include <stdio.h>

#include "lineage/entry.h"

enum { INT_BYTES = 4, LARGEST = 40, GUARD_BYTES = 96, CELL_BYTES = 32, ARENA_BYTES = 4 << 20, GRID = 48 };

extern unsigned char arena[ARENA_BYTES];  /* what the call sees */
extern unsigned char before[ARENA_BYTES]; /* the same bytes before the call */

/* ---- random.c ---- */
struct rng {
    uint64_t state;
};
uint64_t rng_next(struct rng *r);
int64_t rng_below(struct rng *r, int64_t n); /* 0 .. n - 1 */
bool rng_chance(struct rng *r, int one_in);
double rng_unit(struct rng *r); /* -1 .. 1 */
struct rng rng_of(uint64_t seed, uint64_t a, uint64_t b);

/* ---- A call as the caller writes it; indexed as the op's arguments are ---- */
struct problem {
    const struct entry *entry;
    void *function;
    int layout_code;              /* 101 by rows, 102 by columns; Fortran ignores it */
    char letter[OP_MAX_ARGS];     /* options, in either case */
    int64_t integer[OP_MAX_ARGS]; /* dimensions, workspace sizes, leading dimensions, increments */
    unsigned char scalar[OP_MAX_ARGS][16];
    bool absent[OP_MAX_ARGS]; /* an unreferenced array passed as NULL */
    uint64_t noise;           /* what stands in the upper halves of 32-bit argument registers */
};

/* Where each array argument stands in the arena. */
struct buffer {
    size_t at, bytes;
    uint8_t component; /* bytes of a real component or an integer; 0: not passed */
    bool integer;
};
struct layout {
    struct buffer buffer[OP_MAX_ARGS];
    size_t used; /* bytes of the arena in play, a multiple of 8 */
};

/* ---- rules.c: what the table does not say about legal arguments ---- */
enum content { CONTENT_ANY, CONTENT_DOMINANT, CONTENT_PIVOTS, CONTENT_SYMMETRIC_PIVOTS, CONTENT_FLAGS, CONTENT_TAU };
const char *base_name(const struct op *op);        /* without the type letter */
bool name_in(const char *name, const char *list);  /* a word of a blank-separated list */
void rules_draw(struct problem *p, struct rng *r); /* arguments that depend on others */
bool rules_legal(const struct problem *p);
bool rules_endless(const struct problem *p);         /* reference cblas_?gemv by rows conjugates empty vectors for ever */
bool rules_upper_case(const struct op *op, int arg); /* OpenBLAS refuses the other case */
enum content rules_content(const struct op *op, int operand);
bool rules_real_diagonal(const struct op *op, int operand);
bool rules_deficient(const struct op *op);   /* accepts a rank-deficient matrix */
bool rules_fixed_shape(const struct op *op); /* integer input operands tie the content to dimensions and uplo */
/* True, and the real extent, where the routine writes more of an operand than the table lets on (nothing is kept then). */
bool rules_unknown_extent(const struct canon *c, int operand, int64_t *rows, int64_t *cols);
int64_t rules_least_ld(const struct canon *c, int operand); /* whatever the shape says */
int rules_argument(const struct op *op, const char *name);  /* -1: none */

/* ---- problem.c ---- */
void problem_draw(struct problem *p, const struct entry *entry, void *function, struct rng *r);
void problem_draw_small(struct problem *p, const struct entry *entry, void *function, struct rng *r);
/* Changes one option, integer or scalar into another legal one; false when no attempt fitted the layout. */
bool problem_change(struct problem *p, const struct layout *l, const int64_t *extent, struct rng *r, char *what, size_t size);
bool is_scratch_size(const struct op *op, int arg);

/* ---- layout.c ---- */
/* Chooses leading dimensions, increments and places; false when the canonical form finds the arguments illegal. */
bool layout_make(struct problem *p, struct layout *l, struct rng *r);
bool layout_fits(const struct layout *l, const struct canon *c, const struct use *use);
/* Element (i, j) in the Fortran sense. */
unsigned char *element_at(const struct canon *c, const struct use *u, int operand, int64_t i, int64_t j);
bool in_part(int part, int64_t i, int64_t j);

/* ---- pack.c ---- */
void pack_call(const struct problem *p, const struct layout *l, struct call *call);
void pack_cells(const struct problem *p); /* by-reference arguments into their cells */
unsigned char *cell_of(int arg);

/* ---- content.c: the values that are read ---- */
struct value {
    double re, im;
};
extern struct value content[OP_MAX_OPERANDS][GRID][GRID]; /* [operand][column][row] */
void content_draw(const struct problem *p, const struct canon *c, const struct use *use, int64_t *extent, struct rng *r);
void content_scatter(const struct canon *c, const struct use *use);

/* ---- marks.c: what the table says about every byte of the arena; 0xff is yes ---- */
extern unsigned char mark_read[ARENA_BYTES], mark_write[ARENA_BYTES];
extern unsigned char mark_scratch[ARENA_BYTES]; /* maybe and work, beyond `first` */
extern unsigned char mark_ignore[ARENA_BYTES];  /* not known even to a careful caller */
void marks_set(const struct problem *p, const struct layout *l, const struct canon *c, const struct use *use);

/* ---- run.c ---- */
enum pattern { PATTERN_FINITE, PATTERN_NAN, PATTERN_HUGE, PATTERN_COUNT };
struct trial { /* how to make one call */
    enum pattern pattern;
    uint64_t seed; /* of the pattern */
    int preset;    /* floating-point flags raised beforehand */
    int rounding;  /* 0: nearest */
    int flip;      /* change one bit of one element that is read; which, depends on this */
};
struct outcome {
    uint64_t own, scratch, values;
    int64_t info;
    int flags;
    bool kept; /* by the table: a success that may be served again */
    struct canon canon;
    struct use use[OP_MAX_OPERANDS];
    char note[160];
};
void run_trial(const struct problem *p, const struct layout *l, const struct trial *t, struct outcome *out);
/* Sets every workspace size from a workspace query, sometimes larger; false when the query failed. */
bool workspace_query(struct problem *p, struct rng *r);

/* ---- case.c ---- */
typedef void drawer(struct problem *p, const struct entry *entry, void *function, struct rng *r);
/* extent[k]: rows and columns of values that operand k has. False when the workspace query or the table refuses the call. */
bool case_make(struct problem *p, struct layout *l, const struct entry *entry, void *function, int64_t *extent, drawer *draw,
               struct rng *r);

/* ---- messages.c: xerbla of all kinds, kept in memory ---- */
extern char messages[1024];
extern bool messages_pass_on; /* also call the provider's own */
void messages_clear(void);

/* ---- describe.c ---- */
void describe_problem(FILE *out, const struct problem *p);
void describe_arena(FILE *out, const char *label, const struct problem *p, const struct layout *l, const struct outcome *o);
/* Names the byte: buffer, element and row and column. */
void describe_byte(char *text, size_t size, const struct problem *p, const struct layout *l, const struct outcome *o, size_t at);

/* ---- modes ---- */
struct options {
    uint64_t seed;
    int rounds, only, dump;
    const char *routines; /* typed names with blanks between; NULL: all */
    FILE *out;
    bool but_flags; /* --check-table: floating-point flags are not judged */
};
void calls_case(const struct options *opt, int number, const struct entry *entry, void *function);
void illegal_case(const struct options *opt, int number, const struct entry *entry, void *function);
void check_case(const struct options *opt, int number, const struct entry *entry, void *function);
int check_report(FILE *out); /* kinds of violations seen */

#endif
