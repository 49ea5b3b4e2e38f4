/*
 * What a worker does when a signal ends it.
 *
 * A driver that loops without calling the kernel never comes back to the machine, and nothing
 * inside the process can stop it; the parent's SIGTERM can. Its handler runs on its own stack,
 * describes the run as it stands, sends that as the result and ends the process. The same is done
 * for a fault of the simulator itself; faults of driver code are the library's, which turns them
 * into bug checks. Describing takes memory and locks, which a signal handler cannot do safely: if
 * that hangs, the parent kills the worker two seconds later and says less.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "loop/guard.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "report/failure.h"
#include "scenario/observe.h"

#define STACK_SIZE (512 * 1024)

static struct {
    void (*send)(const struct result *result);
    struct result *result;
    struct trace_writer *writer;
    struct run *run;
} guard;

void guard_result(struct result *result, struct trace_writer *writer) {
    guard.result = result;
    guard.writer = writer;
}

void guard_watch(struct run *run) { guard.run = run; }

/* The instruction that a signal interrupted, or NULL where the host does not tell. */
static const void *interrupted_at(const void *context) {
    const ucontext_t *uc = context;
#if defined(__linux__) && defined(__x86_64__)
    return (const void *)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__linux__) && defined(__aarch64__)
    return (const void *)uc->uc_mcontext.pc;
#elif defined(__APPLE__) && defined(__x86_64__)
    return (const void *)uc->uc_mcontext->__ss.__rip;
#elif defined(__APPLE__) && defined(__aarch64__)
    return (const void *)uc->uc_mcontext->__ss.__pc;
#else
    (void)uc;
    return NULL;
#endif
}

static void at_signal(int number, siginfo_t *info, void *context) {
    (void)info;
    signal(number, SIG_DFL);
    if (!guard.result)
        _exit(OUTCOME_CRASHED);
    bool late = number == SIGTERM;
    struct result *result = guard.result;
    char what[128];
    snprintf(what, sizeof what,
             late ? "out of the host's time: a loop that never calls the kernel?"
                  : "the simulator crashed: signal %d (%s)",
             number, strsignal(number));
    result->outcome = OUTCOME_CRASHED;
    result->error = !late;
    text_puts(&result->message, what);
    if (guard.run) {
        observe_flush(guard.run);
        report_interrupted(guard.run, what, interrupted_at(context), &result->report);
    }
    if (guard.writer)
        trace_flush(guard.writer);
    guard.send(result);
    _exit(OUTCOME_CRASHED);
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

void guard_install(void (*send)(const struct result *result)) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[STACK_SIZE];
    guard.send = send;
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    struct sigaction action = {.sa_sigaction = at_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    for (unsigned i = 0; !SANITIZED && i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &action, NULL);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}
