/*
 * The model of guarded blocks: executes a program's tree by the rules of the language, with no idea
 * of how wdmsim-cc does it.
 *
 * Raising is done in two phases. The stack of active blocks is asked from the inside: filters show
 * themselves and answer. Then the way out is a completion like any other, carrying the block that
 * handles it, and __finally parts run as it passes.
 */
#include "seh_model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct completion {
    enum exit_kind kind;
    const struct node *target; /* the block that handles a raise; NULL = the caller's */
    int depth;                 /* the activation it belongs to */
    unsigned code;
    int value;
};

struct active {
    const struct node *block;
    int depth;
    int *local;
};

struct model {
    const struct program *programs;
    struct active stack[64];
    int active;
    int depth;
    char text[65536];
    size_t size;
};

static struct model model;

static void show(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof model.text - model.size;
    int written = vsnprintf(model.text + model.size, room, format, arguments);
    model.size += (size_t)written < room ? (size_t)written : room - 1;
    va_end(arguments);
}

static void change(int *v, int n) { *v = *v % 1009 * 3 + n; }

static struct completion raise_in_model(unsigned code) {
    struct completion completion = {.kind = EXIT_RAISE, .code = code};
    for (int i = model.active - 1; i >= 0; i--) {
        const struct active *active = &model.stack[i];
        if (active->block->kind != NODE_EXCEPT) {
            continue;
        }
        show("f%d:%x:%d ", active->block->id, code, *active->local);
        if (active->block->answer) {
            completion.target = active->block;
            completion.depth = active->depth;
            return completion;
        }
    }
    show("caller:%x ", code);
    return completion;
}

static int run_program(int number, struct completion *out);

static struct completion run(const struct node *node, int *v, int pass);

static struct completion run_exit(const struct node *node, int *v, int pass) {
    struct completion none = {.kind = EXIT_NONE};
    if (node->pass != 2 && node->pass != pass) {
        return none;
    }
    switch (node->exit) {
    case EXIT_RAISE:
        return raise_in_model(0xE0000000u + (unsigned)node->id);
    case EXIT_FAULT:
        return raise_in_model(0xC0000005u);
    case EXIT_DIVIDE:
        return raise_in_model(0xC0000094u);
    default:
        return (struct completion){.kind = node->exit, .value = *v + 500};
    }
}

static struct completion run_guarded(const struct node *node, int *v, int pass) {
    model.stack[model.active++] = (struct active){node, model.depth, v};
    struct completion body = run(node->parts[0], v, pass);
    model.active--;
    if (body.kind == EXIT_LEAVE) {
        body.kind = EXIT_NONE;
    }
    if (node->kind == NODE_EXCEPT) {
        bool mine = body.kind == EXIT_RAISE && body.target == node && body.depth == model.depth;
        if (!mine) {
            return body;
        }
        change(v, 1);
        show("h%d:%x:%d ", node->id, body.code, *v);
        return run(node->parts[1], v, pass);
    }
    change(v, body.kind != EXIT_NONE);
    show("a%d:%d:%d ", node->id, body.kind != EXIT_NONE, *v);
    struct completion second = run(node->parts[1], v, pass);
    return second.kind == EXIT_NONE ? body : second;
}

static struct completion run_call(const struct node *node, int *v) {
    struct completion completion;
    int result = run_program(node->callee, &completion);
    if (completion.kind == EXIT_NONE) {
        change(v, result);
        show("c%d:%d ", node->id, *v);
    }
    return completion;
}

static struct completion run(const struct node *node, int *v, int pass) {
    struct completion completion = {.kind = EXIT_NONE};
    switch (node->kind) {
    case NODE_MARK:
        change(v, node->id % 7);
        show("m%d:%d ", node->id, *v);
        break;
    case NODE_LIST:
        for (int i = 0; i < node->count && completion.kind == EXIT_NONE; i++) {
            completion = run(node->parts[i], v, pass);
        }
        break;
    case NODE_EXCEPT:
    case NODE_FINALLY:
        return run_guarded(node, v, pass);
    case NODE_EXIT:
        return run_exit(node, v, pass);
    case NODE_CALL:
        return run_call(node, v);
    }
    return completion;
}

/* A call: its own local variable and its own loop; returns what the function returns. */
static int run_program(int number, struct completion *out) {
    int v = number;
    model.depth++;
    struct completion completion = {.kind = EXIT_NONE};
    for (int i = 0; i < 2; i++) {
        completion = run(model.programs[number].root, &v, i);
        if (completion.kind != EXIT_NONE && completion.kind != EXIT_CONTINUE) {
            break;
        }
        if (completion.kind == EXIT_NONE) {
            show("l%d:%d ", i, v);
        }
        completion.kind = EXIT_NONE;
    }
    model.depth--;
    *out = (struct completion){.kind = EXIT_NONE};
    switch (completion.kind) {
    case EXIT_RETURN:
        return completion.value;
    case EXIT_GOTO:
        return v + 1000;
    case EXIT_RAISE:
        *out = completion;
        return 0;
    default:
        return v;
    }
}

const char *model_run(const struct program *programs, int number) {
    struct completion completion;
    model.programs = programs;
    model.active = model.depth = 0;
    model.size = 0;
    int result = run_program(number, &completion);
    if (completion.kind == EXIT_RAISE) {
        show("caught:%x", completion.code);
    } else {
        show("returned:%d", result);
    }
    return model.text;
}
