// Names of the cost table's rows.
#include "models/api/crypto.hpp"

#include <array>

namespace ledgerlab {

std::string_view operation_name(Operation op) {
  constexpr std::array<std::string_view, operation_count> names{
      "message_handle", "message_byte", "sign",         "verify",     "mac",
      "hash_byte",      "vrf_prove",    "vrf_verify",   "tx_sign",    "tx_verify",
      "tx_check",       "tx_execute",   "state_update", "log_append", "user"};
  return names[static_cast<std::size_t>(op)];
}

}  // namespace ledgerlab
