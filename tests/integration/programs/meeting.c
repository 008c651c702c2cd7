/*
 * meeting MODE ROUNDS: in each round one thread starts a call and three others make the same call while it is in the middle of
 * it. In every other round something happens to the first one there; whatever it is, the others must end with the right result.
 * What happens, by MODE:
 *     exit    it ends its thread           cancel  it is cancelled       kill   its thread is gone without a word
 *     jump    it jumps out of the call and makes others      lost   it jumps out and makes no call ever again
 *     fork    it forks, and the child makes the same call    nest   it makes the same call, as a signal handler might
 *     fail    the routine reports a failure                  mixed  all of these but lost, in turn
 * leave: the program ends while one thread computes and others wait.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern void (*meeting_hook)(void);
void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *);
void dpotrf_(const char *, const int *, double *, const int *, int *);

enum { N = 12, OTHERS = 3 };
enum mode { EXIT, CANCEL, KILL, JUMP, FORK, NEST, FAIL, MIXED, LOST, LEAVE, MODES };
static const char *const names[MODES] = {"exit", "cancel", "kill", "jump", "fork", "nest", "fail", "mixed", "lost", "leave"};

static atomic_int inside, wrong, computed, go_on;
static int seed;
static enum mode fate;
static int bad; /* something happens in this round */

static __thread int first, depth;
static __thread jmp_buf back;

static void check(int good, const char *what)
{
    if (good)
        return;
    atomic_fetch_add(&wrong, 1);
    fprintf(stderr, "round %d (%s): %s\n", seed, names[fate], what);
}

static void multiply(int salt)
{
    double a[N * N], b[N * N], c[N * N];
    const double one = 1, zero = 0;
    const int n = N;
    for (int i = 0; i < N * N; i++) {
        a[i] = i ? i % 97 : 2 * seed + salt; /* no two rounds alike */
        b[i] = (i * 5) % 89;
        c[i] = -1;
    }
    dgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
    for (int j = 0; j < N; j++)
        for (int i = 0; i < N; i++) {
            double sum = 0;
            for (int l = 0; l < N; l++)
                sum += a[i + l * N] * b[l + j * N];
            if (c[i + j * N] != sum) {
                check(0, "wrong product");
                return;
            }
        }
}

static void factor(void)
{
    double a[N * N];
    const int n = N;
    int info = 0;
    for (int i = 0; i < N * N; i++)
        a[i] = seed + i;
    dpotrf_("L", &n, a, &n, &info);
    check(info == 1 && a[0] == -seed, "wrong failure");
}

static void fork_here(void)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        multiply(0);
        _exit(atomic_load(&wrong) ? 1 : 0);
    }
    int status = -1;
    check(waitpid(child, &status, 0) == child && status == 0, "the child failed");
}

static void meet_fate(void)
{
    switch (fate) {
    case EXIT:
        pthread_exit(NULL);
    case CANCEL:
        pthread_cancel(pthread_self());
        pthread_testcancel();
        break;
    case KILL:
        syscall(SYS_exit, 0);
        break;
    case JUMP:
    case LOST:
        longjmp(back, 1);
    case FORK:
        fork_here();
        break;
    case NEST:
        multiply(0);
        break;
    default:
        break;
    }
}

/* Runs inside the real call. */
static void in_the_middle(void)
{
    if (depth++ == 0) {
        atomic_fetch_add(&computed, 1);
        if (first) {
            atomic_store(&inside, 1);
            usleep(fate == LEAVE ? 20000000 : bad ? 1500 : 5000); /* the others come */
            if (bad)
                meet_fate();
        }
    }
    depth--;
}

static void make_call(void)
{
    if (bad && fate == FAIL)
        factor();
    else
        multiply(0);
}

static void *be_first(void *unused)
{
    first = 1;
    if (setjmp(back) == 0) {
        make_call();
        return unused;
    }
    first = depth = 0;
    if (fate == JUMP)
        multiply(1);
    while (fate == LOST && !atomic_load(&go_on))
        usleep(1000);
    return unused;
}

static void *be_other(void *unused)
{
    make_call();
    return unused;
}

static void play_round(void)
{
    pthread_t threads[1 + OTHERS];
    atomic_store(&inside, 0);
    atomic_store(&go_on, 0);
    for (int i = 0; i <= OTHERS; i++) {
        if (pthread_create(&threads[i], NULL, i ? be_other : be_first, NULL) != 0)
            abort();
        while (!atomic_load(&inside))
            usleep(50);
    }
    if (fate == LEAVE) {
        usleep(100000);
        printf("leaving\n");
        exit(0);
    }
    for (int i = OTHERS; i >= 0; i--) {
        if (i == 0)
            atomic_store(&go_on, 1);
        pthread_join(threads[i], NULL);
    }
}

int main(int argc, char **argv)
{
    int mode = 0, rounds = argc > 2 ? atoi(argv[2]) : 0;
    while (argc > 2 && mode < MODES && strcmp(names[mode], argv[1]) != 0)
        mode++;
    if (argc < 3 || mode == MODES)
        return 2;
    meeting_hook = in_the_middle;
    for (int round = 0; round < rounds; round++) {
        seed = round + 1;
        bad = round % 2 == 1 && mode != LEAVE;
        fate = mode == MIXED ? (enum mode)(round / 2 % MIXED) : (enum mode)mode;
        play_round();
    }
    printf("%d rounds, %d wrong\n", rounds, atomic_load(&wrong));
    fprintf(stderr, "%d computed\n", atomic_load(&computed));
    return atomic_load(&wrong) != 0;
}
