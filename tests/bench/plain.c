/*
 * What the operations are compared with, in plain C.
 *
 * Function pointers and shared words are volatile, so that the compiler neither follows nor removes
 * them; nothing else keeps it from doing its best.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* As large as an IRP with one stack location, and as a buffered request's buffer. */
#define IRP_SIZE 288u
#define BUFFER_SIZE 64u
#define BLOCK_SIZE 128u

static void *volatile sink;

static __attribute__((noinline)) int callee(void *context) {
    sink = context;
    return 0;
}

typedef int function(void *context);
static function *volatile first_function = callee, *volatile second_function = callee;

double plain_call(unsigned n) {
    double start = bench_now();
    for (unsigned i = 0; i < n; i++)
        first_function(NULL);
    return (bench_now() - start) / n;
}

/* Two calls into a shared library, of routines that do as good as nothing: no pair of routines of
 * the machine can cost less. (Two routines: the compiler knows that calling one of these again with
 * the same argument gives the same.) */
double plain_library_calls(unsigned n) {
    static volatile uint32_t number __attribute__((unused));
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        number = (htonl)(i);
        number = (htons)((uint16_t)i);
    }
    return (bench_now() - start) / n;
}

double plain_calls_and_malloc(unsigned n) {
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        void *irp = malloc(IRP_SIZE);
        first_function(irp);
        second_function(irp);
        free(irp);
    }
    return (bench_now() - start) / n;
}

double plain_malloc(unsigned n) {
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        void *block = malloc(BLOCK_SIZE);
        sink = block;
        free(block);
    }
    return (bench_now() - start) / n;
}

double plain_cas(unsigned n) {
    static atomic_uint word;
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        unsigned old = i;
        atomic_compare_exchange_strong(&word, &old, i + 1);
    }
    return (bench_now() - start) / n;
}

double plain_cas_lock(unsigned n) {
    static atomic_uint lock;
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        unsigned unlocked = 0;
        while (!atomic_compare_exchange_weak_explicit(&lock, &unlocked, 1, memory_order_acquire,
                                                      memory_order_relaxed))
            unlocked = 0;
        atomic_store_explicit(&lock, 0, memory_order_release);
    }
    return (bench_now() - start) / n;
}

double plain_setjmp(unsigned n) {
    static jmp_buf context;
    double start = bench_now();
    for (volatile unsigned i = 0; i < n; i++)
        if (_setjmp(context) == 0)
            longjmp(context, 1);
    return (bench_now() - start) / n;
}

/* An IRP and a buffer, copied into and out of, through a driver and back: the floor of a request.
 */
double plain_request(unsigned n) {
    static char input[BUFFER_SIZE], output[BUFFER_SIZE];
    double start = bench_now();
    for (unsigned i = 0; i < n; i++) {
        char *irp = malloc(IRP_SIZE), *buffer = malloc(BUFFER_SIZE);
        memset(irp, 0, IRP_SIZE);
        memcpy(buffer, input, BUFFER_SIZE);
        sink = buffer;
        first_function(irp);
        second_function(irp);
        memcpy(output, buffer, BUFFER_SIZE);
        sink = output;
        free(buffer);
        free(irp);
    }
    return (bench_now() - start) / n;
}
