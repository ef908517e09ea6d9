// Where data files are looked for: the one place that knows.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace ledgerlab {

/// An input file that is not there or cannot be read (exit code 66). Names the places looked at.
class DataNotFoundError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The data file called `name` ("aws-21.latency", or "aws-21" for short), looked for beside the
/// scenario file, in $LEDGERLAB_DATA, in the installed share folder that belongs to this library,
/// and in the source tree it was built from. An absolute name is taken as it is.
std::filesystem::path find_data(const std::string& name, const std::filesystem::path& scenario);

}  // namespace ledgerlab
