// SPDX-License-Identifier: MIT
// IPv6 addresses as text: any RFC 4291 form without IPv4 in, RFC 5952 form out.
#ifndef TELEX_UNITS_ADDRESS_H
#define TELEX_UNITS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "units/span.h"

enum { IP6_TEXT_MAX_BYTES = 40 };

/** Groups in host order. False when the text is no address. */
bool ip6_parse(struct span text, uint16_t groups[8]);

/** Not terminated; gives the length. */
size_t ip6_print(const uint16_t groups[8], char out[IP6_TEXT_MAX_BYTES]);

#endif
