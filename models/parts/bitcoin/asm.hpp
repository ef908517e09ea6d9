// Scripts as text: the assembly that Bitcoin Core prints, the one with plain hexadecimal pushes
// that libraries and people write, and the notation of Bitcoin Core's test vectors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab::bitcoin {

enum class AsmStyle : std::uint8_t {
  core,  // pushes of up to four bytes as decimal numbers, numbers 0 to 16 bare
  plain  // pushes in hexadecimal, but what OP_0, OP_1NEGATE, OP_1 to OP_16 push by their names
};

/// One word an instruction, apart by spaces; core: "[error]" where a push runs over the end; plain:
/// nothing then.
std::optional<std::string> to_asm(ByteView script, AsmStyle style);

/// Reads the plain style: opcode names and hexadecimal pushes, each made the shortest way.
std::optional<Bytes> from_asm(std::string_view text);

/// Reads the notation of the test vectors: numbers, 0x... (raw bytes), '...' (pushed text), opcodes
/// with or without OP_.
std::optional<Bytes> script_from_notation(std::string_view text);

/// The opcode of a name with OP_ ("OP_DUP", "OP_16", "OP_TRUE", "OP_NOP2", "OP_PUSHDATA1").
std::optional<Byte> opcode_of(std::string_view name);

}  // namespace ledgerlab::bitcoin
