// SPDX-License-Identifier: MIT
// The serial line, raw in both directions.
//
// The firmware has its own terminal on the line, which knows no UTF-8 and holds a lone ESC for two
// seconds. It is disconnected, and the line is ours.
#include "kernel/uefi/uefi.h"

enum {
    READ_TIMEOUT_US = 1, // a read gives what is there
    WRITE_TRIES = 1000,  // of a line that takes nothing, about a second, then it is given up
    WRITE_PAUSE_US = 1000,
};

void serial_poll(struct uefi *m)
{
    SERIAL_IO_INTERFACE *l = m->serial.line;
    uint8_t bytes[16];

    if (!l)
        return;
    // Room first: what stays in the device is not lost while its sender can be held up.
    while (KEYS_BYTES - (m->line_keys.head - m->line_keys.tail) >= sizeof bytes) {
        UINTN n = sizeof bytes;
        UINT32 control;

        if (l->GetControl(l, &control) == EFI_SUCCESS && (control & EFI_SERIAL_INPUT_BUFFER_EMPTY))
            return;
        // A timeout is no error here: n says how many came.
        (void)l->Read(l, &n, bytes);
        if (n == 0 || n > sizeof bytes)
            return;
        m->serial.seen_ns = clock_now_ns(m);
        for (UINTN i = 0; i < n; i++)
            keys_put(&m->line_keys, bytes[i]);
        mem_wipe(bytes, sizeof bytes); // they may be part of a secret
    }
}

static enum err put(struct uefi *m, const char *bytes, size_t n)
{
    SERIAL_IO_INTERFACE *l = m->serial.line;
    unsigned tries = 0;

    while (n > 0) {
        UINTN sent = n;
        EFI_STATUS s = l->Write(l, &sent, (void *)(uintptr_t)bytes); // only read, says UEFI 2.10

        if (sent > n || (s != EFI_SUCCESS && s != EFI_TIMEOUT))
            return ERR_IO;
        bytes += sent;
        n -= sent;
        if (sent > 0)
            tries = 0;
        else if (++tries > WRITE_TRIES)
            return ERR_IO;
        else
            m->boot->Stall(WRITE_PAUSE_US);
    }
    return ERR_OK;
}

enum err serial_write(struct uefi *m, const char *bytes, size_t n)
{
    size_t from = 0;

    if (!m->serial.line)
        return ERR_IO;
    // A line end alone only moves down: put the carriage return before it, once.
    for (size_t i = 0; i < n; i++) {
        char before = m->serial.last;

        m->serial.last = bytes[i];
        if (bytes[i] != '\n' || before == '\r')
            continue;

        enum err e = put(m, bytes + from, i - from);

        if (!e)
            e = put(m, "\r", 1);
        if (e)
            return e;
        from = i;
    }
    return put(m, bytes + from, n - from);
}

void serial_init(struct uefi *m)
{
    EFI_GUID guid = EFI_SERIAL_IO_PROTOCOL_GUID;
    EFI_HANDLE *handles = NULL;
    UINTN n = 0;
    void *p;

    if (m->boot->LocateHandleBuffer(ByProtocol, &guid, NULL, &n, &handles) != EFI_SUCCESS)
        return;
    // The first line is the console; others belong to whatever is connected to them.
    if (n > 0 && m->boot->HandleProtocol(handles[0], &guid, &p) == EFI_SUCCESS) {
        SERIAL_IO_INTERFACE *l = p;
        const SERIAL_IO_MODE *mode = l->Mode;

        // Fails where no terminal sits on the line: just as well.
        (void)m->boot->DisconnectController(handles[0], NULL, NULL);
        (void)l->SetAttributes(l, mode->BaudRate, mode->ReceiveFifoDepth, READ_TIMEOUT_US,
                               (EFI_PARITY_TYPE)mode->Parity, (UINT8)mode->DataBits,
                               (EFI_STOP_BITS_TYPE)mode->StopBits); // else reads are slow
        m->serial.line = l;
    }
    m->boot->FreePool(handles);
}
