/*
 * What Windows' tracerpt makes of an ETW capture, as steps: see "replay" in fields_power.h for
 * which events become what.
 *
 * Only what is needed is read of the XML: for each <Event> its provider, number, time and data.
 */
#include "scenario/replay.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"

/* The part of a text between two marks, or an empty one. */
struct part {
    const char *p;
    size_t length;
};

static const char *find(const char *p, const char *end, const char *what) {
    size_t length = strlen(what);
    for (; p && p + length <= end; p++)
        if (memcmp(p, what, length) == 0)
            return p;
    return NULL;
}

static struct part between(const char *p, const char *end, const char *first, const char *last) {
    const char *begin = find(p, end, first);
    const char *stop = begin ? find(begin + strlen(first), end, last) : NULL;
    if (!stop)
        return (struct part){"", 0};
    begin += strlen(first);
    return (struct part){begin, (size_t)(stop - begin)};
}

/* The value of <Data Name="NAME">. */
static struct part data_of(const char *p, const char *end, const char *name) {
    char mark[80];
    snprintf(mark, sizeof mark, "Name=\"%s\"", name);
    const char *found = find(p, end, mark);
    return found ? between(found, end, ">", "<") : (struct part){"", 0};
}

static bool part_is(const struct part *part, const char *text) {
    return part->length == strlen(text) && memcmp(part->p, text, part->length) == 0;
}

static unsigned part_number(const struct part *part) {
    char digits[24] = "";
    memcpy(digits, part->p, part->length < 23 ? part->length : 23);
    return (unsigned)strtoul(digits + strspn(digits, " \r\n\t"), NULL, 0);
}

/* ---- time ----------------------------------------------------------------------------------- */

static uint64_t field(const char *p, unsigned digits) {
    uint64_t value = 0;
    while (digits-- && *p >= '0' && *p <= '9')
        value = value * 10 + (uint64_t)(*p++ - '0');
    return value;
}

/* Days of the Gregorian calendar, from any fixed day on. */
static uint64_t days(uint64_t year, uint64_t month, uint64_t day) {
    if (month <= 2) {
        year--;
        month += 12;
    }
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day;
}

/* "2026-08-20T09:13:22.123456700+02:00" in ns; the zone is the same throughout a capture. */
static bool time_of(const struct part *part, uint64_t *time) {
    const char *p = part->p;
    if (part->length < 19 || p[4] != '-' || p[10] != 'T')
        return false;
    uint64_t seconds = days(field(p, 4), field(p + 5, 2), field(p + 8, 2)) * 86400 +
                       field(p + 11, 2) * 3600 + field(p + 14, 2) * 60 + field(p + 17, 2);
    uint64_t part_of_second = 0, unit = 100000000;
    if (part->length > 20 && p[19] == '.')
        for (size_t i = 20; i < part->length && p[i] >= '0' && p[i] <= '9'; i++, unit /= 10)
            part_of_second += (uint64_t)(p[i] - '0') * unit;
    *time = seconds * 1000000000u + part_of_second;
    return true;
}

/* ---- events --------------------------------------------------------------------------------- */

/* By SYSTEM_POWER_STATE. */
static const char *sleep_step(unsigned state) {
    static const char *const steps[] = {[2] = "\"sleep\":\"S1\"",
                                        [3] = "\"sleep\":\"S2\"",
                                        [4] = "\"sleep\":\"S3\"",
                                        [5] = "\"sleep\":\"S4\"",
                                        [6] = "\"shutdown\":\"off\""};
    return state < sizeof steps / sizeof *steps ? steps[state] : NULL;
}

/* By POWER_ACTION. */
static const char *shutdown_step(unsigned action) {
    return action == 5 ? "\"shutdown\":\"restart\"" : "\"shutdown\":\"off\"";
}

/* "PoFx event 313: Device=… Component=1 State=2" */
static void put_note(struct text *out, unsigned id, const char *p, const char *end) {
    struct text note = {0};
    const char *data = p;
    text_printf(&note, "PoFx event %u:", id);
    while ((data = find(data, end, "<Data Name=\""))) {
        struct part name = between(data, end, "\"", "\""), value = between(data, end, ">", "<");
        text_printf(&note, " %.*s=%.*s", (int)name.length, name.p, (int)value.length, value.p);
        data += 12;
    }
    text_puts(out, "\"note\":");
    json_string(out, text_string(&note));
    text_free(&note);
}

/* The members of the step that an event becomes; nothing for one that is skipped. */
static void put_step(struct text *out, unsigned id, const char *p, const char *end) {
    struct part target = data_of(p, end, "TargetState"), ac = data_of(p, end, "AcOnline");
    struct part action = data_of(p, end, "ShutdownActionType");
    const char *step = id == 42    ? sleep_step(part_number(&target))
                       : id == 107 ? "\"wake\":\"button\""
                       : id == 109 ? shutdown_step(part_number(&action))
                       : id == 149 ? "\"display\":\"off\""
                       : id == 150 ? "\"display\":\"on\""
                       : id == 506 ? "\"standby\":\"enter\""
                       : id == 507 ? "\"standby\":\"exit\""
                                   : NULL;
    if (id == 105)
        step = part_is(&ac, "true") || part_is(&ac, "1") ? "\"power_source\":\"ac\""
                                                         : "\"power_source\":\"battery\"";
    if (step)
        text_puts(out, step);
    else if (id >= 300 && id <= 333)
        put_note(out, id, p, end);
}

struct capture {
    uint64_t first; /* the time of the first event, UINT64_MAX before it */
    unsigned steps;
};

static void put_event(struct text *out, const char *p, const char *end, struct capture *capture) {
    struct part provider = between(p, end, "Provider Name=\"", "\"");
    struct part number = between(p, end, "<EventID", "</EventID>");
    struct part stamp = between(p, end, "SystemTime=\"", "\"");
    struct text step = {0};
    uint64_t time;
    const char *digits = number.length ? memchr(number.p, '>', number.length) : NULL;
    if (!digits || !time_of(&stamp, &time))
        return;
    if (capture->first == UINT64_MAX)
        capture->first = time;
    struct part value = {digits + 1, (size_t)(number.p + number.length - digits - 1)};
    if (part_is(&provider, "Microsoft-Windows-Kernel-Power"))
        put_step(&step, part_number(&value), p, end);
    if (step.length) {
        text_printf(out, "%s{\"at\":\"%" PRIu64 "ns\",\"steps\":[{%s}]}",
                    capture->steps++ ? "," : "", time > capture->first ? time - capture->first : 0,
                    text_string(&step));
    }
    text_free(&step);
}

/* As many line ends as there are between two places, so that lines stay what they were. */
static void put_lines(struct text *out, const char *p, const char *end) {
    for (; p < end; p++)
        if (*p == '\n')
            text_puts(out, "\n");
}

/* The next element <Event …>, but not <EventData>. */
static const char *next_event(const char *p, const char *end) {
    while ((p = find(p, end, "<Event")) && p + 6 < end && !strchr(" >\r\n\t", p[6]))
        p += 6;
    return p;
}

void replay_xml(const char *data, size_t size, struct text *out) {
    const char *p = data, *behind = data + size, *begin, *end;
    struct capture capture = {.first = UINT64_MAX};
    text_puts(out, "[");
    while ((begin = next_event(p, behind)) && (end = find(begin, behind, "</Event>"))) {
        put_lines(out, p, begin);
        put_event(out, begin, end, &capture);
        put_lines(out, begin, end);
        p = end;
    }
    text_puts(out, "]");
}
