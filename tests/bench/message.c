// SPDX-License-Identifier: MIT
// A signed message from outside: bytes in to value out, beside libsodium's own verify of as many
// bytes in the same run. They take turns, message by message; medians.
//
//   in       msg_check, window, replies, kernel, rights, math.calc; the answer is left unsigned
//   answered the same, and its answer signed under the root of a batch of 64
#include <sodium.h>

#include "tests/bench/pair.h"

enum { ROUNDS = 301, BATCH = 64 };

struct message {
    uint8_t bytes[2048];
    size_t n;
};

static struct pair pair;
static struct message in[BATCH];
static size_t in_n;
static unsigned answered;

static void put_in(void *ctx, struct span bytes)
{
    (void)ctx;
    if (in_n == BATCH || bytes.len > sizeof in->bytes)
        exit(2);
    memcpy(in[in_n].bytes, bytes.at, bytes.len);
    in[in_n++].n = bytes.len;
}

// What is measured for the answer is what B does: the bytes are there.
static size_t last;
static struct message out[BATCH];

static void keep_out(void *ctx, struct span bytes)
{
    (void)ctx;
    memcpy(out[last].bytes, bytes.at, bytes.len);
    out[last++].n = bytes.len;
}

static void done(void *ctx, struct request *r, enum err e, const struct unit *u)
{
    (void)ctx;
    (void)r;
    answered += !e && u->kind == UNIT_INT && u->i == -5;
}

static struct request requests[BATCH];

// Messages of A, each signed alone, as one that comes by itself is.
static void ask(struct arena *a, const struct unit *body)
{
    in_n = 0;
    for (unsigned i = 0; i < BATCH; i++) {
        requests[i] = (struct request){.service = SPAN("math.calc"),
                                       .body = body,
                                       .ttl_ms = 30000,
                                       .hops = 4,
                                       .arena = a,
                                       .done = done};
        memcpy(requests[i].author, pair.own_a.cert.user, sizeof requests[i].author);
        pair_must(session_send(&pair.a, &requests[i], NULL), "send");
        pair_must(session_flush(&pair.a, put_in, NULL), "flush of A");
    }
}

static void verify(const struct message *m)
{
    if (crypto_sign_verify_detached(m->bytes, m->bytes + SIGN_BYTES, m->n - SIGN_BYTES,
                                    pair.own_a.node.public))
        exit(2);
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *all, size_t n)
{
    qsort(all, n, sizeof *all, by_value);
    return all[n / 2];
}

static double theirs[ROUNDS * BATCH], ours[ROUNDS * BATCH], answer[ROUNDS];
static size_t bytes;

static __attribute__((noinline)) void one_round(struct arena *a, unsigned r)
{
    uint64_t start, end;
    struct unit body;

    if (unit_parse(a, SPAN("(neg 5)"), &body, NULL))
        exit(2);
    ask(a, &body);
    bytes = in[0].n;
    for (unsigned i = 0; i < BATCH; i++) {
        start = node_now(&pair.n);
        verify(&in[(i + BATCH / 2) % BATCH]); // the same one at once would be quicker
        end = node_now(&pair.n);
        theirs[r * BATCH + i] = (double)(end - start);
        pair_must(session_in(&pair.b, (struct span){(char *)in[i].bytes, in[i].n}, NULL), "in");
        ours[r * BATCH + i] = (double)(node_now(&pair.n) - end);
    }
    last = 0;
    start = node_now(&pair.n);
    pair_must(session_flush(&pair.b, keep_out, NULL), "flush of B");
    answer[r] = (double)(node_now(&pair.n) - start) / BATCH;
    // A reads the answers and acknowledges them, so that B may forget.
    for (unsigned i = 0; i < last; i++)
        pair_must(session_in(&pair.a, (struct span){(char *)out[i].bytes, out[i].n}, NULL),
                  "answer");
    in_n = 0;
    pair_must(session_flush(&pair.a, put_in, NULL), "acknowledge");
    for (unsigned i = 0; i < in_n; i++)
        pair_must(session_in(&pair.b, (struct span){(char *)in[i].bytes, in[i].n}, NULL), "ack");
    arena_reset(a);
}

// Where the stack lies within a page changes either side by a tenth: each round has another place.
static void round_at(struct arena *a, unsigned r)
{
    volatile char *room = __builtin_alloca(64 * (r % 64) + 1);

    *room = 0;
    one_round(a, r);
}

int main(void)
{
    double verify_ns, value_ns, answer_ns;
    struct arena a;

    pair_init(&pair);
    arena_init(&a, &pair.n.port.mem, 1 << 24);
    for (unsigned r = 0; r < ROUNDS; r++)
        round_at(&a, r);
    if (answered != ROUNDS * BATCH)
        return 2;
    verify_ns = median(theirs, ROUNDS * BATCH);
    value_ns = median(ours, ROUNDS * BATCH);
    answer_ns = median(answer, ROUNDS);
    printf("message of %zu bytes: libsodium's verify %.2f us, bytes in to value out %.2f us, "
           "ratio %.3f (wanted at most 1.05)\n",
           bytes, verify_ns / 1e3, value_ns / 1e3, value_ns / verify_ns);
    printf(
        "  its answer signed, in batches of %d: %.2f us more, ratio %.3f (wanted at most 1.15)\n",
        BATCH, answer_ns / 1e3, (value_ns + answer_ns) / verify_ns);
    arena_fini(&a);
    pair_cut(&pair);
    execute_fini(&pair.replies_b);
    replies_fini(&pair.replies_b);
    replies_fini(&pair.replies_a);
    node_fini(&pair.n);
    return 0;
}
