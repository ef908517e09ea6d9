#include "models/contract/evm/analysis.hpp"

#include "models/contract/evm/opcodes.hpp"

namespace ledgerlab::evm {

Analysis::Analysis(ByteView code) : jump_destinations_((code.size() + 63) / 64) {
  padded_.reserve(code.size() + 33);
  padded_.assign(code.begin(), code.end());
  padded_.resize(code.size() + 33);
  constexpr Byte push1 = static_cast<Byte>(Opcode::push1);
  constexpr Byte push32 = static_cast<Byte>(Opcode::push32);
  for (std::size_t i = 0; i < code.size(); ++i) {
    const Byte opcode = code[i];
    if (opcode == static_cast<Byte>(Opcode::jumpdest)) {
      jump_destinations_[i / 64] |= std::uint64_t{1} << (i % 64);
    } else if (opcode >= push1 && opcode <= push32) {
      i += opcode - push1 + 1u;
    }
  }
}

const Analysis& analysis_of(const ContractCode& code) {
  if (code.derived == nullptr) code.derived = std::make_shared<const Analysis>(code.bytes);
  return *static_cast<const Analysis*>(code.derived.get());
}

}  // namespace ledgerlab::evm
