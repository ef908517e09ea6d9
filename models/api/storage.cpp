#include "models/api/storage.hpp"

#include <array>

namespace ledgerlab {

std::string_view data_class_name(DataClass data) {
  static constexpr std::array<std::string_view, data_class_count> names = {
      "block", "transaction", "status", "account", "code", "private_account"};
  return names[static_cast<std::size_t>(data)];
}

}  // namespace ledgerlab
