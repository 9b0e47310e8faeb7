// SPDX-License-Identifier: MIT
// The one place that meets LZ4. Its memory is that of the call which uses it (units/heap.h).
#include "services/lz4.h"

#include <lz4frame.h>

#include "units/heap.h"

enum { PIECE_BYTES = 64 << 10, RATIO_MAX = 255 };

static const LZ4F_preferences_t preferences = {
    .frameInfo = {.blockSizeID = LZ4F_max64KB,
                  .blockMode = LZ4F_blockLinked,
                  .contentChecksumFlag = LZ4F_contentChecksumEnabled},
};

static enum err pack(LZ4F_cctx *ctx, struct arena *a, struct span bytes, struct span *frame)
{
    LZ4F_preferences_t p = preferences;
    size_t room = LZ4F_compressBound(bytes.len, &p) + LZ4F_HEADER_SIZE_MAX, at, n;
    char *out;

    room += bytes.len / PIECE_BYTES * 16; // each piece may be a block of its own
    p.frameInfo.contentSize = bytes.len;
    out = arena_new(a, room);
    if (!out)
        return ERR_NO_MEMORY;
    at = LZ4F_compressBegin(ctx, out, room, &p);
    if (LZ4F_isError(at))
        return ERR_NO_MEMORY; // nothing else can fail: room and parameters are right
    for (size_t i = 0; i < bytes.len; i += PIECE_BYTES) {
        size_t left = bytes.len - i, piece = left < PIECE_BYTES ? left : PIECE_BYTES;

        n = LZ4F_compressUpdate(ctx, out + at, room - at, bytes.at + i, piece, NULL);
        if (LZ4F_isError(n))
            return ERR_NO_MEMORY;
        at += n;
        heap_pause();
    }
    n = LZ4F_compressEnd(ctx, out + at, room - at, NULL);
    if (LZ4F_isError(n))
        return ERR_NO_MEMORY;
    *frame = (struct span){out, at + n};
    return ERR_OK;
}

enum err lz4_pack(struct arena *a, struct arena *scratch, struct span bytes, struct span *frame)
{
    struct heap heap, *before;
    LZ4F_cctx *ctx = NULL;
    enum err e = ERR_NO_MEMORY;

    heap_init(&heap, scratch);
    before = heap_enter(&heap);
    if (!LZ4F_isError(LZ4F_createCompressionContext(&ctx, LZ4F_VERSION)))
        e = pack(ctx, a, bytes, frame);
    (void)LZ4F_freeCompressionContext(ctx); // NULL is nothing
    (void)heap_enter(before);
    return e;
}

bool lz4_is_frame(struct span bytes)
{
    return bytes.len >= 4 && memcmp(bytes.at, "\x04\x22\x4d\x18", 4) == 0;
}

// The head of a frame; *used is its length, *most what the content may take, *told whether it is
// just that.
static enum err head(LZ4F_dctx *ctx, struct span frame, size_t *used, size_t *most, bool *told)
{
    LZ4F_frameInfo_t info;
    uint64_t bound = (uint64_t)frame.len * RATIO_MAX;

    *used = frame.len;
    if (!lz4_is_frame(frame) || LZ4F_isError(LZ4F_getFrameInfo(ctx, &info, frame.at, used)) ||
        info.dictID || info.contentSize > bound)
        return ERR_CORRUPT;
    *told = info.contentSize > 0;
    *most = *told ? (size_t)info.contentSize : (size_t)bound;
    return ERR_OK;
}

enum err lz4_claim(struct arena *scratch, struct span frame, size_t *bytes)
{
    struct heap heap, *before;
    LZ4F_dctx *ctx = NULL;
    size_t used;
    bool told;
    enum err e = ERR_NO_MEMORY;

    heap_init(&heap, scratch);
    before = heap_enter(&heap);
    if (!LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
        e = head(ctx, frame, &used, bytes, &told);
    (void)LZ4F_freeDecompressionContext(ctx);
    (void)heap_enter(before);
    return e;
}

static enum err unpack(LZ4F_dctx *ctx, struct arena *a, struct span frame, size_t max_bytes,
                       struct span *bytes)
{
    size_t at, room, len = 0, more = 1;
    char *out;
    bool told;
    enum err e = head(ctx, frame, &at, &room, &told);

    if (e)
        return e;
    if (room > max_bytes && told)
        return ERR_TOO_BIG;
    room = room < max_bytes ? room : max_bytes;
    out = arena_new(a, room + 1); // one more shows that there is too much
    if (!out)
        return ERR_NO_MEMORY;
    while (more && len <= room) {
        size_t left = room + 1 - len, in = frame.len - at;
        size_t n = left < PIECE_BYTES ? left : PIECE_BYTES;

        more = LZ4F_decompress(ctx, out + len, &n, frame.at + at, &in, NULL);
        if (LZ4F_isError(more))
            return strcmp(LZ4F_getErrorName(more), "ERROR_allocation_failed") ? ERR_CORRUPT
                                                                              : ERR_NO_MEMORY;
        if (more && !n && !in)
            return ERR_CORRUPT; // it is cut off
        len += n;
        at += in;
        heap_pause();
    }
    if (more || len > room)
        return len > max_bytes ? ERR_TOO_BIG : ERR_CORRUPT;
    if (at != frame.len)
        return ERR_CORRUPT; // something behind the frame
    *bytes = (struct span){out, len};
    return ERR_OK;
}

enum err lz4_unpack(struct arena *a, struct arena *scratch, struct span frame, size_t max_bytes,
                    struct span *bytes)
{
    struct heap heap, *before;
    LZ4F_dctx *ctx = NULL;
    enum err e = ERR_NO_MEMORY;

    heap_init(&heap, scratch);
    before = heap_enter(&heap);
    if (!LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
        e = unpack(ctx, a, frame, max_bytes, bytes);
    (void)LZ4F_freeDecompressionContext(ctx);
    (void)heap_enter(before);
    return e;
}
