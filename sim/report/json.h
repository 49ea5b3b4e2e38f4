/* JSON as reports write it: texts with everything escaped that has to be. */
#ifndef SIM_REPORT_JSON_H
#define SIM_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

/* A text in quotes. Bytes that are no UTF-8 (a driver's output may be anything) become U+FFFD. */
void json_string(struct text *out, const char *string);
/* `"key":` with a comma before it unless it is the first member of its object. */
void json_key(struct text *out, const char *key);
void json_member_string(struct text *out, const char *key, const char *string);
void json_member_number(struct text *out, const char *key, uint64_t number);
/* Seconds, watts or joules, with nine significant digits. */
void json_member_real(struct text *out, const char *key, double number);
void json_member_flag(struct text *out, const char *key, bool flag);
/* A comma unless a list or object has just been opened. */
void json_comma(struct text *out);

#endif
