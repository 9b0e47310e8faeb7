// SPDX-License-Identifier: MIT
// The least UEFI program: it prints one line. What Telex's time from power-on is held against.
#include <efi.h>

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    (void)image;
    table->ConOut->OutputString(table->ConOut, L"hello\r\n");
    return EFI_SUCCESS;
}
