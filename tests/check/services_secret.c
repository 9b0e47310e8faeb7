// SPDX-License-Identifier: MIT
// Secrets are opaque (units/GRAMMAR.md): every command of every service gets one in every place
// where a message can hold it. Two nodes that differ in nothing but the secret get the same
// messages: what they answer and show must be the same, and never hold the secret. What declares no
// secret refuses one. And whatever memory is given back holds none.
#define _GNU_SOURCE // memmem
#include "kernel/kernel.h"
#include "tests/sim/lab.h"
#include "units/json.h"

enum { SHOWN = 8192, STEPS = 30 };

// $ stands for the secret, ^ for what somebody would guess it to be, C for the command, O for an
// option; the service is added.
struct form {
    const char *text;
    bool refused;                   // where the argument is no secret's place
    bool guess;                     // the guess stands there in clear
    enum { STANDS, TOP, DEEP } ref; // who reads it: nobody needs to, READ_TOP, READ_DEEP alone
};

#define DEEP10 "[[[[[[[[[["
#define DEEP10_END "]]]]]]]]]]"
#define DEEP50 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10
#define DEEP50_END DEEP10_END DEEP10_END DEEP10_END DEEP10_END DEEP10_END
#define CARRIED "{msg:$ task:[]}@sys.task"
#define TYPED "{inp:`pw ` sct:t}@io.term"

static const struct form forms[] = {
    // as it stands
    {"(C $)", .refused = true},
    {"(C [$])", .refused = true},
    {"(C [1 {a:(b $)}])", .refused = true},
    {"(C ($ $))", .refused = true},
    {"(C ($ 1))", .refused = true},
    {"(C (1 $))", .refused = true},
    {"(C [[$ b] [a b]])", .refused = true},
    {"(C {a:$})", .refused = true},
    {"(C {$:1})", .refused = true},
    {"(C (" DEEP50 "[[[[[[[$]]]]]]]" DEEP50_END " 1))", .refused = true},
    {"{C:$}", .refused = true},
    {"{C:[5 $] other:1}", .refused = true},
    // in a message or ref inside
    {"(C (len $)@dat.proc)", .refused = true},
    {"(C [$]@test.echo)", .refused = true},
    {"(C [(len $)@dat.proc])", .refused = true},
    {"(C ((eq ($ ^))@dat.proc 5))", .refused = true, .guess = true},
    // through a ref
    {"{s:$ C:@s}", .refused = true, .ref = TOP},
    {"{s:$ C:[@s]}", .refused = true, .ref = DEEP},
    {"{s:$ C:(@s @s)}", .refused = true, .ref = DEEP},
    {"{s:$ C:(@s `^`)}", .guess = true},
    {"{s:$ C:[@s `^`]}", .guess = true},
    {"{s:[1 $] C:@s.1}", .refused = true, .ref = TOP},
    {"{s:[1 $] C:@s}", .refused = true, .ref = TOP},
    // through a value
    {"{C:" CARRIED "}"},
    {"{v:" CARRIED " C:@v}", .refused = true, .ref = TOP},
    {"{v:" CARRIED " C:[@v 1]}", .refused = true, .ref = DEEP},
    {"(C " TYPED ")", .refused = true, .ref = TOP},
    {"(C [" TYPED " " TYPED "])", .refused = true, .ref = DEEP},
    {"{msg:(C $) task:[]}@sys.task"},
    {"{msg:{C:$} task:[]}@sys.task"},
    // in what it runs
    {"{s:$ C:(len @s)@dat.proc}"},
    {"{s:$ C:(len [@s @s])@dat.proc}"},
    {"{s:$ C:(eq [@s `^`])@dat.proc}", .guess = true},
    {"{s:$ C:(eq (@s `^`))@dat.proc}", .guess = true},
    {"{s:$ C:[(eq (@s `^`))@dat.proc (hash @s)@dat.proc]}", .guess = true},
    {"{s:$ C:((ser.str @s)@dat.proc (cat (@s x))@dat.proc)}"},
    {"{s:$ C:(3 (uniq [@s @s])@dat.proc)}"},
    {"{s:$ C:[{com:(type @s)@dat.proc res:str}]}"},
    // beside the argument: the sender's own
    {"{C:1 other:$}"},
    {"{C:[1 2] other:[$]}"},
};

static const struct form options[] = {
    {"{C:1 O:$}", .refused = true},
    {"{C:1 O:[1 {a:$}]}", .refused = true},
    {"{C:1 O:(1 $)}", .refused = true},
    {"{s:$ C:1 O:@s}"},
    {"{s:$ C:[1 2] O:[@s `^`]}", .guess = true},
    {"{C:[1 2] O:" TYPED "}"},
};

// The whole message
static const struct form wholes[] = {
    {"$"},          {"[$]"}, {"{a:$}"},       {"($ 1)"}, {"(1 $)"},
    {"{s:$ t:@s}"}, {TYPED}, {"[" TYPED "]"}, {CARRIED}, {"[" DEEP50 "$" DEEP50_END "]"},
};

// ---- Two nodes that differ in their secret

// The first one is what the whole run of the tests looks for in the end, when it says so.
static const char *secrets[2] = {"kanarienvogel", "rw"};
static char canary[64];

static void take_canary(void)
{
    const char *path = getenv("TELEX_CANARIES");
    FILE *f = path ? fopen(path, "r") : NULL;

    if (f && fscanf(f, "%60s", canary) == 1)
        secrets[0] = canary;
    if (f)
        fclose(f);
}

static struct node {
    struct sim sim;
    struct kernel *kernel;
    char shown[SHOWN]; // how the last message ended
    char json[SHOWN];
    enum err e;
    bool late; // it had not ended
    size_t said;
} nodes[2];
static void (*put_back)(void *ctx, void *p, size_t bytes);
static const char *now; // the message that runs
static bool guessed;    // the guess lies in clear in memory, too

static void put_clean(void *ctx, void *p, size_t bytes)
{
    ck_assert_msg(guessed || !memmem(p, bytes, secrets[0], strlen(secrets[0])),
                  "%s: the secret is left in %zu bytes", now, bytes);
    put_back(ctx, p, bytes);
}

// Who is asked types the secret, whatever he is asked.
static enum err type_secret(void *ctx, struct call *c, const struct term_line *line)
{
    const struct sim *s = ctx;
    const char *text = secrets[s == &nodes[1].sim];
    char *copy = arena_copy(c->arena, text, strlen(text));
    struct unit u = unit_word("typed");

    if (line->secret) {
        c->arena->wipe = true;
        ck_assert(copy && !unit_secret((struct span){copy, strlen(text)}, &u));
    } else if (copy) {
        mem_wipe(copy, strlen(text));
    }
    call_answer(c, &u);
    return ERR_OK;
}

static void say_unit(struct sim *s, const char *what, const struct unit *u)
{
    struct arena a;
    struct span text;

    arena_init(&a, &s->mem.mem, 64 << 20);
    ck_assert_int_eq(unit_print_new(&a, u, &text), ERR_OK);
    (void)s->term.say(s, span_of(what));
    (void)s->term.say(s, text);
    arena_fini(&a);
}

static void show(void *ctx, const struct unit *value)
{
    say_unit(ctx, " show ", value);
}

static void show_fail(void *ctx, const struct unit *error, uint64_t id)
{
    (void)id;
    say_unit(ctx, " fail ", error);
}

static void begin(void)
{
    take_canary();
    for (int i = 0; i < 2; i++) {
        struct node *n = &nodes[i];

        memset(n, 0, sizeof *n);
        sim_init(&n->sim, 1);
        n->sim.tick_ns = 10000;
        n->sim.term.show = show;
        n->sim.term.fail = show_fail;
        n->sim.term.line = type_secret;
        put_back = n->sim.mem.mem.put;
        n->sim.mem.mem.put = put_clean;
        n->kernel = lab_kernel(&n->sim);
    }
}

static void end(void)
{
    now = "the end";
    for (int i = 0; i < 2; i++) {
        kernel_free(nodes[i].kernel);
        sim_done(&nodes[i].sim);
    }
}

// The message with its secret, guess, command and option.
static void fill(char *out, size_t room, const char *form, const char *cmd, const char *opt,
                 const char *serv, const char *secret)
{
    size_t n = 0;

    for (const char *at = form; *at; at++) {
        const char *part = *at == 'C' ? cmd : *at == 'O' ? opt : *at == '^' ? secrets[0] : NULL;

        if (*at == '$')
            n += (size_t)snprintf(out + n, room - n, "!`%s`", secret);
        else if (part)
            n += (size_t)snprintf(out + n, room - n, "%s", part);
        else
            out[n++] = *at;
        ck_assert_uint_lt(n + 64, room);
    }
    snprintf(out + n, room - n, "@%s", serv);
}

static void keep(char *to, struct arena *a, const struct unit *u, bool json)
{
    struct span text;

    ck_assert_int_eq(json ? json_print(a, u, &text) : unit_print_new(a, u, &text), ERR_OK);
    snprintf(to, SHOWN, "%.*s", (int)text.len, text.at);
}

static void send(struct node *n, const char *msg)
{
    struct task *t;
    const struct outcome *o;
    struct unit u;
    struct fail f;
    enum err e;

    now = msg;
    ck_assert_int_eq(task_new(n->kernel, &n->sim.term, &t), ERR_OK);
    e = unit_parse(task_arena(t), span_of(msg), &u, &f);
    ck_assert_msg(!e, "%s: %s", msg, f.why);
    n->sim.said_len = 0;
    n->sim.said[0] = 0;
    task_start(t, &u);
    for (int i = 0; i < STEPS && !task_outcome(t); i++) {
        uint64_t due = kernel_step(n->kernel);

        if (due && due != UINT64_MAX)
            n->sim.plat.wait(&n->sim, due);
    }
    o = task_outcome(t);
    n->late = !o;
    n->e = o ? o->e : ERR_OK;
    n->shown[0] = n->json[0] = 0;
    if (o) {
        keep(n->shown, task_arena(t), o->e ? &o->error : &o->value, false);
        keep(n->json, task_arena(t), o->e ? &o->error : &o->value, true);
    }
    task_free(t);
    for (int i = 0; i < STEPS && kernel_running(n->kernel); i++) { // in the background
        uint64_t due = kernel_step(n->kernel);

        if (due && due != UINT64_MAX)
            n->sim.plat.wait(&n->sim, due);
    }
    while (n->kernel->oldest)
        task_cancel(n->kernel->oldest);
}

static void sweep(const struct form *f, const char *cmd, const char *opt, const char *serv,
                  bool refused)
{
    static char msg[2][4096];

    guessed = f->guess;
    for (int i = 0; i < 2; i++) {
        fill(msg[i], sizeof msg[i], f->text, cmd, opt, serv, secrets[i]);
        send(&nodes[i], msg[i]);
    }
    if (!f->guess)
        ck_assert_msg(!strstr(nodes[0].shown, secrets[0]) && !strstr(nodes[0].json, secrets[0]) &&
                          !strstr(nodes[0].sim.said, secrets[0]),
                      "%s\n  shows its secret: %s %s", msg[0], nodes[0].shown, nodes[0].sim.said);
    ck_assert_msg(nodes[0].e == nodes[1].e && nodes[0].late == nodes[1].late &&
                      !strcmp(nodes[0].shown, nodes[1].shown) &&
                      !strcmp(nodes[0].json, nodes[1].json) &&
                      !strcmp(nodes[0].sim.said, nodes[1].sim.said),
                  "%s\n  tells of its secret:\n  %s%s\n  %s%s", msg[0], nodes[0].shown,
                  nodes[0].sim.said, nodes[1].shown, nodes[1].sim.said);
    ck_assert_msg(!refused || nodes[0].e == ERR_BAD_ARG, "%s\n  is not refused: %s", msg[0],
                  nodes[0].late ? "(it goes on)" : nodes[0].shown);
    guessed = false;
}

static const struct service *of(int i)
{
    return services_all[i];
}

static int services_n(void)
{
    int n = 0;

    while (services_all[n])
        n++;
    return n;
}

static bool is_read(const struct form *f, enum read_mode mode)
{
    return f->ref == STANDS || mode == READ_DEEP || (f->ref == TOP && mode == READ_TOP);
}

// What takes secrets is a test of its own service; here it may do what it does with any.
START_TEST(commands)
{
    const struct service *s = of(_i);
    size_t swept = 0;

    begin();
    for (size_t i = 0; i < s->n; i++) {
        const struct command *c = &s->commands[i];
        bool open = c->flags & CMD_SECRET;

        if (open && strcmp(s->name, "sys.task") != 0)
            continue;
        for (size_t k = 0; k < COUNT(forms); k++)
            sweep(&forms[k], c->name, "", s->name,
                  forms[k].refused && c->shape && !open && is_read(&forms[k], c->mode));
        for (const struct option *o = c->opts; o && o->name; o++)
            for (size_t k = 0; k < COUNT(options); k++)
                sweep(&options[k], c->name, o->name, s->name, options[k].refused && !open);
        swept++;
    }
    for (size_t k = 0; k < COUNT(wholes); k++)
        sweep(&wholes[k], "", "", s->name, false);
    ck_assert_msg(swept || s->n == 0, "%s", s->name);
    // Nor do the accounts tell.
    for (int i = 0; i < 2; i++)
        send(&nodes[i], "(get (@bytes acct@sys.usr))@dat.proc");
    ck_assert_msg(nodes[0].shown[0] >= '1' && nodes[0].shown[0] <= '9' &&
                      !strcmp(nodes[0].shown, nodes[1].shown),
                  "%s and %s bytes", nodes[0].shown, nodes[1].shown);
    end();
}
END_TEST

// What takes secrets: passphrases. The memory of all of it is wiped.
static const struct {
    const char *msg, *shown;
} passphrases[] = {
    {"(pass !`own`)@sys.usr", "-"},
    {"{new:eve pass:$}@sys.usr", "{name:eve id:tu1"},
    {"{login:eve pass:!`wrong`}@sys.usr", "{code:denied "},
    {"{login:none pass:$}@sys.usr", "{code:not-found "},
    {"{s:$ run:{login:eve pass:@s}@sys.usr}@sys.task", "-"},
    {"{pass:!`another` old:$}@sys.usr", "-"},
    {"{exp:eve pass:$ old:!`another`}@sys.usr", "%`"},
    {"{login:eve pass:$}@sys.usr", "{code:denied "},
    {"{login:owner pass:!`own`}@sys.usr", "-"},
    {"{login:eve pass:" TYPED "}@sys.usr", "{code:denied "},
    {"(login $)@sys.usr", "{code:"},
    {"(login {ath:$ pass:$})@sys.usr", "{code:bad-arg "},
    {"{imp:%`AAE=` name:ann pass:$}@sys.usr", "{code:"},
    {"{open:%`AAE=` pass:$}@sys.usr", "{code:"},
    {"{seal:$ to:owner}@sys.usr", "{code:bad-arg "},
};

START_TEST(used)
{
    static char msg[4096];

    begin();
    for (size_t i = 0; i < COUNT(passphrases); i++) {
        fill(msg, sizeof msg, passphrases[i].msg, "", "", "", secrets[0]);
        msg[strlen(msg) - 1] = 0; // it names its service itself
        send(&nodes[0], msg);
        ck_assert_msg(!nodes[0].late && !strncmp(nodes[0].shown, passphrases[i].shown,
                                                 strlen(passphrases[i].shown)),
                      "%s\n  got %s", msg, nodes[0].shown);
        ck_assert(!strstr(nodes[0].shown, secrets[0]) && !strstr(nodes[0].sim.said, secrets[0]));
    }
    for (size_t i = 0; i < SIM_FILES; i++)
        ck_assert(
            !memmem(nodes[0].sim.files[i].bytes, SIM_FILE_BYTES, secrets[0], strlen(secrets[0])));
    end();
}
END_TEST

// The sweep is one of all commands.
START_TEST(counted)
{
    size_t n = 0, open = 0;

    for (int i = 0; i < services_n(); i++) {
        n += of(i)->n;
        for (size_t k = 0; k < of(i)->n; k++)
            open += (of(i)->commands[k].flags & CMD_SECRET) != 0;
    }
    ck_assert_uint_ge(n, 190);
    ck_assert_uint_ge(open, 1);
    ck_assert_uint_lt(open, n / 10);
}
END_TEST

// The test itself: a command that tells of its secret is found out. The lab's `open` of the tests
// of tasks takes one; here the nodes simply get different texts.
START_TEST(finds)
{
    begin();
    send(&nodes[0], "(len abc)@dat.proc");
    send(&nodes[1], "(len ab)@dat.proc");
    ck_assert_str_eq(nodes[0].shown, "3");
    ck_assert_str_ne(nodes[0].shown, nodes[1].shown);
    guessed = true;
    secrets[0] = "abc";
    send(&nodes[0], "(say abc)@io.term");
    ck_assert(strstr(nodes[0].sim.said, secrets[0]));
    take_canary();
    guessed = false;
    send(&nodes[0], TYPED);
    ck_assert_str_eq(nodes[0].shown, "!`***`");
    send(&nodes[0], "{msg:!`abc` task:[]}@sys.task");
    ck_assert_str_eq(nodes[0].shown, "!`***`");
    ck_assert_str_eq(nodes[0].json, "{\"secret\":\"***\"}");
    end();
}
END_TEST

Suite *services_secret_suite(void)
{
    Suite *s = suite_create("services_secret");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, commands, 0, services_n());
    tcase_add_test(t, used);
    tcase_add_test(t, counted);
    tcase_add_test(t, finds);
    suite_add_tcase(s, t);
    return s;
}
