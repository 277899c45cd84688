/*
 * streams.h - streams of documents, whole and broken, and what comes of them through the small pipeline.
 */
#ifndef FL_TEST_STREAMS_H
#define FL_TEST_STREAMS_H

#define HEAD "{\"Namespace\":\"flow\",\"Type\":\"store\",\"UUID\":\"u\",\"Status\":200,\"Obj\":"

struct expected {
    const char *text, *small;
    unsigned received, malformed, rejected, messages;
};

static const struct expected streams[] = {
    {"{\"id\":\"a\"}\n{\"id\":\"b\"}\r\n\n {\"id\":\"c\"}",
     "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n", 3, 0, 0, 3},
    {"{\"id\":\"a\"}{\"id\":\"b\"}{\"id\":\"}{\\\"\"}[{\"id\":\"c\"},{\"id\":\"d\"}]",
     "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"}{\\\"\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n", 5, 0, 0, 4},
    {"{\n  \"id\": \"a\",\n  \"x\": [\n    {},\n    [1, 2]\n  ]\n}\n{\n  \"id\": \"b\"\n}\n{\"id\":\"c\"}\n",
     "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n", 3, 0, 0, 3},
    {HEAD "[{\"id\":\"a\"},{\"id\":\"b\"}]}\n{\"Obj\":[{\"id\":\"c\"}],\"Type\":\"store\",\"Namespace\":\"flow/x\"}\n"
          "{\"UUID\":\"u\",\"id\":\"d\"}\n"
          "{\"UUID\":\"u\",\"Status\":1,\"Namespace\":\"flow\",\"Type\":\"store\",\"Obj\":[]}",
     "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n", 4, 0, 0, 4},
    {"{\"id\":\"a\"}\n{\"id\":\"b\" \"n\":1}\n{\"id\":\"c\"}\nxyz\n{\"id\":\"d\"}\n{\"id\":\"e\n{\"id\":\"f\"}\n5\n"
     "\"s\" {\"id\":\"g\"}\n",
     "{\"id\":\"a\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n{\"id\":\"f\"}\n", 4, 0, 4, 8},
    {"{\"id\":\"a\"}]}{\"id\":\"a2\"}\n{\"id\":\"b\"}\n{\"id\":5}\nnul\n{}\n{\"id\":\"\xff\"}\n{\"id\":\"z\"}",
     "{\"id\":\"a\"}\n{\"id\":\"a2\"}\n{\"id\":\"b\"}\n{\"id\":\"z\"}\n", 6, 2, 3, 9},
    {"{\"id\":\"a\"}\n{\"id\":\"b\"},{\"id\":\"b2\"}\n" HEAD "[{\"id\":\"x\"},{\"id\":]}\n" HEAD "[{\"id\":\"c\"}]}",
     "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"b2\"}\n{\"id\":\"c\"}\n", 4, 0, 1, 5},
    {"{\"id\":\"a\"}\n{\"id\":\"b\",\n\"x\":{\n\"y\":[1,}\n{\"id\":\"c\"}\n{\"id\":\"unfinished\"",
     "{\"id\":\"a\"}\n{\"id\":\"c\"}\n", 2, 0, 2, 4},
    {"{\"id\":\"a\"}\nx no newline any more {\"id\":\"lost\"}", "{\"id\":\"a\"}\n", 1, 0, 1, 2},
    /* A bad element costs no more than itself. */
    {"{\"id\":\"a\"}\n[{\"id\":\"x\"},{\"id\":5},{\"id\":}]\n{\"id\":\"b\"}\n[{\"id\":\"y\"},null,7}\n[{\"id\":\"c\"}]\n",
     "{\"id\":\"a\"}\n{\"id\":\"x\"}\n{\"id\":\"b\"}\n{\"id\":\"y\"}\n{\"id\":\"c\"}\n", 10, 5, 0, 5},
    {"[{\"id\":\"a\"},{\"id\":\"b},{\"id\":\"c\"},{\"id\":d\"},{\"id\":\"e\"},{\"id\":\"e2\"} {\"id\":\"f\"}},{\"id\":\"g\"},[],{\"x\":[{},{\"id\":4 4}]},{\"id\":\"h\"}]{\"id\":\"i\"}",
     "{\"id\":\"a\"}\n{\"id\":\"c\"}\n{\"id\":\"e\"}\n{\"id\":\"e2\"}\n{\"id\":\"f\"}\n{\"id\":\"g\"}\n{\"id\":\"h\"}\n{\"id\":\"i\"}\n", 13, 5, 0, 2},
    {"[\n{\"id\":\"a\"}\n,\n{\"id\":\"b\"}\n,\n{\"id\":\"c\"}\n", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n", 3, 0, 0, 1},
    {"[\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n[\n{\"id\":\"c\"}\n]\n{\"id\":\"d\"}\n", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n", 4, 0, 0, 3},
    {"[\n  {\n    \"id\": \"a\"\n  },\n  {\n    \"id\": \"b\",,\n    \"x\": [\n      {\"id\": \"no\"}\n    ]\n  },\n  {\n    \"id\": \"c\"\n  }\n]\n",
     "{\"id\":\"a\"}\n{\"id\":\"c\"}\n", 3, 1, 0, 1},
    {"[2026-11-30 12:00] started\n{\"id\":\"a\"}\n", "{\"id\":\"a\"}\n", 1, 0, 2, 3},
    /* A writer was stopped within a line, and another one went on in it. */
    {"{\"id\":\"lost\",\"n\":1{\"id\":\"a\"}\n{\"id\":\"lo{\"id\":\"b\"}\n{\"id\":\"lost\",\"x\":[1,2{ \"id\":\"c\"}\n"
     "{\"id\":\"lost\",\"n{\"id\":\"d\"}\n{\"id\":\"lost\\{\"id\":\"e\"}\n{\"id\":\"lo[{\"id\":\"no\"}]\n{\"id\":\"f\"}\n",
     "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n{\"id\":\"e\"}\n{\"id\":\"f\"}\n", 6, 0, 6, 12},
    {"{\"id\":\"lost\",\"n\":\n{\"id\":\"a\"}\n{\"id\":\"lost\",\n{\"id\":\"b\"}\n", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n", 2, 0, 2, 4},
    {"{\"id\":1,\n  \"x\":[\n    {\"id\":\"no\"}\n    {\"id\":\"no\"}\n  ]\n}\n{\"id\":\"a\"}\n", "{\"id\":\"a\"}\n", 1, 0, 1, 2},
    {"{\"id\":\"a\"}{\"id\":}{\"id\":\"b\"}\n\xef\xbb\xbf{\"id\":\"c\"}\n", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n", 3, 0, 1, 4},
    {"", "", 0, 0, 0, 0},
    {" \n\t ", "", 0, 0, 0, 0},
};

#endif
