#include "tools/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/text.h"

static cJSON *must_have(cJSON *value)
{
    if (!value) {
        fputs("blase: out of memory\n", stderr);
        exit(memory_exit_status);
    }
    return value;
}

cJSON *json_object(void)
{
    return must_have(cJSON_CreateObject());
}

cJSON *json_array(void)
{
    return must_have(cJSON_CreateArray());
}

void json_put(cJSON *object, const char *name, cJSON *value)
{
    char *key = text_utf8(name);
    if (!cJSON_AddItemToObject(object, key, value))
        must_have(NULL);
    free(key);
}

void json_append(cJSON *array, cJSON *value)
{
    if (!cJSON_AddItemToArray(array, value))
        must_have(NULL);
}

cJSON *json_text(const char *text)
{
    char *valid = text_utf8(text);
    cJSON *value = must_have(cJSON_CreateString(valid));
    free(valid);
    return value;
}

cJSON *json_number(const char *digits)
{
    bool finite = strspn(digits, "+-0123456789.e") == strlen(digits);
    return finite ? must_have(cJSON_CreateRaw(digits)) : json_text(digits);
}

void json_integer(cJSON *object, const char *name, uint64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    json_put(object, name, json_number(digits));
}

void json_signed(cJSON *object, const char *name, int64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    json_put(object, name, json_number(digits));
}

void json_real(cJSON *object, const char *name, double value)
{
    json_put(object, name, json_number(text_real(value).s));
}

void json_string(cJSON *object, const char *name, const char *value)
{
    if (value)
        json_put(object, name, json_text(value));
    else
        json_null(object, name);
}

void json_null(cJSON *object, const char *name)
{
    json_put(object, name, must_have(cJSON_CreateNull()));
}

void json_bool(cJSON *object, const char *name, int value)
{
    json_put(object, name, must_have(cJSON_CreateBool(value)));
}

void json_fp(cJSON *object, const char *name, struct fp fp)
{
    json_put(object, name, json_text(text_fp(fp).s));
}

void json_print(cJSON *value, int pretty)
{
    char *text = pretty ? cJSON_Print(value) : cJSON_PrintUnformatted(value);
    if (!text)
        must_have(NULL); /* does not return */
    else
        fputs(text, stdout);
    cJSON_free(text);
    cJSON_Delete(value);
}
