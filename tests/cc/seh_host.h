/*
 * Between the generated programs (driver source) and seh_host.c, which runs them on a machine.
 */
#ifndef TESTS_CC_SEH_HOST_H
#define TESTS_CC_SEH_HOST_H

#ifdef __cplusplus
#define EXTERN extern "C"
extern "C" {
#else
#define EXTERN
#endif

struct seh_case {
    int (*run)(void);
    const char *name, *expected;
};

extern const struct seh_case seh_cases[];
extern const int seh_case_count;

/* Adds to what the program shows. */
void show(const char *format, ...);
void change(int *v, int n);
int filter(int answer, int id, unsigned int code, int v);
void seh_raise(unsigned int code) __attribute__((noreturn));
/* Nothing is mapped there. */
extern int *const bad_address;

/* Runs one program inside a guarded block of its own; 1 = returned, 0 = it raised *code. */
int seh_call(int (*run)(void), int *result, unsigned int *code);

#ifdef __cplusplus
}
#endif

#endif
