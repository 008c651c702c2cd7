/*
 * The part of Criterion's face that these tests use, each test in a plain forked child. For ThreadSanitizer, under which Criterion's
 * own sandbox cannot start: it maps its arena where the sanitizer's shadow lies. A report of the sanitizer is exit status 66, and
 * fails the test.
 */
#ifndef BLASE_TESTS_UNIT_PLAIN_CRITERION_H
#define BLASE_TESTS_UNIT_PLAIN_CRITERION_H
#pragma GCC system_header /* lets the macros below go without variadic arguments */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct plain_options {
    int sentinel;
    void (*init)(void), (*fini)(void);
    double timeout;
};

struct plain_params {
    char *data;
    size_t size, count;
};

struct plain_test {
    const char *suite, *name;
    void (*run)(void *parameter);
    struct plain_params (*params)(void);
    struct plain_options options;
    bool is_suite;
    struct plain_test *next;
};

static struct plain_test *plain_first, **plain_last = &plain_first;
static int plain_failures;

static inline void plain_add(struct plain_test *test)
{
    *plain_last = test;
    plain_last = &test->next;
}

static inline void plain_check(bool good, bool fatal, const char *file, int line, const char *what, const char *format, ...)
{
    if (good)
        return;
    va_list list;
    va_start(list, format);
    fprintf(stderr, "[----] %s:%d: %s ", file, line, what);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    __atomic_add_fetch(&plain_failures, 1, __ATOMIC_RELAXED);
    if (fatal)
        exit(1);
}

static inline void plain_say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}

#define PLAIN_DECLARE(suite_, name_, ...)                                                              \
    static struct plain_test suite_##_##name_##_test = {                                               \
        .suite = #suite_, .name = #name_, .options = {.sentinel = 0, ##__VA_ARGS__}};                  \
    __attribute__((constructor)) static void suite_##_##name_##_add(void)

#define Test(suite_, name_, ...)                                      \
    static void suite_##_##name_##_body(void *plain_unused);          \
    PLAIN_DECLARE(suite_, name_, ##__VA_ARGS__)                       \
    {                                                                 \
        suite_##_##name_##_test.run = suite_##_##name_##_body;        \
        plain_add(&suite_##_##name_##_test);                          \
    }                                                                 \
    static void suite_##_##name_##_body(void *plain_unused)

#define TestSuite(suite_, ...)                        \
    PLAIN_DECLARE(suite_, plain_suite, ##__VA_ARGS__) \
    {                                                 \
        suite_##_plain_suite_test.is_suite = true;    \
        plain_add(&suite_##_plain_suite_test);        \
    }                                                 \
    struct plain_test

#define ParameterizedTestParameters(suite_, name_) static struct plain_params suite_##_##name_##_params(void)
#define cr_make_param_array(type, array, count_, ...) \
    ((struct plain_params){(char *)(array), sizeof(type), (count_)})
#define ParameterizedTest(parameter, suite_, name_, ...)                                 \
    static void suite_##_##name_##_body(parameter);                                      \
    PLAIN_DECLARE(suite_, name_, ##__VA_ARGS__)                                          \
    {                                                                                    \
        suite_##_##name_##_test.run = (void (*)(void *))(void (*)(void))suite_##_##name_##_body; \
        suite_##_##name_##_test.params = suite_##_##name_##_params;                      \
        plain_add(&suite_##_##name_##_test);                                             \
    }                                                                                    \
    static void suite_##_##name_##_body(parameter)

#define PLAIN(fatal, condition, ...) plain_check((condition), fatal, __FILE__, __LINE__, #condition, "" __VA_ARGS__)
#define cr_assert(condition, ...) PLAIN(true, condition, ##__VA_ARGS__)
#define cr_expect(condition, ...) PLAIN(false, condition, ##__VA_ARGS__)
#define cr_assert_not(condition, ...) PLAIN(true, !(condition), ##__VA_ARGS__)
#define cr_expect_not(condition, ...) PLAIN(false, !(condition), ##__VA_ARGS__)
#define cr_assert_null(p, ...) PLAIN(true, (p) == NULL, ##__VA_ARGS__)
#define cr_expect_null(p, ...) PLAIN(false, (p) == NULL, ##__VA_ARGS__)
#define cr_assert_not_null(p, ...) PLAIN(true, (p) != NULL, ##__VA_ARGS__)
#define cr_expect_not_null(p, ...) PLAIN(false, (p) != NULL, ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...) PLAIN(true, (a) == (b), ##__VA_ARGS__)
#define cr_expect_eq(a, b, ...) PLAIN(false, (a) == (b), ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...) PLAIN(true, (a) != (b), ##__VA_ARGS__)
#define cr_expect_neq(a, b, ...) PLAIN(false, (a) != (b), ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...) PLAIN(true, (a) < (b), ##__VA_ARGS__)
#define cr_expect_lt(a, b, ...) PLAIN(false, (a) < (b), ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...) PLAIN(true, (a) <= (b), ##__VA_ARGS__)
#define cr_expect_leq(a, b, ...) PLAIN(false, (a) <= (b), ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...) PLAIN(true, (a) > (b), ##__VA_ARGS__)
#define cr_expect_gt(a, b, ...) PLAIN(false, (a) > (b), ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...) PLAIN(true, (a) >= (b), ##__VA_ARGS__)
#define cr_expect_geq(a, b, ...) PLAIN(false, (a) >= (b), ##__VA_ARGS__)
#define cr_assert_float_eq(a, b, epsilon, ...) PLAIN(true, __builtin_fabs((a) - (b)) <= (epsilon), ##__VA_ARGS__)
#define cr_expect_float_eq(a, b, epsilon, ...) PLAIN(false, __builtin_fabs((a) - (b)) <= (epsilon), ##__VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) PLAIN(true, strcmp(a, b) == 0, ##__VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) PLAIN(false, strcmp(a, b) == 0, ##__VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) PLAIN(true, memcmp(a, b, size) == 0, ##__VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...) PLAIN(false, memcmp(a, b, size) == 0, ##__VA_ARGS__)
#define cr_assert_fail(...) PLAIN(true, false, ##__VA_ARGS__)
#define cr_log_info(...) plain_say(__VA_ARGS__)
#define cr_skip_test(...)       \
    do {                        \
        plain_say(__VA_ARGS__); \
        exit(0);                \
    } while (0)

static inline int plain_run_one(const struct plain_test *test, const struct plain_options *suite, void *parameter)
{
    pid_t child = fork();
    if (child == 0) {
        if (test->options.timeout > 0)
            alarm((unsigned)(test->options.timeout * 20)); /* everything takes longer here */
        if (suite && suite->init)
            suite->init();
        if (test->options.init)
            test->options.init();
        test->run(parameter);
        if (test->options.fini)
            test->options.fini();
        if (suite && suite->fini)
            suite->fini();
        exit(plain_failures ? 1 : 0);
    }
    int status = -1;
    bool good = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    if (!good)
        fprintf(stderr, "[FAIL] %s::%s (wait status %#x)\n", test->suite, test->name, (unsigned)status);
    return !good;
}

int main(void)
{
    int ran = 0, failed = 0;
    for (const struct plain_test *test = plain_first; test; test = test->next) {
        const struct plain_options *suite = NULL;
        for (const struct plain_test *s = plain_first; s; s = s->next)
            if (s->is_suite && strcmp(s->suite, test->suite) == 0)
                suite = &s->options;
        if (test->is_suite)
            continue;
        struct plain_params params = test->params ? test->params() : (struct plain_params){NULL, 0, 1};
        for (size_t i = 0; i < params.count; i++, ran++)
            failed += plain_run_one(test, suite, params.data ? params.data + i * params.size : NULL);
    }
    fprintf(stderr, "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d\n", ran, ran - failed, failed);
    return failed != 0;
}

#endif
