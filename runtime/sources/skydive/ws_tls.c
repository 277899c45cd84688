/* ws_tls.c - TLS over memory: bytes in, bytes out; see ws_connect.h. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sources/skydive/ws_connect.h"

struct fl_tls_context {
    SSL_CTX *ctx;
};

struct fl_tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    char host[256];
};

/* Why the last OpenSSL call failed; without OpenSSL's own error numbers. */
static const char *reason(void)
{
    unsigned long e = ERR_peek_error(); /* the first one is the cause */
    if (e && ERR_SYSTEM_ERROR(e))
        return strerror(ERR_GET_REASON(e));
    const char *text = e ? ERR_reason_error_string(e) : NULL;
    return text ? text : "no reason given";
}

static char *file_error(const char *key, const char *file, const char *what)
{
    return fl_said("%s: %s '%s': %s", key, what, file, reason());
}

static char *load(SSL_CTX *ctx, const char *ca, const char *cert, const char *key)
{
    if (*ca) {
        if (SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
            return file_error("tls.ca_cert", ca, "cannot read PEM certificates from");
    } else {
        SSL_CTX_set_default_verify_paths(ctx);
    }
    if (!*cert && !*key)
        return NULL;
    if (!*cert || !*key)
        return fl_strdup(*cert ? "tls.client_cert is set, tls.client_key is not: both are needed"
                               : "tls.client_key is set, tls.client_cert is not: both are needed");
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        return file_error("tls.client_cert", cert, "cannot read a PEM certificate from");
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        return file_error("tls.client_key", key, "cannot use the PEM key in");
    return NULL;
}

struct fl_tls_context *fl_tls_context_new(const char *ca_cert, const char *client_cert, const char *client_key,
                                          char **error)
{
    ERR_clear_error();
    SSL_CTX *ctx = fl_given(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    *error = load(ctx, ca_cert ? ca_cert : "", client_cert ? client_cert : "", client_key ? client_key : "");
    ERR_clear_error();
    if (*error) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    struct fl_tls_context *c = fl_new(struct fl_tls_context);
    c->ctx = ctx;
    return c;
}

void fl_tls_context_free(struct fl_tls_context *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ctx);
    free(c);
}

struct fl_tls *fl_tls_new(struct fl_tls_context *c, const char *host)
{
    struct fl_tls *t = fl_new(struct fl_tls);
    unsigned char address[16];
    snprintf(t->host, sizeof t->host, "%s", host);
    t->ssl = fl_given(SSL_new(c->ctx));
    t->in = fl_given(BIO_new(BIO_s_mem()));
    t->out = fl_given(BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(t->in, -1); /* empty means: wait, not: the end */
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_connect_state(t->ssl);
    X509_VERIFY_PARAM *verify = SSL_get0_param(t->ssl);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1) {
        X509_VERIFY_PARAM_set1_ip_asc(verify, host);
    } else {
        X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(verify, host, 0);
        SSL_set_tlsext_host_name(t->ssl, host);
    }
    return t;
}

void fl_tls_free(struct fl_tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    free(t);
}

void fl_tls_feed(struct fl_tls *t, const void *p, size_t n)
{
    if (n && BIO_write(t->in, p, (int)n) != (int)n)
        fl_no_memory(FL_PART, n);
}

size_t fl_tls_take(struct fl_tls *t, void *p, size_t n)
{
    int got = BIO_read(t->out, p, (int)n);
    return got > 0 ? (size_t)got : 0;
}

static int failure(struct fl_tls *t, int result, char *why, size_t why_size)
{
    int e = SSL_get_error(t->ssl, result);
    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
        return FL_TLS_MORE;
    if (e == SSL_ERROR_ZERO_RETURN)
        return FL_TLS_CLOSED;
    long verify = SSL_get_verify_result(t->ssl);
    if (verify == X509_V_ERR_HOSTNAME_MISMATCH || verify == X509_V_ERR_IP_ADDRESS_MISMATCH)
        snprintf(why, why_size, "TLS: the server's certificate is not for '%.80s'", t->host);
    else if (verify != X509_V_OK)
        snprintf(why, why_size, "TLS: the server's certificate is not trusted: %s; tls.ca_cert names the authority",
                 X509_verify_cert_error_string(verify));
    else
        snprintf(why, why_size, "TLS: %s", reason());
    return FL_TLS_FAILED;
}

int fl_tls_handshake(struct fl_tls *t, char *why, size_t why_size)
{
    ERR_clear_error();
    int n = SSL_do_handshake(t->ssl);
    return n == 1 ? 1 : failure(t, n, why, why_size);
}

ssize_t fl_tls_read(struct fl_tls *t, void *p, size_t n, char *why, size_t why_size)
{
    ERR_clear_error();
    int got = SSL_read(t->ssl, p, n > (size_t)1 << 20 ? 1 << 20 : (int)n);
    return got > 0 ? got : failure(t, got, why, why_size);
}

bool fl_tls_write(struct fl_tls *t, const void *p, size_t n)
{
    ERR_clear_error();
    return !n || SSL_write(t->ssl, p, (int)n) == (int)n;
}
