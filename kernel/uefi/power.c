// SPDX-License-Identifier: MIT
// Power down and start again.
#include "kernel/uefi/uefi.h"

static enum err off(void *ctx)
{
    struct uefi *m = ctx;

    m->runtime->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
    return ERR_NOT_SUPPORTED; // still here
}

static enum err reset(void *ctx)
{
    struct uefi *m = ctx;

    m->runtime->ResetSystem(EfiResetCold, EFI_SUCCESS, 0, NULL);
    return ERR_NOT_SUPPORTED;
}

void power_init(struct uefi *m)
{
    m->plat.off = off;
    m->plat.reset = reset;
}
