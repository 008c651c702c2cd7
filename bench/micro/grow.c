/*
 * Nanoseconds an operation of the cache and of the content index as what they hold grows. Drives reuse/cache.h and
 * lineage/content.h directly, keys in random order. Prints one JSON array.
 *
 *   micro_grow cache|content MOST
 */
#include <string.h>

#include "bench/micro/timing.h"
#include "lineage/content.h"
#include "reuse/cache.h"

enum { SAMPLES = 50, PER_SAMPLE = 64, PAYLOAD_DATA = 64 };

/* Keys below `held` are present; those from ABSENT on never are. */
static const uint64_t ABSENT = (uint64_t)1 << 40;

static struct fp key_of_index(uint64_t i)
{
    return (struct fp){mixed(2 * i), mixed(2 * i + 1)};
}

struct subject {
    const char *name;
    void *(*make)(uint64_t most);
    void (*put)(void *it, struct fp key);
    void (*find)(void *it, struct fp key);
    void (*drop)(void *it);
    uint64_t reach; /* how many of the latest keys are sure to be held */
};

static size_t payload_bytes(void)
{
    return sizeof(struct payload) + PAYLOAD_DATA;
}

/* Room for `most` entries and no more: the last step's puts evict. */
static void *make_cache(uint64_t most)
{
    return cache_new(most * (payload_bytes() + 128) + 200000, POLICY_COSTSIZE); /* and its tables */
}

static void put_cache(void *it, struct fp key)
{
    struct payload *p = payload_new(cache_room(it), payload_bytes());
    if (!p)
        exit(1);
    p->call_ns = 1000;
    cache_put(it, key, p);
}

static void find_cache(void *it, struct fp key)
{
    payload_drop(cache_take(it, key));
}

static void drop_cache(void *it)
{
    cache_free(it);
}

enum { CONTENTS = 1 << 17 }; /* what the index keeps at least in that many bytes */
static void *make_content(uint64_t most)
{
    (void)most;
    return content_new(UINT64_C(64) << 20);
}

static void put_content(void *it, struct fp key)
{
    const struct origin origin = {.content = key, .ref = key.lo};
    content_put(it, &origin, NULL);
}

static void find_content(void *it, struct fp key)
{
    __asm__ volatile("" : : "r"(content_find(it, key, false)));
}

static void drop_content(void *it)
{
    content_free(it);
}

static const struct subject subjects[] = {
    {"cache", make_cache, put_cache, find_cache, drop_cache, UINT64_MAX},
    {"content", make_content, put_content, find_content, drop_content, CONTENTS},
};

enum operation { HIT, MISS, PUT };
static const char *const operation_names[] = {"hit", "miss", "put"};

/* One sample: PER_SAMPLE operations in a row; keys are made beforehand. */
static double sample(const struct subject *s, void *it, enum operation operation, uint64_t *held, uint64_t round)
{
    struct fp keys[PER_SAMPLE];
    uint64_t reach = *held < s->reach ? *held : s->reach;
    for (uint64_t i = 0; i < PER_SAMPLE; i++) {
        uint64_t pick = mixed(round * PER_SAMPLE + i + 77);
        keys[i] = key_of_index(operation == HIT    ? *held - 1 - pick % reach
                               : operation == MISS ? ABSENT + pick % ABSENT
                                                   : (*held)++);
    }
    double began = now_ns();
    for (int i = 0; i < PER_SAMPLE; i++)
        (operation == PUT ? s->put : s->find)(it, keys[i]);
    return (now_ns() - began) / PER_SAMPLE;
}

static void step(const struct subject *s, void *it, uint64_t *held, const char *separator)
{
    static struct timings values;
    uint64_t at = *held;
    for (int operation = HIT; operation <= PUT; operation++) {
        values.count = 0;
        int samples = operation == PUT && at < 1000 ? 1 : SAMPLES; /* not many beside what is held */
        for (int i = 0; i < samples; i++)
            add_sample(&values, sample(s, it, operation, held, (uint64_t)i));
        printf("%s{\"held\": %lu, \"operation\": \"%s\", ", separator, (unsigned long)at, operation_names[operation]);
        print_samples(&values);
        puts("}");
        separator = ", ";
    }
}

int main(int argc, char **argv)
{
    const struct subject *s = argc == 3 && strcmp(argv[1], "content") == 0 ? &subjects[1] : &subjects[0];
    if (argc != 3 || strcmp(s->name, argv[1]) != 0) {
        fprintf(stderr, "usage: %s cache|content MOST\n", argv[0]);
        return 2;
    }
    uint64_t most = strtoull(argv[2], NULL, 10), held = 0;
    void *it = s->make(most);
    puts("[");
    for (uint64_t until = 100; it && until <= most; until *= 10) {
        while (held < until)
            s->put(it, key_of_index(held++));
        step(s, it, &held, until > 100 ? ", " : "");
    }
    puts("]");
    s->drop(it);
    return it == NULL;
}
