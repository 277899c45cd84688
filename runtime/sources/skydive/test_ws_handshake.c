/* test_ws_handshake.c - runtime/sources/skydive/ws_handshake.c: URLs, the request, answers good and bad, in one piece and in many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sources/skydive/ws_handshake.h"

static void url_good(const char *text, const char *host, const char *authority, unsigned port, const char *path,
                     bool tls)
{
    struct fl_ws_url u;
    char *error = fl_ws_url_parse(text, &u);
    assert_null(error);
    assert_string_equal(u.host, host);
    assert_string_equal(u.authority, authority);
    assert_string_equal(u.path, path);
    assert_int_equal(u.port, port);
    assert_int_equal(u.tls, tls);
    fl_ws_url_free(&u);
}

static void url_bad(const char *text, const char *part)
{
    struct fl_ws_url u;
    char *error = fl_ws_url_parse(text, &u);
    if (!error)
        fail_msg("'%s' was taken", text);
    if (!strstr(error, part))
        fail_msg("'%s': '%s' does not say '%s'", text, error, part);
    free(error);
    fl_ws_url_free(&u);
}

static void urls(void **state)
{
    (void)state;
    url_good("ws://a:8082/ws/subscriber/flow", "a", "a:8082", 8082, "/ws/subscriber/flow", false);
    url_good("ws://a", "a", "a", 80, "/", false);
    url_good("ws://a:80/x", "a", "a", 80, "/x", false);
    url_good("WSS://a/x?y=z@1", "a", "a", 443, "/x?y=z@1", true);
    url_good("wss://a:80", "a", "a:80", 80, "/", true);
    url_good("ws://a?x", "a", "a", 80, "/?x", false);
    url_good("ws://[::1]:8082/x", "::1", "[::1]:8082", 8082, "/x", false);
    url_good("ws://[fe80::1]/", "fe80::1", "[fe80::1]", 80, "/", false);
    url_bad("", "pipeline.subscriber.url");
    url_bad("http://a/", "ws://");
    url_bad("a:8082", "ws://");
    url_bad("ws:/a", "ws://");
    url_bad("ws:///x", "no host");
    url_bad("ws://:80/x", "no host");
    url_bad("ws://u:secret@a/x", "user name");
    url_bad("http://u:secret@a/x", "user name");
    url_bad("ws://a:0/", "port");
    url_bad("ws://a:65536/", "port");
    url_bad("ws://a:/", "port");
    url_bad("ws://a:8x/", "port");
    url_bad("ws://::1:8082/", "port");
    url_bad("ws://[::1/", "']'");
    url_bad("ws://[::1]8082/", "port");
    url_bad("ws://a/x#y", "fragment");
    url_bad("ws://a/x y", "blank");
    url_bad("ws://a/x\r\nHost: b", "control");
    struct fl_ws_url u;
    char *error = fl_ws_url_parse("ws://u:secret@a/x", &u);
    assert_null(strstr(error, "secret"));
    free(error);
}

/* RFC 6455 section 1.3's example: nonce "the sample nonce" */
static struct fl_ws_url url = {.host = (char *)"h", .authority = (char *)"h:8082",
                               .path = (char *)"/ws/subscriber/flow", .port = 8082};
static struct fl_ws_request request = {.url = &url, .host_id = "me", .namespace_ = "flow", .username = "",
                                       .password = "",
                                       .nonce = "the sample nonc"};

static void requests(void **state)
{
    (void)state;
    struct fl_buf b = {0};
    request.nonce[15] = 'e';
    fl_ws_request(&request, &b);
    fl_buf_putc(&b, 0);
    assert_string_equal(b.p, "GET /ws/subscriber/flow HTTP/1.1\r\nHost: h:8082\r\n"
                             "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                             "X-Host-ID: me\r\nX-Client-Type: analyzer\r\nX-Client-Protocol: json\r\n"
                             "X-Websocket-Namespace: flow\r\nCookie: \r\n\r\n");
    b.n = 0;
    struct fl_ws_request r = request;
    r.username = "Aladdin";
    r.password = "open sesame";
    r.namespace_ = "flow/c1";
    fl_ws_request(&r, &b);
    fl_buf_putc(&b, 0);
    assert_non_null(strstr(b.p, "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    assert_non_null(strstr(b.p, "\r\nX-Websocket-Namespace: flow/c1\r\n"));
    fl_buf_free(&b);
    assert_true(fl_ws_header_safe("a b\xc3\xa4"));
    assert_false(fl_ws_header_safe("a\nb"));
    assert_false(fl_ws_header_safe("a\x7f"));
}

#define START "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define SKYDIVE "X-Host-ID: a\r\nX-Service-Type: analyzer\r\n"

/* `part` NULL: it has to be taken, and the bytes behind the head have to be left. */
static void answer_in(const char *text, size_t step, const char *part, int status)
{
    struct fl_ws_response r;
    size_t n = strlen(text), used = 0;
    enum fl_ws_response_state state = FL_WS_RESPONSE_MORE;
    fl_ws_response_init(&r, &request);
    for (size_t i = 0; i < n && state == FL_WS_RESPONSE_MORE; i += step) {
        size_t k = n - i < step ? n - i : step;
        const uint8_t *at = (const uint8_t *)text + i;
        state = fl_ws_response_feed(&r, &at, at + k);
        used = (size_t)(at - (const uint8_t *)text);
    }
    if (part) {
        assert_int_equal(state, FL_WS_RESPONSE_FAILED);
        if (!strstr(r.why, part))
            fail_msg("'%s' does not say '%s'", r.why, part);
        assert_int_equal(r.status, status);
    } else {
        if (state != FL_WS_RESPONSE_OK)
            fail_msg("%d: %s", state, r.why);
        assert_string_equal(text + used, "FRAMES");
    }
    fl_ws_response_free(&r);
}

static void answer(const char *text, const char *part, int status)
{
    answer_in(text, strlen(text), part, status);
    answer_in(text, 1, part, status);
    answer_in(text, 7, part, status);
}

static void answers(void **state)
{
    (void)state;
    request.nonce[15] = 'e';
    answer(START UPGRADE ACCEPT SKYDIVE "\r\nFRAMES", NULL, 101);
    answer("HTTP/1.1 101 \n" "upgrade: WebSocket\nCONNECTION: keep-alive, upgrade\n"
           "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
           "x-host-id:\ta \nx-service-type: analyzer\n\nFRAMES", NULL, 101);
    answer(START "Connection: x\r\n" UPGRADE ACCEPT SKYDIVE "\r\nFRAMES", NULL, 101);
    answer(START ACCEPT SKYDIVE "\r\n", "Upgrade", 101);
    answer(START "Upgrade: websocket\r\n" ACCEPT SKYDIVE "\r\n", "Connection", 101);
    answer(START UPGRADE SKYDIVE "\r\n", "Sec-WebSocket-Accept", 101);
    answer(START UPGRADE "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" SKYDIVE "\r\n",
           "Sec-WebSocket-Accept", 101);
    answer(START UPGRADE ACCEPT SKYDIVE "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "extension", 101);
    answer(START UPGRADE ACCEPT SKYDIVE "Sec-WebSocket-Protocol: chat\r\n\r\n", "sub-protocol", 101);
    answer(START UPGRADE ACCEPT "X-Host-ID: \r\nX-Service-Type: analyzer\r\n\r\n", "X-Host-ID header not provided",
           101);
    answer(START UPGRADE ACCEPT "X-Host-ID: a\r\n\r\n", "X-Service-Type header not provided", 101);
}

static void refusals(void **state)
{
    (void)state;
    answer("HTTP/1.1 400 Bad Request\r\n\r\n", "/ws/subscriber/flow", 400);
    answer("HTTP/1.1 401 Unauthorized\r\n\r\n", "analyzer.auth.cluster.username", 401);
    answer_in("HTTP/1.1 401 Unauthorized\r\n\r\nWrong credentials\nmore", 100, "says: Wrong credentials", 401);
    answer("HTTP/1.1 403 Forbidden\r\n\r\n", "RBAC", 403);
    answer("HTTP/1.1 404 Not Found\r\n\r\n", "/ws/subscriber/flow", 404);
    answer("HTTP/1.1 409 Conflict\r\n\r\n", "host_id 'me'", 409);
    answer("HTTP/1.1 302 Found\r\nLocation: ws://b/\r\n\r\n", "'ws://b/'", 302);
    answer("HTTP/1.1 500 x\r\n\r\n", "status 500", 500);
    answer("HTTP/1.1 1x1 y\r\n\r\n", "status", 1);
    answer("HTTP/1.1\r\n\r\n", "status", 0);
    answer("SSH-2.0-OpenSSH_9\r\n", "not HTTP", 0);
    struct fl_buf b = {0};
    fl_buf_puts(&b, START);
    while (b.n < 20000)
        fl_buf_puts(&b, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    fl_buf_putc(&b, 0);
    answer(b.p, "larger than 16384", 0);
    fl_buf_free(&b);
    struct fl_ws_response r;
    fl_ws_response_init(&r, &request);
    fl_ws_response_cut(&r);
    assert_non_null(strstr(r.why, "wss://"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls), cmocka_unit_test(requests), cmocka_unit_test(answers), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
