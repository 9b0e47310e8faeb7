// SPDX-License-Identifier: MIT
// The table of all services, made from services.def.
#include "kernel/service.h"

#define SERVICE(id) extern const struct service id##_service;
#include "services/services.def"
#undef SERVICE

const struct service *const services_all[] = {
#define SERVICE(id) &id##_service,
#include "services/services.def"
#undef SERVICE
    NULL,
};
