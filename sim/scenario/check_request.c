/* Comparing how a request ended with how it should have. */
#include "scenario/run.h"

#include <inttypes.h>
#include <string.h>

#define BYTES_SHOWN 32

const char *status_words(struct run *run, uint32_t status) {
    const char *name = wdmsim_status_name(status);
    return name ? name : run_printf(run, "status 0x%08" PRIx32, status);
}

/* ---- statuses ------------------------------------------------------------------------------- */

static bool status_fits(uint32_t status, const struct statuses *expected, enum request_rule rule) {
    bool success = (int32_t)status >= 0 && status != STATUS_PENDING;
    if (!expected)
        return rule == RULE_NONE || success ||
               (rule == RULE_SUCCESS_OR_PENDING && status == STATUS_PENDING);
    if ((expected->success && success) || (expected->done && status != STATUS_PENDING))
        return true;
    for (unsigned i = 0; i < expected->count; i++)
        if (expected->values[i] == status)
            return true;
    return false;
}

static const char *statuses_words(struct run *run, const struct statuses *expected,
                                  enum request_rule rule) {
    if (!expected)
        return rule == RULE_SUCCESS_OR_PENDING ? "success or pending" : "success";
    struct text text = {0};
    if (expected->success)
        text_puts(&text, "success");
    if (expected->done)
        text_puts(&text, text.length ? " or done" : "done");
    for (unsigned i = 0; i < expected->count; i++)
        text_printf(&text, "%s%s", text.length ? " or " : "",
                    status_words(run, expected->values[i]));
    const char *words = store_copy(&run->store, text_string(&text), text.length);
    text_free(&text);
    return words;
}

bool check_status(struct run *run, const char *subject, uint32_t status,
                  const struct statuses *expected, enum request_rule rule) {
    return status_fits(status, expected, rule) ||
           run_fail(run, subject, statuses_words(run, expected, rule), status_words(run, status));
}

/* ---- output --------------------------------------------------------------------------------- */

static const char *bytes_words(struct run *run, const uint8_t *bytes, const uint8_t *any,
                               size_t size, size_t from) {
    struct text text = {0};
    size_t end = size - from > BYTES_SHOWN ? from + BYTES_SHOWN : size;
    text_printf(&text, "%zu bytes:", size);
    if (from)
        text_printf(&text, " … from %zu:", from);
    for (size_t i = from; i < end; i++) {
        if (any && any[i])
            text_puts(&text, " ??");
        else
            text_printf(&text, " %02x", bytes[i]);
    }
    if (end < size)
        text_puts(&text, " …");
    const char *words = store_copy(&run->store, text_string(&text), text.length);
    text_free(&text);
    return words;
}

/* The first byte that differs, or `size`. */
static size_t first_difference(const uint8_t *expected, const uint8_t *any, const uint8_t *actual,
                               size_t size) {
    size_t i = 0;
    while (i < size && ((any && any[i]) || expected[i] == actual[i]))
        i++;
    return i;
}

static bool check_out(struct run *run, struct wdmsim_request *request,
                      const struct expected_out *out) {
    const struct data *data = out->data;
    size_t size, length;
    const uint8_t *actual = wdmsim_request_output(request, &size);
    uint64_t information = wdmsim_request_information(request);
    length = out->mode != OUT_BUFFER && information < size ? (size_t)information : size;
    if (!actual)
        length = 0;
    const uint8_t *expected = data_bytes(run, data);
    size_t common = length < data->size ? length : data->size;
    size_t at = first_difference(expected, data->any, actual, common);
    if (at == data->size && (out->mode != OUT_EXACT || length == data->size))
        return true;
    const char *subject =
        at < common ? run_printf(run, "output at byte %zu", at) : "length of the output";
    size_t from = at > BYTES_SHOWN / 2 ? at - BYTES_SHOWN / 2 : 0;
    return run_fail(run, subject, bytes_words(run, expected, data->any, data->size, from),
                    bytes_words(run, actual, NULL, length, from));
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool wait_within(struct run *run, struct wdmsim_request *request, uint64_t limit) {
    if (wdmsim_wait(run->machine, request, limit) != WDMSIM_ERROR_TIMED_OUT)
        return true;
    return run_fail(run, "request", run_printf(run, "to be done within %s", time_words(run, limit)),
                    "still pending");
}

bool check_request(struct run *run, struct wdmsim_request *request,
                   const struct expect_request *expect, enum request_rule rule) {
    static const struct expect_request nothing;
    if (!expect)
        expect = &nothing;
    if (expect->within.set && !wait_within(run, request, expect->within.value))
        return false;
    if (wdmsim_machine_stop(run->machine))
        return true;
    if (!check_status(run, "status", wdmsim_request_status(request), expect->status, rule))
        return false;
    if (expect->returned && !check_status(run, "status the service returned",
                                          wdmsim_request_returned(request), expect->returned, rule))
        return false;
    uint64_t information = wdmsim_request_information(request);
    if (expect->information.set && information != expect->information.value)
        return run_fail(run, "information", run_printf(run, "%" PRIu64, expect->information.value),
                        run_printf(run, "%" PRIu64, information));
    return !expect->out || check_out(run, request, expect->out);
}
