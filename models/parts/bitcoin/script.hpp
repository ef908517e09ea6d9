// Bitcoin scripts as bytes: instructions, numbers, pushes, the patterns that consensus knows (P2SH,
// witness programs) and the count of signature operations.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

#include "models/base/bytes.hpp"
#include "models/parts/bitcoin/opcodes.hpp"

namespace ledgerlab::bitcoin {

inline constexpr std::size_t max_element_size = 520;
inline constexpr std::size_t max_script_size = 10'000;
inline constexpr int max_ops_per_script = 201;
inline constexpr int max_keys_per_multisig = 20;
inline constexpr std::size_t max_stack_size = 1'000;

struct Instruction {
  Byte opcode = op_invalid;
  ByteView data;  // of a push
};

class ScriptReader {
 public:
  explicit ScriptReader(ByteView script) : script_(script) {}
  /// False at the end and at a push that runs over the end; failed() tells them apart.
  bool next(Instruction& out);
  bool at_end() const { return position_ == script_.size(); }
  bool failed() const { return failed_; }
  std::size_t position() const { return position_; }

 private:
  ByteView script_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

/// CScriptNum: little endian with a sign bit at the top, shortest form.
Bytes encode_number(std::int64_t value);
/// Nothing if longer than `size_max` (at most 8), or if `minimal` and not the shortest form.
std::optional<std::int64_t> decode_number(ByteView bytes, bool minimal, std::size_t size_max = 4);
/// A stack element as a truth value: negative zero is false too.
bool to_bool(ByteView bytes);

/// Appends the shortest instruction by length that pushes `data` (never OP_1 to OP_16).
void push_data(Bytes& script, ByteView data);
/// Appends OP_0, OP_1NEGATE, OP_1 to OP_16 or the push of the number.
void push_number(Bytes& script, std::int64_t value);
/// BIP 62 rule 3: was `data` pushed by the shortest possible instruction?
bool is_minimal_push(ByteView data, Byte opcode);

/// Empties out of `script` every occurrence of `pattern` that starts at an instruction; the number
/// found.
int find_and_delete(Bytes& script, ByteView pattern);

/// BIP 342: an opcode whose presence alone makes a tapscript succeed.
bool is_op_success(Byte opcode);

bool is_push_only(ByteView script);
/// Does every instruction read, and no push exceed 520 bytes (Core: HasValidOps)?
bool has_valid_ops(ByteView script);
/// Is no input able to satisfy it (OP_RETURN first, or too large)?
bool is_unspendable(ByteView script);

bool is_p2sh(ByteView script);  // BIP 16
bool is_p2wpkh(ByteView script);
bool is_p2wsh(ByteView script);
bool is_p2tr(ByteView script);

struct WitnessProgram {
  int version = 0;
  ByteView program;
};
/// BIP 141: OP_0 or OP_1 to OP_16, then one direct push of 2 to 40 bytes.
std::optional<WitnessProgram> witness_program(ByteView script);
/// OP_1 <4e73>: pays to anchor, anybody may spend it without a witness.
bool is_anchor(const WitnessProgram& program);

/// Legacy signature operations; `accurate` reads the key count before a multi-signature check, as
/// inside P2SH, else such a check counts 20.
std::size_t count_sigops(ByteView script, bool accurate);
/// What the redeem script of a P2SH input counts.
std::size_t count_p2sh_sigops(ByteView script_pubkey, ByteView script_sig);
/// What the witness of an input counts (BIP 141; none from version 1 on).
std::size_t count_witness_sigops(ByteView script_pubkey, ByteView script_sig,
                                 std::span<const Bytes> witness);

}  // namespace ledgerlab::bitcoin
