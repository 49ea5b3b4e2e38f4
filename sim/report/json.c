/* Writing JSON: see json.h. */
#include "report/json.h"

#include <inttypes.h>
#include <string.h>

/* The length of a whole UTF-8 sequence, 0 if there is none. */
static size_t sequence_length(const unsigned char *p) {
    size_t length = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 0;
    if (*p > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

void json_string(struct text *out, const char *string) {
    text_puts(out, "\"");
    for (const unsigned char *p = (const unsigned char *)string; *p;) {
        size_t length = sequence_length(p);
        if (!length)
            text_puts(out, "\\ufffd");
        else if (*p == '"' || *p == '\\')
            text_printf(out, "\\%c", *p);
        else if (*p < 0x20)
            text_printf(out, "\\u%04x", *p);
        else
            text_add(out, (const char *)p, length);
        p += length ? length : 1;
    }
    text_puts(out, "\"");
}

void json_comma(struct text *out) {
    if (out->length && !strchr("[{:", out->data[out->length - 1]))
        text_puts(out, ",");
}

void json_key(struct text *out, const char *key) {
    json_comma(out);
    text_printf(out, "\"%s\":", key);
}

void json_member_string(struct text *out, const char *key, const char *string) {
    json_key(out, key);
    json_string(out, string);
}

void json_member_number(struct text *out, const char *key, uint64_t number) {
    json_key(out, key);
    text_printf(out, "%" PRIu64, number);
}

void json_member_real(struct text *out, const char *key, double number) {
    json_key(out, key);
    text_printf(out, "%.9g", number);
}

void json_member_flag(struct text *out, const char *key, bool flag) {
    json_key(out, key);
    text_puts(out, flag ? "true" : "false");
}
