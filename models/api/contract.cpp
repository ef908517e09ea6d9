#include "models/api/contract.hpp"

namespace ledgerlab {

std::string_view contract_status_name(ContractStatus status) {
  static constexpr std::array<std::string_view, 15> names = {"success",
                                                             "revert",
                                                             "out of gas",
                                                             "invalid instruction",
                                                             "undefined instruction",
                                                             "stack overflow",
                                                             "stack underflow",
                                                             "bad jump destination",
                                                             "invalid memory access",
                                                             "static violation",
                                                             "call depth exceeded",
                                                             "precompile failure",
                                                             "contract failure",
                                                             "nondeterminism",
                                                             "code refused"};
  return names[static_cast<std::size_t>(status)];
}

}  // namespace ledgerlab
