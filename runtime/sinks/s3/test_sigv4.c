/*
 * test_sigv4.c - signatures against Amazon's published examples (the signature test suite; "Signature Calculations
 * for the Authorization Header" of the S3 API reference), path encoding, digests and dates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sinks/s3/sigv4.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_HOST "examplebucket.s3.amazonaws.com"

static const struct fl_sigv4 suite = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1",
                                      "service"};
static const struct fl_sigv4 s3 = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1",
                                   "s3"};

static void assert_signed(const struct fl_sigv4 *k, const struct fl_sigv4_request *r, const char *expected)
{
    struct fl_buf out = {0};
    fl_sigv4_sign(k, r, &out);
    fl_buf_putc(&out, 0);
    assert_string_equal(out.p, expected);
    fl_buf_free(&out);
}

#define HEADERS(...) ((const struct fl_sigv4_header[]){__VA_ARGS__})
#define SUITE_AUTH(names, signature) \
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" names \
    ", Signature=" signature
#define S3_AUTH(names, signature) \
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=" names \
    ", Signature=" signature

static void vanilla(void **state)
{
    (void)state;
    struct fl_sigv4_request r = {
        "GET", "/", "", HEADERS({"x-amz-date", "20150830T123600Z"}, {"host", "example.amazonaws.com"}), 2, EMPTY,
        "20150830T123600Z"};
    assert_signed(&suite, &r, SUITE_AUTH("host;x-amz-date",
                                         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
    r.path = "";
    assert_signed(&suite, &r, SUITE_AUTH("host;x-amz-date",
                                         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
    r.method = "POST";
    r.path = "/";
    assert_signed(&suite, &r, SUITE_AUTH("host;x-amz-date",
                                         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
}

/* get-header-value-trim */
static void values_are_trimmed(void **state)
{
    (void)state;
    struct fl_sigv4_request r = {
        "GET", "/", "", HEADERS({"host", "example.amazonaws.com"}, {"my-header1", " value1"},
                                {"my-header2", " \"a   b   c\""}, {"x-amz-date", "20150830T123600Z"}), 4, EMPTY,
        "20150830T123600Z"};
    assert_signed(&suite, &r, SUITE_AUTH("host;my-header1;my-header2;x-amz-date",
                                         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"));
}

/* The S3 reference: GET with a range, PUT, GET with queries. */
static void s3_examples(void **state)
{
    (void)state;
    struct fl_sigv4_request get = {
        "GET", "/test.txt", "", HEADERS({"host", S3_HOST}, {"range", "bytes=0-9"}, {"x-amz-content-sha256", EMPTY},
                                        {"x-amz-date", "20130524T000000Z"}), 4, EMPTY, "20130524T000000Z"};
    assert_signed(&s3, &get, S3_AUTH("host;range;x-amz-content-sha256;x-amz-date",
                                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
    char sha[FL_SHA256_HEX];
    fl_sha256_hex("Welcome to Amazon S3.", 21, sha);
    assert_string_equal(sha, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    struct fl_buf path = {0};
    fl_uri_path("/test$file.text", &path);
    fl_buf_putc(&path, 0);
    struct fl_sigv4_request put = {
        "PUT", path.p, "", HEADERS({"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"host", S3_HOST},
                                   {"x-amz-content-sha256", sha},
                                   {"x-amz-date", "20130524T000000Z"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}),
        5, sha, "20130524T000000Z"};
    assert_signed(&s3, &put, S3_AUTH("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
    fl_buf_free(&path);
    get.path = "/";
    get.headers = HEADERS({"host", S3_HOST}, {"x-amz-content-sha256", EMPTY}, {"x-amz-date", "20130524T000000Z"});
    get.nheaders = 3;
    get.query = "lifecycle=";
    assert_signed(&s3, &get, S3_AUTH("host;x-amz-content-sha256;x-amz-date",
                                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
    get.query = "max-keys=2&prefix=J";
    assert_signed(&s3, &get, S3_AUTH("host;x-amz-content-sha256;x-amz-date",
                                     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

static void paths(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"/logs/internal/20261123T085502Z/00000000.gz", "/logs/internal/20261123T085502Z/00000000.gz"},
        {"a b+c", "a%20b%2Bc"},
        {"date=2026-11-23/class=x", "date%3D2026-11-23/class%3Dx"},
        {"-._~", "-._~"},
        {"%2E%2E/..//.", "%252E%252E/..//."},
        {"*'()!;:@&,?#[]|\\\"<>^`{}$", "%2A%27%28%29%21%3B%3A%40%26%2C%3F%23%5B%5D%7C%5C%22%3C%3E%5E%60%7B%7D%24"},
        {"\xe1\x88\xb4\x7f\x01", "%E1%88%B4%7F%01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fl_buf out = {0};
        fl_uri_path(rows[i][0], &out);
        fl_buf_putc(&out, 0);
        assert_string_equal(out.p, rows[i][1]);
        fl_buf_free(&out);
    }
}

static void digests(void **state)
{
    (void)state;
    char base64[FL_MD5_BASE64], hex[FL_MD5_HEX], sha[FL_SHA256_HEX], date[17];
    fl_sha256_hex("", 0, sha);
    assert_string_equal(sha, EMPTY);
    assert_true(fl_md5("abc", 3, base64, hex));
    assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
    assert_string_equal(base64, "kAFQmDzST7DWlj99KOF/cg==");
    fl_sigv4_date(1440938160, date);
    assert_string_equal(date, "20150830T123600Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vanilla), cmocka_unit_test(values_are_trimmed), cmocka_unit_test(s3_examples),
        cmocka_unit_test(paths), cmocka_unit_test(digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
