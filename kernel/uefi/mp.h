// SPDX-License-Identifier: MIT
// The other processors: EFI_MP_SERVICES_PROTOCOL (UEFI Platform Initialization Specification 1.7,
// volume 2, 13.3), as far as it is used here.
#ifndef TELEX_KERNEL_UEFI_MP_H
#define TELEX_KERNEL_UEFI_MP_H

#include <efi.h>

#define MP_SERVICES_GUID                                   \
    {                                                      \
        0x3fdda605, 0xa76e, 0x4f46,                        \
        {                                                  \
            0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08 \
        }                                                  \
    }

enum { MP_IS_FIRST = 1, MP_ENABLED = 2, MP_HEALTHY = 4 }; // mp_info.flags

struct mp_info {
    UINT64 id;
    UINT32 flags;
    UINT32 package, core, thread;
    UINT32 more[6]; // later versions say where it lies in greater detail
};

struct mp_services {
    EFI_STATUS(EFIAPI *count)(struct mp_services *mp, UINTN *all, UINTN *enabled);
    EFI_STATUS(EFIAPI *info)(struct mp_services *mp, UINTN processor, struct mp_info *out);
    VOID *start_all;
    EFI_STATUS(EFIAPI *start)
    (struct mp_services *mp, VOID(EFIAPI *f)(VOID *arg), UINTN processor, EFI_EVENT ended,
     UINTN timeout_us, VOID *arg, BOOLEAN *finished);
    VOID *switch_first;
    VOID *enable;
    EFI_STATUS(EFIAPI *who)(struct mp_services *mp, UINTN *processor);
};

#endif
