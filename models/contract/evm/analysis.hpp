// What is known of a code before it runs: where JUMP may go, and the code with zeros behind it so
// that neither a PUSH nor the end needs a check of bounds. Kept in ContractCode::derived, once per
// code object.
#pragma once

#include "models/api/contract.hpp"

namespace ledgerlab::evm {

class Analysis {
 public:
  explicit Analysis(ByteView code);

  /// The code and 33 STOPs: room for the immediate bytes of a PUSH32 and the end.
  const Byte* code() const { return padded_.data(); }
  /// One bit per byte of the code: a JUMPDEST that is no immediate byte of a PUSH.
  const std::uint64_t* jump_destinations() const { return jump_destinations_.data(); }

 private:
  Bytes padded_;
  std::vector<std::uint64_t> jump_destinations_;
};

/// The analysis of this code, made the first time.
const Analysis& analysis_of(const ContractCode& code);

}  // namespace ledgerlab::evm
