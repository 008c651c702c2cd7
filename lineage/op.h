/*
 * The op table as C: one descriptor a typed routine, generated from lineage/ops/ (whose README.md defines every word used here).
 * Immutable; safe from any thread.
 */
#ifndef BLASE_LINEAGE_OP_H
#define BLASE_LINEAGE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OP_MAX_ARGS = 28, OP_MAX_OPERANDS = 10 };

enum arg_kind { ARG_OPTION, ARG_INT, ARG_SCALAR, ARG_REAL_SCALAR, ARG_LD, ARG_INC, ARG_ARRAY, ARG_INFO, ARG_LWORK };
enum operand_role { ROLE_IN, ROLE_OUT, ROLE_INOUT, ROLE_MAYBE, ROLE_WORK };
enum operand_etype { ETYPE_OWN, ETYPE_REAL, ETYPE_INT };

/* Which elements of a matrix: triangles include the diagonal, strict ones do not. */
enum part { PART_NONE, PART_FULL, PART_UPPER, PART_LOWER, PART_STRICT_UPPER, PART_STRICT_LOWER };

struct op_arg {
    const char *name;
    uint8_t kind;   /* enum arg_kind */
    int8_t operand; /* index of the operand an ARG_ARRAY is, else -1 */
    uint8_t lapacke_only;
    const char *letters; /* legal letters of an ARG_OPTION */
};

struct op_operand {
    const char *name;
    uint8_t arg;   /* index of its pointer argument */
    int8_t ld_arg; /* index of its leading dimension or increment, -1 when it has none */
    uint8_t role;  /* enum operand_role */
    uint8_t etype; /* enum operand_etype */
    uint8_t has_inc;
};

/* A part of a rows x cols corner of an operand, in the column-major Fortran sense. */
struct region {
    int part;
    int64_t rows, cols;
};

/* What one call does with one operand. All zero: not referenced. */
struct use {
    int64_t rows, cols; /* the whole operand */
    struct region read, write;
    int64_t first; /* ROLE_MAYBE, ROLE_WORK: elements surely written */
};

/* How a row-major CBLAS call is the column-major one it computes. */
enum row_step_kind { ROW_SWAP, ROW_FLIP, ROW_FLIPC, ROW_CONJ };
struct row_step {
    uint8_t kind;
    int8_t a, b;
};

/* A value of a canonical call. Scalars stand in `bytes` as the caller gave them, zero padded. */
union cval {
    int64_t i;
    void *p;
    unsigned char bytes[16];
};

struct op;
struct call;

/* A call in canonical form: column-major, options as upper-case letters, integers 64-bit. Indexed as the op's arguments are. */
struct canon {
    const struct op *op;
    uint8_t int_bytes; /* integer width of the provider: 4 or 8 */
    bool row_major;    /* LAPACKE row-major: same arguments, arrays stored by rows */
    bool scratch;      /* work arrays and LWORK were passed (every style but high-level LAPACKE) */
    bool lapacke;      /* high-level LAPACKE: its extra arguments were passed */
    union cval a[OP_MAX_ARGS];
};

/* Where a call is computed, as far as the table's conditions ask. */
struct op_place {
    int threads;  /* of the provider now; 0: it has no such question */
    int openblas; /* OpenBLAS's release, 321 for 0.3.21; 0: another library */
};

/* What a half's argument is: one of the driver's, or minus a letter. An integer or an array may be moved by an integer of its. */
struct op_given {
    int8_t from, by, sign; /* sign 0: not moved */
};

/* One half of a driver: a routine, and what each of its arguments is given. */
struct op_half {
    int16_t op; /* index in op_table */
    const struct op_given *args;
};

/*
 * A driver is its factor's routine, then its solve, which may take a second routine to finish (args NULL: it does not). `alike`:
 * that this is so to the last bit for the library at hand was measured; where it is false, it may still hold.
 */
struct op_driver {
    struct op_half factor, solve, finish;
    bool (*applies)(const struct canon *c, const struct op_place *where);
    bool (*alike)(const struct canon *c, const struct op_place *where);
};

struct op {
    const char *name; /* with its type letter: "dgemm" */
    char type;        /* s d c z */
    uint8_t blas;     /* 1: Fortran and CBLAS spellings; 0: Fortran and LAPACKE */
    uint8_t nargs, nfortran, noperands, nrows;
    const struct op_arg *args;
    const struct op_operand *operands;
    const struct row_step *rows;
    const int8_t *lapacke_place; /* argument index in the high-level LAPACKE call, -1 absent */
    void (*shape)(const struct canon *c, struct use *use);
    double (*flops)(const struct canon *c);
    double (*quick)(const struct call *call, int width); /* flops from the raw arguments */
    bool (*reuse)(const struct canon *c);                /* NULL: always */
    bool (*keep)(const struct canon *c);                 /* asked after the call; NULL: always */
    bool (*arg_read)(const struct canon *c, int a);      /* NULL: every scalar is read */
    const struct op_driver *driver;                      /* NULL: no driver */
};

extern const struct op op_table[];
extern const int op_count;

static inline int op_index(const struct op *op)
{
    return (int)(op - op_table);
}

/* Bytes of one element of the routine's own type, of its real type, and of an operand in a call. */
static inline size_t op_real_bytes(const struct op *op)
{
    return op->type == 's' || op->type == 'c' ? 4 : 8;
}

static inline size_t op_own_bytes(const struct op *op)
{
    bool complex_type = op->type == 'c' || op->type == 'z';
    return op_real_bytes(op) * (complex_type ? 2 : 1);
}

static inline size_t op_element_bytes(const struct canon *c, int operand)
{
    switch (c->op->operands[operand].etype) {
    case ETYPE_INT:
        return c->int_bytes;
    case ETYPE_REAL:
        return op_real_bytes(c->op);
    default:
        return op_own_bytes(c->op);
    }
}

/* Letter that names an operand's element type in fingerprints and logs: s d c z, i (32-bit) or l (64-bit) integers. */
static inline char op_element_type(const struct canon *c, int operand)
{
    switch (c->op->operands[operand].etype) {
    case ETYPE_INT:
        return c->int_bytes == 8 ? 'l' : 'i';
    case ETYPE_REAL:
        return op_real_bytes(c->op) == 4 ? 's' : 'd';
    default:
        return c->op->type;
    }
}

/* True if an argument is of that kind. */
bool op_has(const struct op *op, enum arg_kind kind);

/* Real floating-point operations of a call; 0: nothing to gain. */
double op_flops(const struct canon *c);

/* Real operations that one of the routine's own stands for: 1, or 4 for complex types. */
static inline double op_flop_scale(const struct op *op)
{
    return op->type == 'c' || op->type == 'z' ? 4 : 1;
}

/* Finds a routine by its typed name; NULL when the table has none. */
const struct op *op_find(const char *name);

/* True unless scalar argument `arg` is exactly zero (either sign) in every component. What of `bytes` it does not fill is zero.
 */
bool canon_nonzero(const struct canon *c, int arg);

/*
 * True if the largest of the elements that the call reads of an operand is so far from overflow and underflow that no LAPACK
 * scales them. False where a NaN or an infinity is among them.
 */
bool canon_moderate(const struct canon *c, int operand);

/* The first element of an integer array argument: an output such as the number of eigenvalues found. */
int64_t canon_value(const struct canon *c, int arg);

#endif
