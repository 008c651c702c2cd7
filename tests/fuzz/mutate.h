/*
 * Mutations that know where a log's records are: blind ones break a length sooner or later, and nothing behind it is read. Works
 * in place. Returns the new size; 0: mutate blindly (the bytes are no log, there is no room, or it is time for it).
 */
#ifndef BLASE_TESTS_FUZZ_MUTATE_H
#define BLASE_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

typedef size_t (*mutate_bytes)(uint8_t *data, size_t size, size_t room);
size_t mutate_records(uint8_t *data, size_t size, size_t room, unsigned seed, mutate_bytes bytes);

#endif
