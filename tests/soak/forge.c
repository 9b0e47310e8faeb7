// SPDX-License-Identifier: MIT
// Messages that were tampered with, and messages that come again: none is believed.
// usage: forge [envelopes [mutations [replays [seed]]]]
//
// Every single bit of each envelope is turned, every envelope is cut at each length; then random
// mutations of many kinds; then replays: in the session, out of an earlier one, after B began anew,
// at places that A used before it was restored. All goes in by session_in, as a link gives it. At
// the end each true envelope is taken once, so that what was refused could have been believed.
#include "tests/bench/pair.h"

enum { BATCH = 40, USED = 1000 }; // USED: places that a restored sender comes to again

struct envelope {
    uint8_t *bytes;
    size_t n;
};

static struct pair pair;
static struct envelope *all;
static size_t all_n, all_max;
static uint64_t seed;

static uint64_t rnd(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void put(void *ctx, struct span bytes)
{
    (void)ctx;
    if (all_n >= all_max)
        return;
    all[all_n].bytes = malloc(bytes.len);
    if (!all[all_n].bytes)
        exit(2);
    memcpy(all[all_n].bytes, bytes.at, bytes.len);
    all[all_n++].n = bytes.len;
}

static void done(void *ctx, struct request *r, enum err e, const struct unit *u)
{
    (void)ctx;
    (void)r;
    (void)e;
    (void)u;
}

// Requests of all kinds, alone and in batches; they are never taken in, only what is made of them.
static struct request requests[BATCH];
static struct unit bodies[BATCH];

static void make(struct arena *a)
{
    static const char *const texts[] = {
        "(neg 5)",
        "5",
        "x",
        "{neg:@a a:5}",
        "[1 (a b) {k:v} - t 0x1f 2.5 %`AAECAwQF`]",
        "(neg (neg 5)@math.calc)",
        "`a text that is a little longer than the others are, as it is`",
    };
    static const char *const services[] = {"math.calc", "test.echo", "dat.proc"};
    size_t n = rnd() % 3 ? 1 + rnd() % BATCH : 1;
    struct session *s = &pair.a;

    for (size_t i = 0; i < n; i++) {
        pair_must(unit_parse(a, span_of(texts[rnd() % COUNT(texts)]), &bodies[i], NULL), "text");
        requests[i] = (struct request){.service = span_of(services[rnd() % COUNT(services)]),
                                       .body = &bodies[i],
                                       .ttl_ms = 1 + (int64_t)(rnd() % 100000),
                                       .hops = (unsigned)(rnd() % 5),
                                       .stream = (unsigned)(rnd() % 16),
                                       .trace = rnd() % 2,
                                       .arena = a,
                                       .done = done};
        memcpy(requests[i].author, pair.own_a.cert.user, sizeof requests[i].author);
        pair_must(session_send(s, &requests[i], NULL), "send");
    }
    pair_must(session_flush(s, put, NULL), "flush");
    // Nobody waits for them here.
    for (unsigned i = 0; i < SESSION_WAITS; i++)
        s->waits[i] = (struct request_list){NULL, NULL};
    s->requests_n = 0;
    arena_reset(a);
}

static uint64_t state_of(const struct session *s)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < WINDOW_STREAMS; i++)
        sum += (uint64_t)s->in.stream[i].next;
    return sum;
}

static unsigned long tried;

static void try(const uint8_t *bytes, size_t n)
{
    uint64_t executed = pair.replies_b.executed, state = state_of(&pair.b);
    enum err e = session_in(&pair.b, (struct span){(const char *)bytes, n}, NULL);

    tried++;
    if (e && executed == pair.replies_b.executed && state == state_of(&pair.b) &&
        !pair.b.refused_n && !pair.b.answers)
        return;
    (void)fprintf(stderr, "forge: number %lu is believed: %s\n", tried, err_word(e));
    exit(1);
}

static void told(const char *what, uint64_t start_ns)
{
    printf("forge: %-28s %9lu, none believed, %.1f s\n", what, tried,
           (double)(node_now(&pair.n) - start_ns) / 1e9);
    (void)fflush(stdout);
    tried = 0;
}

// Room behind the longest envelope for what a mutation adds.
static uint8_t copy[1 << 16];

static void flips(const struct envelope *x)
{
    memcpy(copy, x->bytes, x->n);
    for (size_t bit = 0; bit < 8 * x->n; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        try(copy, x->n);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < x->n; n++)
        try(copy, n);
}

static void mutate(void)
{
    const struct envelope *x = &all[rnd() % all_n], *y = &all[rnd() % all_n];
    size_t n = x->n, at = rnd() % n, len = 1 + rnd() % 64, to = rnd() % n;

    memcpy(copy, x->bytes, n);
    len = len > n - at ? n - at : len;
    len = len > n - to ? n - to : len;
    switch (rnd() % 9) {
    case 0: // some bits
        for (size_t i = 0; i <= len % 8; i++)
            copy[rnd() % n] ^= (uint8_t)(1 << rnd() % 8);
        break;
    case 1: // a byte
        copy[at] = (uint8_t)rnd();
        break;
    case 2: // a stretch of noise
        for (size_t i = 0; i < len; i++)
            copy[at + i] = (uint8_t)rnd();
        break;
    case 3: // one moved over another
        memmove(copy + to, copy + at, len);
        break;
    case 4: // taken out
        memmove(copy + at, copy + at + len, n - at - len);
        n -= len;
        break;
    case 5: // put in
        memmove(copy + at + len, copy + at, n - at);
        for (size_t i = 0; i < len; i++)
            copy[at + i] = (uint8_t)rnd();
        n += len;
        break;
    case 6: // head of one, rest of another
        n = at < y->n ? y->n : at;
        if (y->n > at)
            memcpy(copy + at, y->bytes + at, y->n - at);
        break;
    case 7: // the signature of another
        memcpy(copy, y->bytes, SIGN_BYTES);
        break;
    default: // a part of another in the same place
        len = at + len > y->n ? 0 : len;
        memcpy(copy + at, y->bytes + at, len);
    }
    // What came out as a true one is no mutation.
    if ((n == x->n && !memcmp(copy, x->bytes, n)) || (n == y->n && !memcmp(copy, y->bytes, n)))
        copy[n - 1] ^= 1;
    try(copy, n);
}

static void replay_all(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++) {
        const struct envelope *x = &all[rnd() % all_n];

        try(x->bytes, x->n);
    }
}

static void settle(void)
{
    while (kernel_running(pair.n.k))
        node_turn(&pair.n, UINT64_MAX);
    (void)execute_step(&pair.replies_b, node_now(&pair.n));
    all_max = 0; // what B answers is lost
    pair_must(session_flush(&pair.b, put, NULL), "flush of B");
}

int main(int argc, char **argv)
{
    size_t envelopes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    unsigned long mutations = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    unsigned long replays = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000000;
    const uint8_t epoch[16] = {3};
    uint64_t start_ns;
    struct arena a;

    seed = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
    all_max = envelopes;
    all = calloc(envelopes > USED ? envelopes : USED, sizeof *all);
    if (!all || !envelopes)
        return 2;
    pair_init(&pair);
    arena_init(&a, &pair.n.port.mem, 1 << 24);
    while (all_n < all_max)
        make(&a);

    start_ns = node_now(&pair.n);
    for (size_t i = 0; i < all_n; i++)
        flips(&all[i]);
    told("single bits and cuts", start_ns);
    start_ns = node_now(&pair.n);
    for (unsigned long i = 0; i < mutations; i++)
        mutate();
    told("mutations", start_ns);

    for (size_t i = 0; i < all_n; i++) // each of them was a true one
        if (session_in(&pair.b, (struct span){(const char *)all[i].bytes, all[i].n}, NULL)) {
            (void)fprintf(stderr, "envelope %zu is not believed\n", i);
            return 1;
        }
    settle();
    if (pair.replies_b.executed != all_n) {
        (void)fprintf(stderr, "%lu of %zu were run\n", (unsigned long)pair.replies_b.executed,
                      all_n);
        return 1;
    }

    start_ns = node_now(&pair.n);
    replay_all(replays / 4);
    told("replays in the session", start_ns);
    start_ns = node_now(&pair.n);
    pair_cut(&pair);
    pair_connect(&pair);
    replay_all(replays / 4);
    told("replays in the next one", start_ns);
    start_ns = node_now(&pair.n);
    pair_cut(&pair);
    execute_fini(&pair.replies_b);
    replies_fini(&pair.replies_b);
    replies_init(&pair.replies_b, &pair.n.port.mem, epoch);
    pair_connect(&pair);
    replay_all(replays / 4);
    told("replays after B began anew", start_ns);

    // A counts at places that were used, with messages that are new and truly signed.
    start_ns = node_now(&pair.n);
    all_max = USED;
    for (size_t i = 0; i < all_n; i++)
        free(all[i].bytes);
    all_n = 0;
    while (all_n < all_max)
        make(&a);
    for (size_t i = 0; i < all_n; i++)
        if (session_in(&pair.b, (struct span){(const char *)all[i].bytes, all[i].n}, NULL))
            return 1;
    settle();
    all_max = USED;
    for (unsigned long i = 0; i < replays / 4; i++) {
        const struct envelope *x;

        if (i % 1000 == 0) {
            for (size_t k = 0; k < all_n; k++)
                free(all[k].bytes);
            all_n = 0;
            while (all_n < 100) {
                memset(pair.a.out, 0, sizeof pair.a.out);
                make(&a);
            }
        }
        x = &all[rnd() % all_n];
        try(x->bytes, x->n);
    }
    told("restored: used places", start_ns);

    for (size_t i = 0; i < all_n; i++)
        free(all[i].bytes);
    free(all);
    arena_fini(&a);
    pair_cut(&pair);
    execute_fini(&pair.replies_b);
    replies_fini(&pair.replies_b);
    replies_fini(&pair.replies_a);
    node_fini(&pair.n);
    return 0;
}
