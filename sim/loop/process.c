/* Running a program of the host on a loop of its own, and reading what it prints. */
#include "loop/process.h"

#include <stdlib.h>
#include <uv.h>

#define TIME_LIMIT_MS 10000

struct child {
    uv_loop_t loop;
    uv_process_t process;
    uv_pipe_t pipe;
    uv_timer_t timer;
    struct text *output;
    bool good;
    char buffer[16384];
};

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
    struct child *child = handle->data;
    (void)size;
    *buffer = uv_buf_init(child->buffer, sizeof child->buffer);
}

static void take_output(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer) {
    struct child *child = stream->data;
    if (length > 0)
        text_add(child->output, buffer->base, (size_t)length);
    else if (length < 0)
        uv_close((uv_handle_t *)stream, NULL);
}

static void at_exit(uv_process_t *process, int64_t status, int term_signal) {
    struct child *child = process->data;
    child->good = status == 0 && term_signal == 0;
    uv_close((uv_handle_t *)process, NULL);
    uv_close((uv_handle_t *)&child->timer, NULL);
}

static void at_time_limit(uv_timer_t *timer) {
    struct child *child = timer->data;
    uv_process_kill(&child->process, 9);
}

static bool start(struct child *child, char **arguments) {
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->pipe},
        {.flags = UV_IGNORE}};
    uv_process_options_t options = {.exit_cb = at_exit,
                                    .file = arguments[0],
                                    .args = arguments,
                                    .stdio_count = 3,
                                    .stdio = stdio};
    child->process.data = child->pipe.data = child->timer.data = child;
    int error = uv_spawn(&child->loop, &child->process, &options);
    if (error) {
        uv_close((uv_handle_t *)&child->process, NULL);
        uv_close((uv_handle_t *)&child->pipe, NULL);
        uv_close((uv_handle_t *)&child->timer, NULL);
        return false;
    }
    uv_read_start((uv_stream_t *)&child->pipe, give_buffer, take_output);
    uv_timer_start(&child->timer, at_time_limit, TIME_LIMIT_MS, 0);
    return true;
}

bool process_output(char **arguments, struct text *output) {
    struct child *child = memory_grow(NULL, sizeof *child);
    child->output = output;
    child->good = false;
    bool good = false;
    if (uv_loop_init(&child->loop) == 0) {
        uv_pipe_init(&child->loop, &child->pipe, 0);
        uv_timer_init(&child->loop, &child->timer);
        start(child, arguments);
        uv_run(&child->loop, UV_RUN_DEFAULT);
        uv_loop_close(&child->loop);
        good = child->good;
    }
    free(child);
    return good;
}
