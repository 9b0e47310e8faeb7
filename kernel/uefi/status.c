// SPDX-License-Identifier: MIT
// What the firmware says, in words of ours.
#include "kernel/uefi/uefi.h"

enum err uefi_err(EFI_STATUS s)
{
    switch (s) {
    case EFI_SUCCESS:
        return ERR_OK;
    case EFI_NOT_FOUND:
    case EFI_NO_MEDIA:
        return ERR_NOT_FOUND;
    case EFI_OUT_OF_RESOURCES:
        return ERR_NO_MEMORY;
    case EFI_VOLUME_FULL:
        return ERR_NO_SPACE;
    case EFI_WRITE_PROTECTED:
    case EFI_ACCESS_DENIED:
    case EFI_SECURITY_VIOLATION:
        return ERR_DENIED;
    case EFI_VOLUME_CORRUPTED:
    case EFI_CRC_ERROR:
        return ERR_CORRUPT;
    case EFI_UNSUPPORTED:
        return ERR_NOT_SUPPORTED;
    case EFI_TIMEOUT:
        return ERR_TIMEOUT;
    default:
        return ERR_IO;
    }
}
