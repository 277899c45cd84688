/*
 * test_ws_frame.c - runtime/sources/skydive/ws_frame.c: what a server can send, whole and byte by byte; what we send.
 *
 * Each case is a sequence of bytes and the events that it has to give, written as text: `text(5)`, `ping(ab)`,
 * `close(1000,bye)`, `error(1002)`, `big(300)`. Every case runs at once and cut at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "intake/queue.h"
#include "sources/skydive/ws_frame.h"

#define MAX_MESSAGE 70000

static void describe(struct fl_queue *q, const struct fl_ws_event *ev, struct fl_buf *out)
{
    switch (ev->kind) {
    case FL_WS_MESSAGE:
        assert_int_equal(ev->message->n, ev->n);
        if (ev->n > 100)
            fl_buf_printf(out, "message(%zu) ", ev->message->n);
        else
            fl_buf_printf(out, "message(%.*s) ", (int)ev->n, ev->message->data);
        fl_queue_recycle(q, ev->message);
        break;
    case FL_WS_TOO_BIG:
        fl_buf_printf(out, "big(%lu) ", (unsigned long)ev->n);
        break;
    case FL_WS_PING:
        fl_buf_printf(out, "ping(%.*s) ", (int)ev->n, ev->data);
        break;
    case FL_WS_PONG:
        fl_buf_printf(out, "pong(%.*s) ", (int)ev->n, ev->data);
        break;
    case FL_WS_CLOSE:
        fl_buf_printf(out, "close(%u,%.*s) ", ev->code, (int)ev->n, ev->data);
        break;
    case FL_WS_ERROR:
        assert_true(ev->n > 0);
        fl_buf_printf(out, "error(%u) ", ev->code);
        break;
    case FL_WS_MORE:
        break;
    }
}

/*
 * All events of the bytes, received as ws_session.c does: `step` bytes at a time go where fl_ws_room says, what is behind
 * them into a block, of which messages are slices.
 */
static void run_received(const uint8_t *p, size_t n, size_t step, const char *expected)
{
    struct fl_queue *q = fl_queue_new(1 << 20);
    struct fl_message *block = NULL;
    struct fl_ws_parser parser;
    struct fl_buf got = {0};
    fl_ws_parser_init(&parser, q, MAX_MESSAGE);
    for (size_t i = 0, k; i < n; i += k) {
        struct fl_ws_event ev;
        uint8_t *to;
        size_t room = fl_ws_room(&parser, &to);
        k = n - i < step ? n - i : step;
        if (room) {
            k = k < room ? k : room;
        } else {
            block = fl_queue_block(q, block, step);
            to = (uint8_t *)block->data;
        }
        memcpy(to, p + i, k);
        parser.block = block;
        const uint8_t *at = to;
        while (fl_ws_next(&parser, &at, to + k, &ev) != FL_WS_MORE)
            describe(q, &ev, &got);
        assert_ptr_equal(at, to + k);
    }
    fl_buf_putc(&got, 0);
    assert_string_equal(got.p, expected);
    fl_buf_free(&got);
    fl_ws_parser_free(&parser);
    fl_queue_recycle(q, block);
    fl_queue_free(q);
}

/* All events of the bytes, fed in pieces of `step`. */
static void run(const uint8_t *p, size_t n, size_t step, const char *expected)
{
    struct fl_queue *q = fl_queue_new(1 << 20);
    struct fl_ws_parser parser;
    struct fl_buf got = {0};
    fl_ws_parser_init(&parser, q, MAX_MESSAGE);
    for (size_t i = 0; i < n; i += step) {
        size_t k = n - i < step ? n - i : step;
        uint8_t *copy = malloc(k); /* so that a sanitizer sees a read behind the end */
        memcpy(copy, p + i, k);
        const uint8_t *at = copy;
        struct fl_ws_event ev;
        while (fl_ws_next(&parser, &at, copy + k, &ev) != FL_WS_MORE)
            describe(q, &ev, &got);
        assert_ptr_equal(at, copy + k);
        free(copy);
    }
    fl_buf_putc(&got, 0);
    assert_string_equal(got.p, expected);
    fl_buf_free(&got);
    fl_ws_parser_free(&parser);
    fl_queue_free(q);
}

static void both(const void *p, size_t n, const char *expected)
{
    run(p, n, n, expected);
    run(p, n, 1, expected);
    run(p, n, 3, expected);
    for (size_t step = 1; step < n && step < 20; step++)
        run_received(p, n, step, expected);
    run_received(p, n, n, expected);
}

#define CASE(bytes, expected) both(bytes, sizeof(bytes) - 1, expected)

/* head + n times `c`. */
static void long_case(const void *head, size_t head_n, size_t n, char c, const char *expected)
{
    uint8_t *p = malloc(head_n + n);
    memcpy(p, head, head_n);
    memset(p + head_n, c, n);
    both(p, head_n + n, expected);
    free(p);
}

static void messages(void **state)
{
    (void)state;
    CASE("\x81\x05hello", "message(hello) ");
    CASE("\x82\x05hello\x81\x01x", "message(hello) message(x) ");
    CASE("\x81\x00", "message() ");
    CASE("\x01\x03hel\x80\x02lo", "message(hello) ");
    CASE("\x01\x00\x00\x00\x80\x00", "message() ");
    CASE("\x01\x01" "a\x00\x01" "b\x89\x02pi\x00\x01" "c\x8a\x00\x80\x01" "d\x81\x01z",
         "ping(pi) pong() message(abcd) message(z) ");
    CASE("\x81\x05hel", "");
}

static void lengths(void **state)
{
    (void)state;
    long_case("\x81\x7d", 2, 125, 'a', "message(125) ");
    long_case("\x81\x7e\x00\x7e", 4, 126, 'a', "message(126) ");
    long_case("\x81\x7e\xff\xff", 4, 65535, 'a', "message(65535) ");
    long_case("\x82\x7f\0\0\0\0\0\x01\0\0", 10, 65536, 'a', "message(65536) ");
    CASE("\x81\x7e\x00\x7d", "error(1002) ");
    CASE("\x81\x7f\0\0\0\0\0\0\xff\xff", "error(1002) ");
    CASE("\x81\x7f\x80\0\0\0\0\0\0\0", "error(1002) ");
    CASE("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff" "ab", ""); /* allowed, too big: being skipped */
}

static void violations(void **state)
{
    (void)state;
    CASE("\xc1\x01" "a", "error(1002) ");          /* reserved bits */
    CASE("\xa1\x01" "a", "error(1002) ");
    CASE("\x91\x01" "a", "error(1002) ");
    CASE("\x83\x01" "a", "error(1002) ");          /* reserved opcodes */
    CASE("\x87\x00", "error(1002) ");
    CASE("\x8b\x00", "error(1002) ");
    CASE("\x8f\x00", "error(1002) ");
    CASE("\x81\x81" "abcd" "a", "error(1002) ");   /* masked */
    CASE("\x09\x00", "error(1002) ");              /* fragmented control */
    CASE("\x08\x00", "error(1002) ");
    CASE("\x89\x7e\x00\x7e", "error(1002) ");      /* long control */
    CASE("\x80\x01" "a", "error(1002) ");          /* continuation of nothing */
    CASE("\x81\x01" "a\x00\x01" "b", "message(a) error(1002) ");
    CASE("\x01\x01" "a\x81\x01" "b", "error(1002) "); /* message inside a message */
    CASE("\x83\x00\x81\x01" "a", "error(1002) ");  /* nothing after an error */
}

static void closing(void **state)
{
    (void)state;
    CASE("\x88\x00", "close(1005,) ");
    CASE("\x88\x02\x03\xe8", "close(1000,) ");
    CASE("\x88\x05\x03\xe9" "bye\x81\x01x", "close(1001,bye) ");
    CASE("\x01\x01" "a\x88\x02\x03\xe8", "close(1000,) ");
    CASE("\x88\x02\x0f\xa0", "close(4000,) ");
    CASE("\x88\x01\x03", "error(1002) ");
    CASE("\x88\x02\x03\xe7", "error(1002) "); /* 999 */
    CASE("\x88\x02\x03\xec", "error(1002) "); /* 1004 */
    CASE("\x88\x02\x03\xed", "error(1002) "); /* 1005 */
    CASE("\x88\x02\x03\xee", "error(1002) "); /* 1006 */
    CASE("\x88\x02\x03\xf7", "error(1002) "); /* 1015 */
    CASE("\x88\x02\x13\x88", "error(1002) "); /* 5000 */
    CASE("\x88\x03\x03\xe8\xff", "error(1007) ");
    CASE("\x88\x03\x03\xe8\xc3", "error(1007) ");
}

static void text(void **state)
{
    (void)state;
    CASE("\x81\x02\xc3\xa4", "message(\xc3\xa4) ");
    CASE("\x01\x01\xc3\x80\x01\xa4", "message(\xc3\xa4) "); /* a character across frames */
    CASE("\x81\x04\xf4\x8f\xbf\xbf", "message(\xf4\x8f\xbf\xbf) ");
    CASE("\x82\x02\xff\xfe", "message(\xff\xfe) ");         /* binary isn't checked */
    CASE("\x81\x01\xff", "error(1007) ");
    CASE("\x81\x01\xc3", "error(1007) ");
    CASE("\x81\x02\xc0\x80", "error(1007) ");               /* overlong */
    CASE("\x81\x03\xe0\x9f\x80", "error(1007) ");
    CASE("\x81\x04\xf0\x8f\x80\x80", "error(1007) ");
    CASE("\x81\x03\xed\xa0\x80", "error(1007) ");           /* surrogate */
    CASE("\x81\x04\xf4\x90\x80\x80", "error(1007) ");
    CASE("\x81\x02\xc3(", "error(1007) ");
    uint8_t p[4 + 300] = {0x81, 126, 1, 44};
    memset(p + 4, 'a', 300);
    for (size_t i = 0; i < 300; i++) { /* one bad byte at every place of the fast path */
        p[4 + i] = 0x80;
        run(p, sizeof p, sizeof p, "error(1007) ");
        p[4 + i] = 'a';
    }
    run(p, sizeof p, sizeof p, "message(300) ");
}

static void too_big(void **state)
{
    (void)state;
    struct fl_buf b = {0};
    fl_buf_put(&b, "\x81\x7f\0\0\0\0\0\x01\x86\xa0", 10); /* 100000 */
    memset(fl_buf_room(&b, 100000), 'x', 100000);
    b.n += 100000;
    fl_buf_put(&b, "\x89\x00\x81\x02ok", 6);
    both(b.p, b.n, "big(100000) ping() message(ok) ");
    b.n = 0;
    for (int i = 0; i < 3; i++) { /* in fragments: known only at the second */
        fl_buf_put(&b, i == 0 ? "\x01\x7e\xc3\x50" : i == 1 ? "\x00\x7e\xc3\x50" : "\x80\x7e\xc3\x50", 4);
        memset(fl_buf_room(&b, 50000), 'x', 50000);
        b.n += 50000;
    }
    fl_buf_put(&b, "\x81\x02ok", 4);
    both(b.p, b.n, "big(150000) message(ok) ");
    fl_buf_free(&b);
    long_case("\x81\x7f\0\0\0\0\0\x01\x11\x70", 10, 70000, 'x', "message(70000) "); /* just right */
}

static void sending(void **state)
{
    (void)state;
    uint8_t out[FL_WS_MAX_OUT], key[4] = {1, 2, 3, 4};
    uint32_t mask;
    memcpy(&mask, key, 4);
    assert_int_equal(fl_ws_frame(out, FL_WS_OP_PONG, "abcde", 5, mask), 11);
    assert_memory_equal(out, "\x8a\x85\x01\x02\x03\x04" "``````", 6);
    const uint8_t masked[] = {'a' ^ 1, 'b' ^ 2, 'c' ^ 3, 'd' ^ 4, 'e' ^ 1};
    assert_memory_equal(out + 6, masked, 5);
    assert_int_equal(fl_ws_close_frame(out, FL_WS_NORMAL, "", 0), 8);
    assert_memory_equal(out, "\x88\x82\0\0\0\0\x03\xe8", 8);
    assert_int_equal(fl_ws_close_frame(out, FL_WS_NO_CODE, "", 0), 6);
    char reason[200]; /* cut at a character: 122 bytes of a's and then two-byte ones */
    memset(reason, 'a', 122);
    for (int i = 122; i < 198; i += 2)
        memcpy(reason + i, "\xc3\xa4", 2);
    reason[198] = 0;
    assert_int_equal(fl_ws_close_frame(out, FL_WS_NORMAL, reason, 0), 6 + 2 + 122);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(lengths), cmocka_unit_test(violations), cmocka_unit_test(closing),
        cmocka_unit_test(text),     cmocka_unit_test(too_big), cmocka_unit_test(sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
