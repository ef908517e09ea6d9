// Cost tables: what each operation takes on the reference CPU, from a file of rows with their origin.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/api/crypto.hpp"

namespace ledgerlab {

/// Reads `operation value unit  # origin` rows; every operation but `user` must be there once.
/// Throws std::invalid_argument("file:line: what") when it is not so.
CostTable parse_cost_table(std::string_view text, const std::string& file);

/// The built-in `zero`, or a file found like any data file (sim/topology/data_path.hpp).
CostTable load_cost_table(const std::string& name, const std::filesystem::path& scenario);

}  // namespace ledgerlab
