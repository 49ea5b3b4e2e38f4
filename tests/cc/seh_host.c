/*
 * Runs the generated guarded-block programs as a kernel thread of a machine and compares what each
 * shows with what the model says. Names the programs that differ; exit status 1 when there are any.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <wdmsim/thread.h>
#include <wdmsim/wdmsim.h>

#include "seh_host.h"

static char shown[65536];
static size_t shown_size;
static int differing;
static bool done;

int *const bad_address = (int *)(uintptr_t)0x100000000000u;

void show(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof shown - shown_size;
    int written = vsnprintf(shown + shown_size, room, format, arguments);
    shown_size += (size_t)written < room ? (size_t)written : room - 1;
    va_end(arguments);
}

void change(int *v, int n) { *v = *v % 1009 * 3 + n; }

int filter(int answer, int id, unsigned int code, int v) {
    show("f%d:%x:%d ", id, code, v);
    return answer;
}

static void run_case(const struct seh_case *program) {
    int result = 0;
    unsigned int code = 0;
    shown_size = 0;
    shown[0] = '\0';
    if (seh_call(program->run, &result, &code)) {
        show("returned:%d", result);
    } else {
        show("caught:%x", code);
    }
    if (strcmp(shown, program->expected) != 0) {
        differing++;
        printf("%s differs\n  expected %s\n  actual   %s\n", program->name, program->expected,
               shown);
    }
}

static void run_all(void *context) {
    (void)context;
    for (int i = 0; i < seh_case_count; i++) {
        run_case(&seh_cases[i]);
    }
}

static bool is_done(void *context) {
    (void)context;
    return done;
}

int main(void) {
    struct machine *machine;
    int error = wdmsim_machine_create(NULL, &machine);
    if (!error) {
        error = wdmsim_system_thread(machine, run_all, NULL, &done);
    }
    if (!error) {
        error = wdmsim_run_until(machine, is_done, NULL, WDMSIM_FOREVER);
    }
    if (error || wdmsim_machine_stop(machine)) {
        printf("the machine stopped: %s\n",
               error ? wdmsim_error_message(error) : wdmsim_machine_stop(machine)->explanation);
        return 1;
    }
    wdmsim_machine_destroy(machine);
    printf("%d programs, %d differ\n", seh_case_count, differing);
    return differing != 0;
}
