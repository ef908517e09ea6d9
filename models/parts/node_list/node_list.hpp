// A parameter that names nodes: "3, 7".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "models/base/ids.hpp"

namespace ledgerlab {

/// The nodes of such a text, ascending and each once; nothing if it is no such list.
std::optional<std::vector<NodeId>> nodes_in(std::string_view text);

}  // namespace ledgerlab
