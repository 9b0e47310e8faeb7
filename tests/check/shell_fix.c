// SPDX-License-Identifier: MIT
// For the suites of the shell.
#include "tests/check/shell_fix.h"

#include "shell/cells.h"
#include "units/chars.h"

// ---- The terminal

void vt_init(struct vt *s, unsigned columns)
{
    memset(s, 0, sizeof *s);
    s->columns = columns;
}

static void line_feed(struct vt *s)
{
    if (s->row + 1 < VT_ROWS) {
        s->row++;
        return;
    }
    memmove(s->cell[0], s->cell[1], sizeof s->cell - sizeof s->cell[0]);
    memset(s->cell[VT_ROWS - 1], 0, sizeof s->cell[0]);
}

static void put_char(struct vt *s, const char *text, size_t n, unsigned cells)
{
    char *cell;

    if (!cells) { // a mark stands on the character before
        cell = s->cell[s->row][s->column ? s->column - 1 : 0];
        if (!*cell && s->column > 1)
            cell = s->cell[s->row][s->column - 2]; // the right half of a wide one
        if (strlen(cell) + n < CELL_BYTES)
            strncat(cell, text, n);
        return;
    }
    if (s->column + cells > s->columns) {
        s->column = 0;
        line_feed(s);
    }
    cell = s->cell[s->row][s->column];
    memcpy(cell, text, n);
    cell[n] = 0;
    if (cells == 2)
        s->cell[s->row][s->column + 1][0] = 0;
    s->column += cells;
}

static size_t escape(struct vt *s, const char *bytes, size_t n)
{
    size_t at = 2;
    unsigned count = 0;

    if (n < 3 || bytes[1] != '[') {
        s->strange = true;
        return 1;
    }
    for (; at < n && bytes[at] >= '0' && bytes[at] <= '9'; at++)
        count = 10 * count + (unsigned)(bytes[at] - '0');
    switch (bytes[at]) {
    case 'C':
        s->column = s->column + count < s->columns ? s->column + count : s->columns - 1;
        break;
    case 'D':
        s->column = s->column > count ? s->column - count : 0;
        break;
    case 'K':
        memset(s->cell[s->row][s->column], 0, (s->columns - s->column) * (size_t)CELL_BYTES);
        break;
    case 'J':
        memset(s->cell, 0, sizeof s->cell);
        s->strange = s->strange || count != 2;
        break;
    case 'H':
        s->row = s->column = 0;
        break;
    default:
        s->strange = true;
    }
    return at + 1;
}

void vt_put(struct vt *s, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t code;
        int len = utf8_load(bytes + at, bytes + n, &code);

        if (bytes[at] == 0x1B) {
            at += escape(s, bytes + at, n - at);
            continue;
        }
        if (len <= 0) {
            s->strange = true;
            return;
        }
        if (code == '\r') {
            s->column = 0;
        } else if (code == '\n') { // the machine's console goes to the begin of the line too
            s->column = 0;
            line_feed(s);
        } else if (code == '\b') {
            s->column -= s->column > 0;
        } else if (code == '\t') {
            s->column = (s->column / 8 + 1) * 8;
        } else if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
            s->strange = true;
        } else {
            put_char(s, bytes + at, (size_t)len, char_cells(code));
        }
        at += (size_t)len;
    }
}

const char *vt_row(const struct vt *s, unsigned row)
{
    static char text[VT_COLUMNS_MAX * CELL_BYTES];
    size_t n = 0, end = 0;

    for (unsigned i = 0; i < s->columns; i++) {
        const char *cell = s->cell[row][i];
        uint32_t code;

        if (*cell) {
            n += (size_t)sprintf(text + n, "%s", cell);
            end = strcmp(cell, " ") ? n : end;
            if (utf8_load(cell, cell + strlen(cell), &code) > 0 && char_cells(code) == 2)
                i++;
        } else {
            text[n++] = ' ';
        }
    }
    text[end] = 0;
    return text;
}

// ---- The machine

static enum err read_script(struct script *in, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    *n = 0;
    *end = in->ended = in->at == in->len;
    if (*end)
        return ERR_OK;
    if (in->text[in->at] == 1) {
        in->at += in->dry;
        in->dry = !in->dry;
        return ERR_OK;
    }
    while (*n < cap && in->at < in->len && in->text[in->at] != 1)
        buf[(*n)++] = (uint8_t)in->text[in->at++];
    return ERR_OK;
}

static enum err read_in(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct desk *d = ctx;

    return read_script(&d->in, buf, cap, n, end);
}

static enum err read_seat(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct seat *s = ctx;

    return read_script(&s->in, buf, cap, n, end);
}

static enum err record(struct desk *d, char *to, size_t *to_n, const void *bytes, size_t n)
{
    if (d->out_max && d->out_n + n > d->out_max)
        return ERR_CANCELLED;
    ck_assert_uint_lt(*to_n + n, SIM_OUTPUT);
    ck_assert_uint_lt(d->both_n + n, SIM_OUTPUT);
    memcpy(to + *to_n, bytes, n);
    memcpy(d->both + d->both_n, bytes, n);
    *to_n += n;
    d->both_n += n;
    to[*to_n] = d->both[d->both_n] = 0;
    if (d->person)
        vt_put(&d->screen, bytes, n);
    return ERR_OK;
}

static enum err write_out(void *ctx, const void *bytes, size_t n)
{
    struct desk *d = ctx;

    return record(d, d->out, &d->out_n, bytes, n);
}

static enum err write_err(void *ctx, const void *bytes, size_t n)
{
    struct desk *d = ctx;

    return record(d, d->err, &d->err_n, bytes, n);
}

static bool get_size(void *ctx, unsigned *columns, unsigned *rows)
{
    struct desk *d = ctx;

    *columns = d->screen.columns;
    *rows = VT_ROWS;
    return true;
}

static void set_keys(void *ctx, bool on)
{
    struct desk *d = ctx;

    d->keys_on = on;
}

static void wait_desk(void *ctx, uint64_t till_ns)
{
    struct desk *d = ctx; // the sim is its first member

    ck_assert_msg(++d->waits < 1000, "it waits for ever");
    ck_assert_msg(!d->in.ended || till_ns != UINT64_MAX, "it waits, and nothing will come");
    d->sim.now_ns += 100000000; // a person is slow
    if (till_ns != UINT64_MAX && till_ns > d->sim.now_ns)
        d->sim.now_ns = till_ns;
}

struct open_file {
    struct desk *desk;
    int i;
};

static enum err read_file(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct open_file *f = ctx;
    const char *text = f->desk->files[f->i].text;
    size_t *at = &f->desk->files[f->i].at;

    *n = 0;
    while (*n < cap && text[*at])
        buf[(*n)++] = (uint8_t)text[(*at)++];
    *end = !*n;
    return ERR_OK;
}

static void close_file(void *ctx)
{
    free(ctx);
}

static enum err open_file(void *ctx, const char *path, struct plat_source *out)
{
    struct desk *d = ctx;

    for (int i = 0; i < DESK_FILES; i++) {
        struct open_file *f;

        if (!d->files[i].name || strcmp(d->files[i].name, path))
            continue;
        f = malloc(sizeof *f);
        *f = (struct open_file){d, i};
        d->files[i].at = 0;
        *out = (struct plat_source){.ctx = f, .read = read_file, .close = close_file};
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

void desk_init(struct desk *d, bool person, const char *in)
{
    memset(d, 0, sizeof *d);
    sim_init(&d->sim, 7);
    vt_init(&d->screen, 60);
    d->person = person;
    d->in = (struct script){.text = in, .len = strlen(in)};
    d->con = (struct plat_con){
        .in = {.ctx = d, .read = read_in},
        .tty_in = person,
        .tty_out = person,
        .tty_err = person,
        .write = write_out,
        .write_err = write_err,
        .size = get_size,
        .keys = set_keys,
        .ctx = d,
    };
    d->sim.plat.con = &d->con;
    d->sim.plat.wait = wait_desk;
    d->sim.file.open = open_file;
}

static enum err write_seat(void *ctx, const void *bytes, size_t n)
{
    struct seat *s = ctx;

    ck_assert_uint_lt(s->out_n + n, SIM_OUTPUT);
    memcpy(s->out + s->out_n, bytes, n);
    s->out_n += n;
    vt_put(&s->screen, bytes, n);
    return ERR_OK;
}

static bool size_of_seat(void *ctx, unsigned *columns, unsigned *rows)
{
    struct seat *s = ctx;

    *columns = s->screen.columns;
    *rows = VT_ROWS;
    return true;
}

void desk_seat(struct desk *d, struct seat *seat, const char *in)
{
    memset(seat, 0, sizeof *seat);
    seat->desk = d;
    seat->in = (struct script){.text = in, .len = strlen(in)};
    vt_init(&seat->screen, 60);
    seat->con = (struct plat_con){
        .in = {.ctx = seat, .read = read_seat},
        .tty_in = true,
        .tty_out = true,
        .tty_err = true,
        .write = write_seat,
        .write_err = write_seat,
        .size = size_of_seat,
        .ctx = seat,
    };
    d->seats[d->sim.plat.seats_n++] = &seat->con;
    d->sim.plat.seats = d->seats;
}

void desk_keep(struct desk *d, const char *name, const char *text)
{
    ck_assert_int_eq(d->sim.file.make(d->sim.file.ctx, name, span_of(text)), ERR_OK);
}

const char *vt_text(const struct vt *s)
{
    static char text[VT_ROWS * 256];

    *text = 0;
    for (unsigned i = 0; i < VT_ROWS; i++) {
        if (!vt_row(s, i)[0])
            continue;
        strcat(text, vt_row(s, i));
        strcat(text, "\n");
    }
    return text;
}

void desk_file(struct desk *d, const char *name, const char *text)
{
    int i = 0;

    while (d->files[i].name)
        i++;
    d->files[i].name = name;
    d->files[i].text = text;
}

int desk_run(struct desk *d, const char *args)
{
    char words[4096], *argv[32] = {"telex"};
    int argc = 1;

    snprintf(words, sizeof words, "%s", args);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) {
        for (char *c = w; *c; c++)
            if (*c == '~')
                *c = ' ';
        argv[argc++] = w;
    }
    return plat_main(&d->sim.plat, argc, argv);
}
