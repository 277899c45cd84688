/*
 * test_put.c - what answers of an S3 server mean, and what is asked of it until an object is proven to be there. The
 * server is a script: this file stands in for net/http.c.
 */
#include "config/values.h"
#include "tests/unit/delivery.h"

#include "net/curl.h"
#include "net/http.h"
#include "sinks/s3/answer.h"
#include "sinks/s3/request.h"

#define XML(code, rest) "<?xml version=\"1.0\"?>\n<Error><Code>" code "</Code>" rest "</Error>"
#define PAGE "\n<!DOCTYPE html><html><body>Please log in <Code>EntityTooLarge</Code></body></html>"

/* ---- the meaning of one answer ------------------------------------------------------------------------------------ */

static void assert_answer(long status, const char *body, enum fl_write_result result, const char *why)
{
    struct fl_s3_answer a = {.status = status, .request_id = "R1", .clock_ahead = -900};
    char text[512];
    fl_s3_answer_read(&a, body);
    fl_s3_answer_why(&a, text, sizeof text);
    if (fl_s3_answer_result(&a) != result)
        fail_msg("%ld %s: %d", status, body ? body : "(none)", fl_s3_answer_result(&a));
    if (!strstr(text, why))
        fail_msg("\"%s\" does not hold \"%s\"", text, why);
}

static void answers(void **state)
{
    (void)state;
    assert_answer(200, "", FL_WRITTEN, "200");
    assert_answer(404, XML("NoSuchBucket", "<Message>no &lt;b&gt;\n&amp; so</Message>"), FL_RETRY,
                  "404 NoSuchBucket (create the bucket or set pipeline.store.*.dirname; buckets are never created) "
                  "request_id=R1: no <b> & so");
    assert_answer(403, XML("SignatureDoesNotMatch", ""), FL_RETRY, "(check access_key, secret_key");
    assert_answer(403, XML("RequestTimeTooSkewed", ""), FL_RETRY, "is 900 s behind the server's");
    assert_answer(403, NULL, FL_RETRY, "403 without an error document (check the credentials)");
    assert_answer(403, XML("AccessDenied", ""), FL_DENIED, "403 AccessDenied (the key needs the right to put objects");
    assert_answer(400, XML("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), FL_RETRY,
                  "the server expects region eu-west-1");
    assert_answer(400, XML("ExpiredToken", ""), FL_RETRY, "session_token");
    assert_answer(301, XML("PermanentRedirect", ""), FL_RETRY, "check region and endpoint");
    assert_answer(408, "", FL_RETRY, "408");
    assert_answer(429, XML("SlowDown", ""), FL_RETRY, "429 SlowDown");
    assert_answer(500, "", FL_RETRY, "500");
    assert_answer(503, XML("SlowDown", ""), FL_RETRY, "503 SlowDown");
    assert_answer(412, XML("PreconditionFailed", ""), FL_EXISTS, "412");
}

/* Only an error document of S3 about the object refuses it; what a proxy, a quota or a mistake of ours says does not. */
static void refused(void **state)
{
    (void)state;
    static const char *const codes[] = {"EntityTooLarge", "KeyTooLongError", "MetadataTooLarge", "InvalidArgument"};
    char body[200];
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        snprintf(body, sizeof body, XML("%s", "<Message>told to</Message>"), codes[i]);
        assert_answer(400, body, FL_REFUSED, codes[i]);
        assert_answer(413, body, FL_REFUSED, "told to");
        assert_answer(500, body, FL_RETRY, codes[i]);
    }
    assert_answer(400, "\xef\xbb\xbf <!-- c --> <Error xmlns=\"x\">\n <Code>EntityTooLarge</Code></Error>", FL_REFUSED, "400");
    static const long others[] = {400, 402, 404, 405, 406, 410, 411, 413, 414, 417, 421, 422, 426, 428, 431, 451, 499};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_answer(others[i], "", FL_RETRY, "without an error document");
        assert_answer(others[i], PAGE, FL_RETRY, "with an HTML page");
        assert_answer(others[i], XML("", ""), FL_RETRY, "");
        assert_answer(others[i], XML("InvalidRequest", ""), FL_RETRY, "InvalidRequest");
        assert_answer(others[i], "{\"Code\":\"EntityTooLarge\"}", FL_RETRY, "");
        assert_answer(others[i], "<Code>EntityTooLarge</Code>", FL_RETRY, "");
    }
    assert_answer(200, XML("EntityTooLarge", ""), FL_RETRY, "200 EntityTooLarge");
    assert_answer(200, PAGE, FL_RETRY, "200 with an HTML page (S3 says 200 and nothing else");
    static const long no_200[] = {100, 201, 202, 203, 204, 206, 226, 300, 301, 302, 303, 304, 307, 308};
    for (size_t i = 0; i < sizeof no_200 / sizeof *no_200; i++)
        assert_answer(no_200[i], "", FL_RETRY, "heck ");
}

/* ---- the script --------------------------------------------------------------------------------------------------- */

struct step {
    long status;         /* 0: no answer */
    const char *headers; /* each line with \n */
    const char *body;
    unsigned sent;       /* 0: once */
};

static const struct step *steps;
static size_t at, nsteps;
static char asked[200]; /* PUT, PUT* with If-None-Match, HEAD */
static bool condition;

struct fl_http *fl_http_new(const struct fl_http_options *o)
{
    struct fl_http *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->options = *o;
    return h;
}

void fl_http_free(struct fl_http *h)
{
    free(h);
}

void fl_http_header(struct fl_http *h, const char *name, const char *value)
{
    (void)h;
    if (strcasecmp(name, "if-none-match") == 0)
        condition = strcmp(value, "*") == 0;
}

bool fl_http_do(struct fl_http *h, const char *method, const char *url, const char *body, size_t n, char *why,
                size_t why_size)
{
    (void)n;
    assert_string_equal(url, "http://host/bucket/k");
    assert_int_equal(body == NULL, strcmp(method, "HEAD") == 0);
    assert_true(at < nsteps);
    const struct step *s = &steps[at++];
    size_t k = strlen(asked);
    snprintf(asked + k, sizeof asked - k, "%s%s%s", k ? " " : "", method, condition ? "*" : "");
    condition = false;
    h->status = s->status;
    h->sent = s->sent ? s->sent : 1;
    h->body = (struct fl_buf){.p = (char *)(uintptr_t)(s->body ? s->body : "")};
    h->headers = (struct fl_buf){.p = (char *)(uintptr_t)(s->headers ? s->headers : "")};
    snprintf(why, why_size, "cut off");
    return s->status != 0;
}

void fl_http_answer_header(const struct fl_http *h, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);
    *value = 0;
    for (const char *p = h->headers.p; *p; p += strcspn(p, "\n") + 1)
        if (strncasecmp(p, name, n) == 0 && p[n] == ':')
            snprintf(value, size, "%.*s", (int)strcspn(p + n + 2, "\n"), p + n + 2);
}

/* ---- one object --------------------------------------------------------------------------------------------------- */

#define MD5 "900150983cd24fb0d6963f7d28e17f72" /* of abc */
#define ETAG "ETag: \"" MD5 "\"\n"
#define OTHER_ETAG "ETag: \"00000000000000000000000000000000\"\n"
#define KMS OTHER_ETAG "x-amz-server-side-encryption: aws:kms\n"
#define LABELS(first) "x-amz-meta-first-timestamp: " first "\nx-amz-meta-last-timestamp: 2\nx-amz-meta-num-records: 3\n"
#define OURS LABELS("1")
#define SIZE(n) "Content-Length: " n "\n"

static struct world w;
static struct fl_s3_server server;
static struct fl_object object;

static int begin(void **state)
{
    (void)state;
    char *error;
    assert_null(fl_curl_init());
    world_config(&w, SETS("pipeline.write.s3.access_key=a", "pipeline.write.s3.secret_key=s"));
    struct fl_options options = fl_options_of(w.rt.config, "write");
    server = (struct fl_s3_server){.rt = &w.rt, .base = "http://host", .host = "host", .path = "", .region = "r",
                                   .credentials = fl_credentials_new(&options, &error)};
    assert_non_null(server.credentials);
    object = (struct fl_object){.bucket = "bucket", .key = "k", .content_type = "t", .first_timestamp = 1,
                                .last_timestamp = 2, .num_records = 3, .data = "abc", .size = 3, .own_key = true};
    return 0;
}

static int end(void **state)
{
    (void)state;
    fl_credentials_free(server.credentials);
    world_close(&w);
    return 0;
}

static void assert_put(const struct step *script, size_t n, enum fl_write_result result, const char *requests,
                       const char *reason)
{
    char why[300] = "";
    struct fl_http *h = fl_http_new(&(struct fl_http_options){.ca_cert = ""});
    steps = script;
    nsteps = n;
    at = 0;
    *asked = 0;
    enum fl_write_result r = fl_s3_put(&server, h, &object, why, sizeof why);
    fl_http_free(h);
    assert_string_equal(asked, requests);
    if (r != result || !strstr(why, reason))
        fail_msg("%s: result %d, reason \"%s\"", requests, r, why);
}

/* The steps stand last. */
#define PUT(result, requests, reason, ...) \
    assert_put((const struct step[]){__VA_ARGS__}, sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step), \
               result, requests, reason)

static void proven(void **state)
{
    (void)state;
    PUT(FL_WRITTEN, "PUT*", "", {200, ETAG, NULL, 0});
    PUT(FL_WRITTEN, "PUT*", "", {200, "ETag: W/\"900150983CD24FB0D6963F7D28E17F72\"\n", NULL, 0});
    PUT(FL_WRITTEN, "PUT*", "", {200, "ETag: " MD5 "\n", " \n", 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {200, KMS, NULL, 0}, {200, SIZE("3") OURS KMS, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {200, NULL, NULL, 0}, {200, SIZE("3"), NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {200, "ETag: \"" MD5 "-2\"\n", NULL, 0}, {200, OURS, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {200, NULL, "stored", 0}, {200, ETAG, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD PUT*", "", {200, NULL, NULL, 0}, {403, NULL, NULL, 0}, {412, NULL, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD PUT*", "", {200, NULL, NULL, 0}, {405, NULL, NULL, 0}, {200, ETAG, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD PUT*", "", {200, NULL, NULL, 0}, {200, NULL, NULL, 0}, {412, NULL, NULL, 0});
}

static void not_stored(void **state)
{
    (void)state;
    PUT(FL_RETRY, "PUT*", "202 ", {202, ETAG, NULL, 0});
    PUT(FL_RETRY, "PUT*", "204 ", {204, ETAG, NULL, 0});
    PUT(FL_RETRY, "PUT*", "206 ", {206, ETAG, NULL, 0});
    PUT(FL_RETRY, "PUT*", "302 ", {302, "Location: http://login/\n", NULL, 0});
    PUT(FL_RETRY, "PUT*", "200 InternalError", {200, ETAG, XML("InternalError", ""), 0});
    PUT(FL_RETRY, "PUT*", "200 with an HTML page", {200, ETAG, PAGE, 0});
    PUT(FL_RETRY, "PUT* HEAD", "HEAD finds nothing", {200, NULL, NULL, 0}, {404, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "another size than 3", {200, NULL, NULL, 0}, {200, SIZE("1234"), NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "HEAD says 503", {200, NULL, NULL, 0}, {503, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "cut off", {200, NULL, NULL, 0}, {0, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "no answer of S3", {200, NULL, "welcome", 0}, {200, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD PUT*", "cut off", {200, NULL, NULL, 0}, {403, NULL, NULL, 0}, {0, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD PUT*", "503", {200, NULL, NULL, 0}, {403, NULL, NULL, 0}, {503, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD PUT*", "HTML", {200, NULL, NULL, 0}, {403, NULL, NULL, 0}, {200, NULL, PAGE, 0});
    /* Where conditions are ignored, another replica's object may be there by now. */
    PUT(FL_EXISTS, "PUT* HEAD", "", {200, NULL, NULL, 0}, {200, SIZE("3") LABELS("9"), NULL, 0});
    assert_false(atomic_load(&server.ignores_condition));
}

/* A server that proves nothing isn't asked three times for each object. */
static void unproven(void **state)
{
    (void)state;
    const char *why = "the server says 200 without the MD5 as ETag";
    PUT(FL_UNPROVEN, "PUT* HEAD PUT*", why, {200, NULL, NULL, 0}, {403, NULL, NULL, 0}, {200, NULL, NULL, 0});
    PUT(FL_UNPROVEN, "PUT* HEAD", why, {200, NULL, NULL, 0}, {403, NULL, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {200, NULL, NULL, 0}, {200, SIZE("3"), NULL, 0});
    atomic_store(&server.ignores_condition, false);
    PUT(FL_UNPROVEN, "PUT* HEAD PUT*", why, {200, NULL, NULL, 0}, {403, NULL, NULL, 0}, {501, NULL, NULL, 0});
    PUT(FL_UNPROVEN, "PUT HEAD", why, {200, NULL, NULL, 0}, {403, NULL, NULL, 0});
}

static void refuses_the_condition(void **state)
{
    (void)state;
    PUT(FL_WRITTEN, "PUT* PUT", "", {501, NULL, XML("NotImplemented", ""), 0}, {200, ETAG, NULL, 0});
    assert_int_equal(logged(&w, "the server takes no conditional writes"), 1);
    PUT(FL_WRITTEN, "PUT", "", {200, ETAG, NULL, 0});
    PUT(FL_RETRY, "PUT", "412", {412, NULL, NULL, 0});
}

/* Ours from an attempt whose answer was lost, or another's? */
static void taken(void **state)
{
    (void)state;
    object.own_key = false;
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("3") ETAG OURS, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("3") KMS OURS, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, ETAG OURS, NULL, 0});
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, ETAG, NULL, 0});
    PUT(FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("4") ETAG OURS, NULL, 0});
    PUT(FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("3") OTHER_ETAG OURS, NULL, 0});
    PUT(FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("3") ETAG LABELS("9"), NULL, 0});
    PUT(FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("3"), NULL, 0});
    PUT(FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "nothing is there, says HEAD", {412, NULL, NULL, 0}, {404, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "HEAD says 500", {412, NULL, NULL, 0}, {500, NULL, NULL, 0});
    PUT(FL_RETRY, "PUT* HEAD", "cut off", {412, NULL, NULL, 0}, {0, NULL, NULL, 0});
    /* Encodings taken off on the way hide size and MD5 of an object; its name is nobody else's. */
    object.own_key = true;
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, SIZE("3") OTHER_ETAG, NULL, 0});
    PUT(FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, NULL, NULL, 0});
    object.again = true;
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 0}, {200, NULL, NULL, 0});
}

/* The key may only write. */
static void taken_and_not_to_be_seen(void **state)
{
    (void)state;
    static const long blind[] = {400, 401, 403, 405, 501};
    for (size_t i = 0; i < sizeof blind / sizeof *blind; i++)
        for (int k = 0; k < 4; k++) {
            object.again = k & 1;
            object.own_key = k & 2;
            PUT(k == 3 ? FL_WRITTEN : FL_EXISTS, "PUT* HEAD", "", {412, NULL, NULL, 0}, {blind[i], NULL, NULL, 0});
        }
    object.again = false;
    object.own_key = true;
    PUT(FL_WRITTEN, "PUT* HEAD", "", {412, NULL, NULL, 2}, {403, NULL, NULL, 0}); /* it went out twice */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers), cmocka_unit_test(refused), TEST(proven), TEST(not_stored), TEST(unproven),
        TEST(refuses_the_condition), TEST(taken), TEST(taken_and_not_to_be_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
