// Storage mode `memory`: no files; gone with the process. What worlds use, and what the other modes
// are compared with.
#pragma once

#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::storage {

std::unique_ptr<Store> open_memory();

}  // namespace ledgerlab::storage
