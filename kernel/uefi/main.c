// SPDX-License-Identifier: MIT
// Entry of the UEFI image: a stack of our own, the table of the machine, then the shell.
#include "kernel/uefi/arch.h"
#include "kernel/uefi/uefi.h"

enum {
    // The firmware promises 128 KiB and puts no guard below; numbers alone may take 272 KiB.
    STACK_BYTES = 2 << 20,
    PAGE_BYTES = 4096,
};

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

// The one machine this image runs on. Static because the stack changes under us, and because the
// C library calls back without a context (libc.c).
static struct uefi machine;
static const uint64_t *stack_end;

// Lies at the far end of the stack; when it is gone, something ran over it.
static const uint64_t canary = 0x7e1ec0deca4a127fULL;

void uefi_panic(const char *text)
{
    struct uefi *m = &machine;

    if (m->boot) {
        screen_write(m, text, strlen(text));
        screen_write(m, "\n", 1);
        (void)serial_write(m, text, strlen(text)); // there is nobody left to tell
        (void)serial_write(m, "\n", 1);
        m->boot->Stall(3000000); // time to read it on a screen
        m->runtime->ResetSystem(EfiResetShutdown, EFI_ABORTED, 0, NULL);
    }
    for (;;)
        ;
}

// Called whenever the machine has time: the firmware's stacks have no guard page.
static void wait(void *ctx, uint64_t till_ns)
{
    if (*stack_end != canary)
        uefi_panic("telex: the stack ran over");
    clock_wait(ctx, till_ns);
}

static void run(void)
{
    struct uefi *m = &machine;
    char name[] = "telex";
    char *argv[] = {name, NULL};

    m->plat = (struct plat){
        .ctx = m, .name = "uefi", .wait = wait, .init_msg = "/init.msg", .machine = true};
    clock_init(m);
    mem_init(m);
    console_init(m);
    file_init(m);
    random_init(m);
    power_init(m);
    work_init(m);
    hw_init(m);

    (void)plat_main(&m->plat, 1, argv); // the status means nothing to a machine
    (void)m->plat.off(m);               // comes back only where power cannot be switched
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_PHYSICAL_ADDRESS stack = 0;
    EFI_STATUS s;

    machine.image = image;
    machine.table = table;
    machine.boot = table->BootServices;
    machine.runtime = table->RuntimeServices;

    // An image that runs for days is not an image that hangs.
    machine.boot->SetWatchdogTimer(0, 0, 0, NULL);

    s = machine.boot->AllocatePages(AllocateAnyPages, EfiLoaderData, STACK_BYTES / PAGE_BYTES,
                                    &stack);
    if (s != EFI_SUCCESS)
        return s;

    *(uint64_t *)stack = canary;
    stack_end = (const uint64_t *)stack;
    arch_on_stack((char *)stack + STACK_BYTES, run);
    return EFI_ABORTED;
}
