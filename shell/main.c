// SPDX-License-Identifier: MIT
// The program: its options, and which texts are read in which order.
#include "keys/name.h"
#include "shell/cells.h"
#include "shell/mask.h"
#include "shell/shell.h"

enum { ARGS_BYTES_MAX = 64 << 20 }; // all arguments of a process together are far less

static const char usage[] =
    "telex [OPTION].. [-e MSG].. [FILE|-]..\n"
    "\n"
    "Runs messages and prints their values: from -e and files in their order, - is standard\n"
    "input. Without any: the prompt on a terminal, else standard input. init.msg and lambda.msg "
    "in\n"
    "~/.local/share/telex are what a prompt runs, in the place of the built-in ones.\n"
    "\n"
    "  -e MSG     run MSG\n"
    "  --json     each value and error as one line of JSON: {\"msg\":..} {\"err\":..} "
    "{\"say\":..}\n"
    "  --json-in  messages are JSON too\n"
    "  --stop     end at the first error; else what comes behind it runs all the same\n"
    "  --sign     print each unit as a document, signed by this node\n"
    "  --verify   check documents, print their units, whoever signed them\n"
    "  --by=tu1.. with --verify: only those that this user signed\n"
    "  --help     this text\n"
    "  --version\n"
    "  --         what follows are files\n"
    "\n"
    "Exit status, of the first error: 0 none, 1 a service said no, 2 bad message or usage,\n"
    "3 denied, or a signature does not hold, 4 unreachable or timed out, 70 a bug of Telex\n"
    "\n"
    "help typed as a message lists the services.\n";

// ---- Texts

// Keys are made at the first start, without a question. Where none can be made, unsigned work goes
// on, and whoever signs is told why.
static void first_start(struct session *s, bool told)
{
    const struct identity *id;
    struct fail f = {.pos = FAIL_NO_POS};

    if (!kernel_has_identity(s->program->kernel) && kernel_identity(s->program->kernel, &f, &id) &&
        told)
        report_note(s, "this node has no keys and signs nothing", f.why);
    if (told && kernel_rights(s->program->kernel, &f))
        report_note(s, "nobody but the node's owner has any right", f.why);
}

// Standard input as a text; it may be asked for several times, and goes on where it was.
static enum err open_console(struct session *s)
{
    enum err e = ERR_OK;

    if (s->console.parser)
        return e;
    e = reader_init(&s->console, s->program->plat->mem, "stdin");
    s->console.src = s->con->in;
    s->console.json = s->program->opt.json_in;
    return e;
}

static void no_memory(struct session *s)
{
    struct fail f;

    (void)fail_set(&f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to read"); // told right here
    report_text(s, &f, NULL, NULL, 0);
}

static void read_console(struct session *s)
{
    if (open_console(s))
        no_memory(s);
    else
        session_read(s, &s->console);
}

// @copy: made for the secrets in it
static void read_text(struct session *s, char *text, bool copy)
{
    struct reader r;
    enum err e = reader_init(&r, s->program->plat->mem, NULL);

    r.once = r.aside = r.last = true;
    r.json = s->program->opt.json_in;
    if (!e)
        e = reader_feed(&r, span_of(text));
    if (copy)
        mem_wipe(text, strlen(text));
    if (!e)
        e = open_console(s); // inp asks there
    if (e)
        no_memory(s);
    else
        session_read(s, &r);
    reader_fini(&r);
}

// @name: as it is shown
static void read_file(struct session *s, const char *path, const char *name, bool must)
{
    struct reader r;
    struct fail f;
    enum err e = reader_init(&r, s->program->plat->mem, name);

    if (e) {
        no_memory(s);
        return;
    }
    r.json = s->program->opt.json_in && must;
    r.aside = !must;
    if (!must && open_console(s))
        no_memory(s);
    e = s->program->plat->file
            ? s->program->plat->file->open(s->program->plat->file->ctx, path, &r.src)
            : ERR_NOT_SUPPORTED;
    if (!e) {
        session_read(s, &r);
    } else if (must || e != ERR_NOT_FOUND) {
        session_failed(s, 2); // a name that leads nowhere is wrong usage
        (void)fail_set(&f, e, FAIL_NO_POS, NULL, "%s: %s", name,
                       e == ERR_NOT_FOUND       ? "there is no such file"
                       : e == ERR_DENIED        ? "it may not be read"
                       : e == ERR_NOT_SUPPORTED ? "it is not a file"
                                                : err_text(e)); // told right here
        report_text(s, &f, NULL, NULL, 0);
    }
    reader_fini(&r);
}

// ---- Options

static int say_usage(const struct plat *plat, const char *what, const char *word)
{
    static const char hint[] = "\nhint: telex --help\n";
    const struct plat_con *con = plat->con;
    const char *at = word, *end = word + strlen(word);

    // Straight to the console: there is no session yet, and nothing to do when this fails.
    (void)con->write_err(con->ctx, "error bad-arg: ", 15);
    (void)con->write_err(con->ctx, what, strlen(what));
    while (at < end) { // it may hold anything
        struct glyph g = glyph_at(at, end);

        (void)con->write_err(con->ctx, g.text, g.n);
        at += g.used;
    }
    (void)con->write_err(con->ctx, hint, sizeof hint - 1);
    return 2;
}

static int say_text(const struct plat *plat, const char *text)
{
    return plat->con->write(plat->con->ctx, text, strlen(text)) ? 1 : 0;
}

struct switches {
    struct options opt;
    bool help, version;
    size_t texts; // -e, files, -
};

// Status of wrong usage, or 0.
static int parse(const struct plat *plat, int argc, char **argv, struct switches *out)
{
    const struct span by = SPAN("--by=");
    bool files = false;

    for (int i = 1; i < argc; i++) {
        struct span word = span_of(argv[i]);

        if (files || word.len < 2 || word.at[0] != '-') {
            out->texts++;
        } else if (span_eq(word, SPAN("--"))) {
            files = true;
        } else if (word.at[1] == 'e') {
            if (word.len == 2 && ++i == argc)
                return say_usage(plat, "-e needs a message behind it", "");
            out->texts++;
        } else if (span_eq(word, SPAN("--json"))) {
            out->opt.json = true;
        } else if (span_eq(word, SPAN("--json-in"))) {
            out->opt.json_in = true;
        } else if (span_eq(word, SPAN("--stop"))) {
            out->opt.stop = true;
        } else if (span_eq(word, SPAN("--sign")) || span_eq(word, SPAN("--verify"))) {
            enum mode mode = word.at[2] == 's' ? MODE_SIGN : MODE_VERIFY;

            if (out->opt.mode && out->opt.mode != mode)
                return say_usage(plat, "either --sign or --verify", "");
            out->opt.mode = mode;
        } else if (word.len > by.len && memcmp(word.at, by.at, by.len) == 0) {
            word = (struct span){word.at + by.len, word.len - by.len};
            if (key_parse(word, KEY_USER, out->opt.by, NULL))
                return say_usage(plat, "--by wants the key of a user, tu1..: ", argv[i]);
            out->opt.by_set = true;
        } else if (span_eq(word, SPAN("--help")) || span_eq(word, SPAN("-h"))) {
            out->help = true;
        } else if (span_eq(word, SPAN("--version")) || span_eq(word, SPAN("-V"))) {
            out->version = true;
        } else {
            return say_usage(plat, "there is no option ", argv[i]);
        }
    }
    if (out->opt.by_set && out->opt.mode != MODE_VERIFY)
        return say_usage(plat, "--by goes with --verify", "");
    return 0;
}

static void read_all(struct session *s, int argc, char **argv, char **words)
{
    bool files = false;

    for (int i = 1; i < argc && !s->stop; i++) {
        struct span word = span_of(words[i]);

        if (span_eq(word, SPAN("-")))
            read_console(s);
        else if (files || word.at[0] != '-')
            read_file(s, words[i], argv[i], true);
        else if (span_eq(word, SPAN("--")))
            files = true;
        else if (word.at[1] == 'e') {
            i += word.len == 2;
            read_text(s, word.len > 2 ? words[i] + 2 : words[i], words[i] != argv[i]);
        }
    }
}

static int read_everything(struct program *p, struct session *s, const struct switches *sw,
                           int argc, char **argv, char **words)
{
    struct fail f;
    int status = 0;

    if (p->plat->init_msg)
        read_file(s, p->plat->init_msg, p->plat->init_msg, false);
    first_start(s, s->person && !sw->texts);
    if (sw->texts) {
        read_all(s, argc, argv, words);
    } else if (s->person && !s->stop) {
        program_prompts(p, s);
        if (!p->opt.stop)
            for (size_t i = 0; i < p->n; i++)
                p->sessions[i]->status = 0; // who was there has seen the errors
    } else {
        read_console(s);
    }
    if (!s->prompted && !s->hub)
        session_finish(s);

    (void)term_hide(s); // nobody answers any more
    if (s->out.tty)
        out_fresh(&s->out);
    out_flush(&s->out);
    if (s->out.e && s->out.e != ERR_CANCELLED) { // the reader went away, as `head` does
        (void)fail_set(&f, s->out.e, FAIL_NO_POS, NULL, "standard output cannot be written");
        report_text(s, &f, NULL, NULL, 0);
    }
    for (size_t i = 0; i < p->n && !status; i++)
        status = p->sessions[i]->status;
    return status ? status : s->out.e ? 1 : 0;
}

// Whoever lists the processes of a machine sees their arguments: secrets are moved out of them.
static enum err take_secrets(struct arena *a, int argc, char **argv, char ***out)
{
    char **words = arena_new(a, (size_t)argc * sizeof *words);

    if (!words)
        return ERR_NO_MEMORY;
    for (int i = 0; i < argc; i++) {
        struct span text = span_of(argv[i]);
        struct mask m = mask_start(text, true);
        size_t from, to, n = 0, done = 0;

        words[i] = argv[i];
        while (mask_next(&m, &from, &to)) {
            size_t stars = to - from < 3 ? to - from : 3;

            a->wipe = true;
            if (!done)
                words[i] = arena_copy(a, argv[i], text.len + 1);
            if (!words[i])
                return ERR_NO_MEMORY;
            m.text.at = words[i]; // it goes on in the copy
            memmove(argv[i] + n, words[i] + done, from - done);
            memset(argv[i] + n + from - done, '*', stars);
            n += from - done + stars;
            done = to;
        }
        if (words[i] == argv[i])
            continue;
        memmove(argv[i] + n, words[i] + done, text.len - done);
        n += text.len - done;
        mem_wipe(argv[i] + n, text.len - n);
    }
    *out = words;
    return ERR_OK;
}

static int run(const struct plat *plat, const struct switches *sw, int argc, char **argv,
               char **words)
{
    struct program p;
    struct session *s;
    struct fail f = {.pos = FAIL_NO_POS};
    int status;
    enum err e = program_init(&p, plat, &sw->opt, &f);

    if (e)
        return say_usage(plat, f.why, "") && e == ERR_INTERNAL ? err_class(e) : 1;
    e = session_new(&p, plat->con, &s);
    if (e)
        status = say_usage(plat, "no memory for the shell", "") ? 1 : 1;
    else
        status = read_everything(&p, s, sw, argc, argv, words);
    program_fini(&p);
    return status;
}

int plat_main(const struct plat *plat, int argc, char **argv)
{
    struct switches sw = {.texts = 0};
    struct arena a;
    char **words;
    int status;

    arena_init(&a, plat->mem, ARGS_BYTES_MAX);
    if (take_secrets(&a, argc, argv, &words)) {
        arena_fini(&a);
        return say_usage(plat, "no memory for the arguments", "") ? 1 : 1;
    }
    status = parse(plat, argc, argv, &sw);
    if (!status && sw.help)
        status = say_text(plat, usage);
    else if (!status && sw.version)
        status = say_text(plat, "telex " TELEX_VERSION "\n");
    else if (!status)
        status = run(plat, &sw, argc, argv, words);
    arena_fini(&a);
    return status;
}
