/*
 * Floating-point exception flags are an output of a numeric routine, and rounding and flush modes an input. Sticky flags are read
 * and set without raising traps and without libm. On a processor we have no code for, fpenv_known() is false and nothing is
 * reused. Our own floating-point arithmetic must leave no flag behind either: fpenv_save before, fpenv_restore after.
 * Thread-safe: the registers are the thread's own.
 */
#ifndef BLASE_SHIM_FPENV_H
#define BLASE_SHIM_FPENV_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)

/* MXCSR: 0-5 flags, 6 DAZ, 7-12 masks, 13-14 rounding, 15 FTZ. The x87 status word has the same six flags. */
enum { FPENV_FLAGS = 0x3f, FPENV_MASKS = 0x1f80, FPENV_MODES = 0xe040 };

static inline uint32_t fpenv_mxcsr(void)
{
    uint32_t value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static inline void fpenv_set_mxcsr(uint32_t value)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}

static inline uint32_t fpenv_x87_flags(void)
{
    uint16_t status;
    __asm__ volatile("fnstsw %0" : "=am"(status));
    return status & FPENV_FLAGS;
}

static inline bool fpenv_known(void)
{
    return true;
}

/* Rounding, flush-to-zero and denormals-are-zero: part of a key. */
static inline uint32_t fpenv_control(void)
{
    return fpenv_mxcsr() & FPENV_MODES;
}

/* True if the program asked for a trap on some exception: then nothing may be served, a trap could be missed. */
static inline bool fpenv_traps(void)
{
    return (fpenv_mxcsr() & FPENV_MASKS) != FPENV_MASKS;
}

/* The flags of the unit that our own arithmetic uses. */
static inline uint64_t fpenv_save(void)
{
    return fpenv_mxcsr();
}

static inline void fpenv_restore(uint64_t saved)
{
    if (fpenv_mxcsr() != saved)
        fpenv_set_mxcsr((uint32_t)saved);
}

/* Clears the flags so that those of one call can be told; returns what was set. */
static inline uint32_t fpenv_begin(void)
{
    uint32_t sse = fpenv_mxcsr(), x87 = fpenv_x87_flags();
    if (sse & FPENV_FLAGS)
        fpenv_set_mxcsr(sse & ~(uint32_t)FPENV_FLAGS);
    if (x87)
        __asm__ volatile("fnclex");
    return (sse & FPENV_FLAGS) | x87;
}

static inline uint32_t fpenv_raised(void)
{
    return (fpenv_mxcsr() & FPENV_FLAGS) | fpenv_x87_flags();
}

static inline void fpenv_raise(uint32_t flags)
{
    fpenv_set_mxcsr(fpenv_mxcsr() | (flags & FPENV_FLAGS));
}

#elif defined(__aarch64__)

/* FPSR: 0-4 and 7 flags. FPCR: 8-12 and 15 traps, 19 FZ16, 22-23 rounding, 24 FZ, 25 default NaN. */
enum { FPENV_FLAGS = 0x9f, FPENV_MASKS = 0x9f00, FPENV_MODES = 0x3c80000 };

static inline uint64_t fpenv_fpcr(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

static inline uint64_t fpenv_fpsr(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, fpsr" : "=r"(value));
    return value;
}

static inline bool fpenv_known(void)
{
    return true;
}

static inline uint32_t fpenv_control(void)
{
    return (uint32_t)(fpenv_fpcr() & FPENV_MODES);
}

static inline bool fpenv_traps(void)
{
    return (fpenv_fpcr() & FPENV_MASKS) != 0;
}

static inline uint64_t fpenv_save(void)
{
    return fpenv_fpsr();
}

static inline void fpenv_restore(uint64_t saved)
{
    if (fpenv_fpsr() != saved)
        __asm__ volatile("msr fpsr, %0" : : "r"(saved));
}

static inline uint32_t fpenv_begin(void)
{
    uint64_t fpsr = fpenv_fpsr();
    __asm__ volatile("msr fpsr, %0" : : "r"(fpsr & ~(uint64_t)FPENV_FLAGS));
    return (uint32_t)(fpsr & FPENV_FLAGS);
}

static inline uint32_t fpenv_raised(void)
{
    return (uint32_t)(fpenv_fpsr() & FPENV_FLAGS);
}

static inline void fpenv_raise(uint32_t flags)
{
    __asm__ volatile("msr fpsr, %0" : : "r"(fpenv_fpsr() | (flags & FPENV_FLAGS)));
}

#else

static inline bool fpenv_known(void)
{
    return false;
}

static inline uint32_t fpenv_control(void)
{
    return 0;
}

static inline bool fpenv_traps(void)
{
    return true;
}

static inline uint64_t fpenv_save(void)
{
    return 0;
}

static inline void fpenv_restore(uint64_t saved)
{
    (void)saved;
}

static inline uint32_t fpenv_begin(void)
{
    return 0;
}

static inline uint32_t fpenv_raised(void)
{
    return 0;
}

static inline void fpenv_raise(uint32_t flags)
{
    (void)flags;
}

#endif
#endif
