// SPDX-License-Identifier: MIT
// Secrets in a source text.
#include "shell/mask.h"

#include "units/chars.h"

struct mask mask_start(struct span text, bool strict)
{
    return (struct mask){.text = text, .strict = strict};
}

struct mask mask_behind(struct mask before, struct span text)
{
    return (struct mask){.text = text, .strict = before.strict, .open = before.open};
}

void mask_all(struct mask *m)
{
    size_t from, to;

    while (mask_next(m, &from, &to))
        continue;
}

// Behind the quote that closes, or the end of the text.
static size_t quote_end(struct span text, size_t at, char quote)
{
    for (; at < text.len; at++) {
        if (text.at[at] == '\\')
            at++;
        else if (text.at[at] == quote)
            return at;
    }
    return text.len;
}

static bool is_secret(struct span text, size_t at)
{
    return text.at[at] == '!' && at + 1 < text.len && text.at[at + 1] == '`';
}

// May a quote, or a comment's #, stand behind this byte?
static bool token_begins(struct span text, size_t at)
{
    char before = at ? text.at[at - 1] : ' ';

    return char_class_of(before) & CHAR_BLANK || memchr("([{:)]}", before, 7);
}

// A quote that closes here, and a word right behind it: no text of the language has that.
static bool touches(struct span text, size_t quote)
{
    return quote + 1 < text.len && !(char_class_of(text.at[quote + 1]) & CHAR_BLANK) &&
           !memchr("()[]{}:@.", text.at[quote + 1], 9);
}

// Of a secret: behind the quote that closes it. Who forgot to close it begins anew, on the next line
// or where no text ends: then what closes the one opens another.
static size_t secret_end(struct span text, size_t from, bool begun)
{
    size_t end = quote_end(text, from, '`');

    while (end > from && end < text.len && text.at[end - 1] == '!' &&
           (begun || touches(text, end) || memchr(text.at + from, '\n', end - from)))
        end = quote_end(text, end + 1, '`');
    return end;
}

bool mask_next(struct mask *m, size_t *from, size_t *to)
{
    struct span text = m->text;

    if (m->open && !m->at && !m->unsure && text.len) { // the text begins inside of something
        bool secret = m->open == '!';

        *from = 0;
        *to = secret ? quote_end(text, 0, '`') : quote_end(text, 0, m->open);
        if (secret && *to != secret_end(text, 0, true)) {
            *to = secret_end(text, 0, true);
            m->strict = true; // what looks like a secret here is one
        }
        m->at = *to + 1;
        if (*to < text.len)
            m->open = 0;
        if (secret)
            return true;
        if (*to == text.len) {
            m->unsure = true;
            m->at = 0;
        }
    }
    while (m->at < text.len) {
        size_t at = m->at;
        char c = text.at[at];

        if (m->strict || m->unsure) {
            const char *mark = memchr(text.at + at, '!', text.len - at);

            at = mark ? (size_t)(mark - text.at) : text.len;
            m->at = at;
            if (!mark)
                return false;
        }
        if (is_secret(text, at)) {
            *from = at + 2;
            *to = secret_end(text, *from, m->strict || m->unsure);
            m->at = *to + 1;
            if (*to == text.len)
                m->open = '!';
            else if (!m->unsure)
                m->open = 0;
            return true;
        }
        m->at = at + 1;
        if (m->strict || m->unsure)
            continue;
        if (c == '#' && token_begins(text, at) &&
            (at + 1 == text.len || char_class_of(text.at[at + 1]) & CHAR_BLANK)) {
            const char *end = memchr(text.at + at, '\n', text.len - at);
            size_t till = end ? (size_t)(end - text.at) : text.len;

            // What looks like a secret is masked in a comment too.
            for (size_t i = at; i < till; i++) {
                if (is_secret(text, i)) {
                    *from = i + 2;
                    *to = quote_end((struct span){text.at, till}, *from, '`');
                    m->at = *to;
                    m->strict = true; // the rest of the comment is no text of the language
                    return true;
                }
            }
            m->at = till;
        } else if (c == '`' || c == '\'' || c == '"') {
            if (token_begins(text, at) || memchr("@.%", text.at[at - 1], 3)) {
                size_t end = quote_end(text, at + 1, c);

                // A quote that is not closed yet may be none, and a secret in it one.
                m->unsure = end == text.len || touches(text, end);
                m->at = m->unsure ? at + 1 : end + 1;
                m->open = end == text.len ? c : 0;
            } else {
                m->strict = true;
            }
        }
    }
    return false;
}
