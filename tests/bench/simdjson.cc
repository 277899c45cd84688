// simdjson.cc - a full DOM parse of every message by simdjson: simdjson FLOWS.jsonl
//
// The yardstick for tests/bench/decode.c, whose output it imitates; bench only, and only where Debian's libsimdjson-dev
// is installed. One parser for all messages, as its manual says.
#include <simdjson.h>

#include <cstdio>
#include <cstring>
#include <ctime>

static double cpu_seconds()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
    simdjson::padded_string all;
    if (argc != 2 || simdjson::padded_string::load(argv[1]).get(all)) {
        std::fputs("usage: simdjson FLOWS.jsonl\n", stderr);
        return 2;
    }
    simdjson::dom::parser parser;
    double begin = 0;
    size_t flows = 0;
    for (int pass = 0; pass < 2; pass++) {
        begin = cpu_seconds();
        flows = 0;
        for (const char *p = all.data(), *end = p + all.size(), *stop; p < end; p = stop + 1) {
            stop = static_cast<const char *>(std::memchr(p, '\n', size_t(end - p)));
            if (!stop)
                stop = end;
            simdjson::dom::array list;
            if (stop == p)
                continue;
            if (parser.parse(p, size_t(stop - p), false)["Obj"].get(list)) {
                std::fputs("simdjson: a message was refused\n", stderr);
                return 1;
            }
            flows += list.size();
        }
    }
    std::printf(" flows=%zu mb_per_s=%.1f\n", flows, double(all.size()) / 1e6 / (cpu_seconds() - begin));
}
