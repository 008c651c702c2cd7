/*
 * JSON out of what a log holds: whole 64-bit integers (cJSON's own numbers are doubles), strings made valid UTF-8, doubles that
 * read back as the same double. Ends the command when memory runs out.
 */
#ifndef BLASE_TOOLS_JSON_H
#define BLASE_TOOLS_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "lineage/fingerprint.h"

cJSON *json_object(void);
cJSON *json_array(void);
void json_put(cJSON *object, const char *name, cJSON *value); /* the object owns the value now */
void json_append(cJSON *array, cJSON *value);

void json_integer(cJSON *object, const char *name, uint64_t value);
void json_signed(cJSON *object, const char *name, int64_t value);
void json_real(cJSON *object, const char *name, double value);
void json_string(cJSON *object, const char *name, const char *value); /* NULL: null */
void json_null(cJSON *object, const char *name);
void json_bool(cJSON *object, const char *name, int value);
void json_fp(cJSON *object, const char *name, struct fp fp);

/* Values to append or put: a string made valid; a number by its digits, NaN and infinities as strings. */
cJSON *json_text(const char *text);
cJSON *json_number(const char *digits);

/* On stdout; `pretty` over several lines. Frees it. */
void json_print(cJSON *value, int pretty);

#endif
