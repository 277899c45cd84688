/* sigv4.c - see sigv4.h. The comments name the tasks of Amazon's description. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "sinks/s3/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

#define HASH 32
#define HEADERS_MAX 32

static void to_hex(const uint8_t *p, size_t n, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[p[i] >> 4];
        hex[2 * i + 1] = digits[p[i] & 15];
    }
    hex[2 * n] = 0;
}

void fl_sha256_hex(const void *p, size_t n, char hex[FL_SHA256_HEX])
{
    uint8_t hash[HASH];
    if (EVP_Digest(p, n, hash, NULL, EVP_sha256(), NULL) != 1)
        fl_give_up("OpenSSL has no SHA-256");
    to_hex(hash, HASH, hex);
}

bool fl_md5(const void *p, size_t n, char base64[FL_MD5_BASE64], char hex[FL_MD5_HEX])
{
    uint8_t hash[16];
    if (EVP_Digest(p, n, hash, NULL, EVP_md5(), NULL) != 1)
        return false;
    EVP_EncodeBlock((unsigned char *)base64, hash, sizeof hash);
    to_hex(hash, sizeof hash, hex);
    return true;
}

static void hmac(const void *key, size_t key_n, const char *text, size_t n, uint8_t out[HASH])
{
    unsigned len = HASH;
    if (!HMAC(EVP_sha256(), key, (int)key_n, (const unsigned char *)text, n, out, &len))
        fl_give_up("OpenSSL has no HMAC-SHA-256");
}

void fl_uri_path(const char *path, struct fl_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const uint8_t *p = (const uint8_t *)path; *p; p++) {
        bool plain = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
                     strchr("-._~/", *p) != NULL;
        if (plain) {
            fl_buf_putc(out, (char)*p);
        } else {
            fl_buf_putc(out, '%');
            fl_buf_putc(out, digits[*p >> 4]);
            fl_buf_putc(out, digits[*p & 15]);
        }
    }
}

void fl_sigv4_date(int64_t second, char date[17])
{
    time_t t = second;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(date, 17, "%Y%m%dT%H%M%SZ", &tm);
}

static int by_name(const void *a, const void *b)
{
    const struct fl_sigv4_header *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Without white space at both ends, runs of blanks as one. */
static void put_trimmed(struct fl_buf *out, const char *value)
{
    value += strspn(value, " \t");
    size_t n = strlen(value);
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    for (size_t i = 0; i < n; i++)
        if (value[i] != ' ' || value[i - 1] != ' ')
            fl_buf_putc(out, value[i]);
}

/* Task 1: the canonical request; its hash is what is signed. The list of header names goes to `names`. */
static void canonical_request(const struct fl_sigv4_request *r, struct fl_buf *out, struct fl_buf *names)
{
    const struct fl_sigv4_header *sorted[HEADERS_MAX];
    size_t n = r->nheaders < HEADERS_MAX ? r->nheaders : HEADERS_MAX;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &r->headers[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    fl_buf_printf(out, "%s\n%s\n%s\n", r->method, *r->path ? r->path : "/", r->query);
    for (size_t i = 0; i < n; i++) {
        fl_buf_printf(out, "%s:", sorted[i]->name);
        put_trimmed(out, sorted[i]->value);
        fl_buf_putc(out, '\n');
        fl_buf_printf(names, "%s%s", i ? ";" : "", sorted[i]->name);
    }
    fl_buf_putc(names, 0);
    fl_buf_printf(out, "\n%s\n%s", names->p, r->payload_hash);
}

/* Task 3: a key for one day, region and service. */
static void signing_key(const struct fl_sigv4 *k, const char *date, uint8_t key[HASH])
{
    struct fl_buf first = {0};
    uint8_t day[HASH], region[HASH], service[HASH];
    fl_buf_printf(&first, "AWS4%s", k->secret_key);
    hmac(first.p, first.n, date, 8, day);
    hmac(day, HASH, k->region, strlen(k->region), region);
    hmac(region, HASH, k->service, strlen(k->service), service);
    hmac(service, HASH, "aws4_request", 12, key);
    OPENSSL_cleanse(first.p, first.n);
    fl_buf_free(&first);
}

void fl_sigv4_sign(const struct fl_sigv4 *k, const struct fl_sigv4_request *r, struct fl_buf *authorization)
{
    struct fl_buf request = {0}, names = {0}, text = {0};
    char hex[FL_SHA256_HEX];
    uint8_t key[HASH], signature[HASH];
    canonical_request(r, &request, &names);
    fl_sha256_hex(request.p, request.n, hex);
    /* Task 2: the string to sign. */
    fl_buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", r->date, r->date, k->region, k->service,
                  hex);
    signing_key(k, r->date, key);
    hmac(key, HASH, text.p, text.n, signature);
    OPENSSL_cleanse(key, sizeof key);
    to_hex(signature, HASH, hex);
    fl_buf_printf(authorization,
                  "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
                  k->access_key, r->date, k->region, k->service, names.p, hex);
    fl_buf_free(&request);
    fl_buf_free(&names);
    fl_buf_free(&text);
}
