#include "models/parts/bitcoin/script.hpp"

#include <algorithm>
#include <array>

#include "models/parts/bitcoin/wire.hpp"

namespace ledgerlab::bitcoin {
namespace {

struct OpName {
  Byte opcode;
  std::string_view name;
};

// Contiguous from 0x61 on; the first rows are looked up alone.
constexpr std::array names = std::to_array<OpName>({
    {op_nop, "OP_NOP"},
    {op_ver, "OP_VER"},
    {op_if, "OP_IF"},
    {op_notif, "OP_NOTIF"},
    {op_verif, "OP_VERIF"},
    {op_vernotif, "OP_VERNOTIF"},
    {op_else, "OP_ELSE"},
    {op_endif, "OP_ENDIF"},
    {op_verify, "OP_VERIFY"},
    {op_return, "OP_RETURN"},
    {op_toaltstack, "OP_TOALTSTACK"},
    {op_fromaltstack, "OP_FROMALTSTACK"},
    {op_2drop, "OP_2DROP"},
    {op_2dup, "OP_2DUP"},
    {op_3dup, "OP_3DUP"},
    {op_2over, "OP_2OVER"},
    {op_2rot, "OP_2ROT"},
    {op_2swap, "OP_2SWAP"},
    {op_ifdup, "OP_IFDUP"},
    {op_depth, "OP_DEPTH"},
    {op_drop, "OP_DROP"},
    {op_dup, "OP_DUP"},
    {op_nip, "OP_NIP"},
    {op_over, "OP_OVER"},
    {op_pick, "OP_PICK"},
    {op_roll, "OP_ROLL"},
    {op_rot, "OP_ROT"},
    {op_swap, "OP_SWAP"},
    {op_tuck, "OP_TUCK"},
    {op_cat, "OP_CAT"},
    {op_substr, "OP_SUBSTR"},
    {op_left, "OP_LEFT"},
    {op_right, "OP_RIGHT"},
    {op_size, "OP_SIZE"},
    {op_invert, "OP_INVERT"},
    {op_and, "OP_AND"},
    {op_or, "OP_OR"},
    {op_xor, "OP_XOR"},
    {op_equal, "OP_EQUAL"},
    {op_equalverify, "OP_EQUALVERIFY"},
    {op_reserved1, "OP_RESERVED1"},
    {op_reserved2, "OP_RESERVED2"},
    {op_1add, "OP_1ADD"},
    {op_1sub, "OP_1SUB"},
    {op_2mul, "OP_2MUL"},
    {op_2div, "OP_2DIV"},
    {op_negate, "OP_NEGATE"},
    {op_abs, "OP_ABS"},
    {op_not, "OP_NOT"},
    {op_0notequal, "OP_0NOTEQUAL"},
    {op_add, "OP_ADD"},
    {op_sub, "OP_SUB"},
    {op_mul, "OP_MUL"},
    {op_div, "OP_DIV"},
    {op_mod, "OP_MOD"},
    {op_lshift, "OP_LSHIFT"},
    {op_rshift, "OP_RSHIFT"},
    {op_booland, "OP_BOOLAND"},
    {op_boolor, "OP_BOOLOR"},
    {op_numequal, "OP_NUMEQUAL"},
    {op_numequalverify, "OP_NUMEQUALVERIFY"},
    {op_numnotequal, "OP_NUMNOTEQUAL"},
    {op_lessthan, "OP_LESSTHAN"},
    {op_greaterthan, "OP_GREATERTHAN"},
    {op_lessthanorequal, "OP_LESSTHANOREQUAL"},
    {op_greaterthanorequal, "OP_GREATERTHANOREQUAL"},
    {op_min, "OP_MIN"},
    {op_max, "OP_MAX"},
    {op_within, "OP_WITHIN"},
    {op_ripemd160, "OP_RIPEMD160"},
    {op_sha1, "OP_SHA1"},
    {op_sha256, "OP_SHA256"},
    {op_hash160, "OP_HASH160"},
    {op_hash256, "OP_HASH256"},
    {op_codeseparator, "OP_CODESEPARATOR"},
    {op_checksig, "OP_CHECKSIG"},
    {op_checksigverify, "OP_CHECKSIGVERIFY"},
    {op_checkmultisig, "OP_CHECKMULTISIG"},
    {op_checkmultisigverify, "OP_CHECKMULTISIGVERIFY"},
    {op_nop1, "OP_NOP1"},
    {op_checklocktimeverify, "OP_CHECKLOCKTIMEVERIFY"},
    {op_checksequenceverify, "OP_CHECKSEQUENCEVERIFY"},
    {op_nop4, "OP_NOP4"},
    {0xb4, "OP_NOP5"},
    {0xb5, "OP_NOP6"},
    {0xb6, "OP_NOP7"},
    {0xb7, "OP_NOP8"},
    {0xb8, "OP_NOP9"},
    {op_nop10, "OP_NOP10"},
    {op_checksigadd, "OP_CHECKSIGADD"},
});
constexpr bool contiguous() {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].opcode != op_nop + i) return false;
  }
  return names.back().opcode == op_checksigadd;
}
static_assert(contiguous(), "one name for every opcode from OP_NOP to OP_CHECKSIGADD");

constexpr std::array<std::string_view, 18> small_numbers = {
    "-1", "OP_RESERVED", "1",  "2",  "3",  "4",  "5",  "6",  "7",
    "8",  "9",           "10", "11", "12", "13", "14", "15", "16"};

}  // namespace

std::string_view op_name(Byte opcode) {
  if (opcode == op_0) return "0";
  if (opcode < op_1negate) return {};
  if (opcode <= op_16) return small_numbers[opcode - op_1negate];
  if (opcode <= op_checksigadd) return names[opcode - op_nop].name;
  return opcode == op_invalid ? "OP_INVALIDOPCODE" : "OP_UNKNOWN";
}

bool ScriptReader::next(Instruction& out) {
  out = {};
  if (at_end()) return false;
  failed_ = true;
  const Byte opcode = script_[position_++];
  const std::size_t left = script_.size() - position_;
  if (opcode <= op_pushdata4) {
    std::size_t size = opcode;
    if (opcode >= op_pushdata1) {
      const std::size_t bytes = opcode == op_pushdata1 ? 1 : opcode == op_pushdata2 ? 2 : 4;
      if (left < bytes) return false;
      size = 0;
      for (std::size_t i = bytes; i-- > 0;) size = size << 8 | script_[position_ + i];
      position_ += bytes;
    }
    if (script_.size() - position_ < size) return false;
    out.data = script_.subspan(position_, size);
    position_ += size;
  }
  out.opcode = opcode;
  failed_ = false;
  return true;
}

Bytes encode_number(std::int64_t value) {
  Bytes out;
  if (value == 0) return out;
  const bool negative = value < 0;
  std::uint64_t rest =
      negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  for (; rest != 0; rest >>= 8) out.push_back(static_cast<Byte>(rest));
  if ((out.back() & 0x80) != 0) {
    out.push_back(negative ? 0x80 : 0);
  } else if (negative) {
    out.back() |= 0x80;
  }
  return out;
}

std::optional<std::int64_t> decode_number(ByteView bytes, bool minimal, std::size_t size_max) {
  if (bytes.size() > std::min<std::size_t>(size_max, 8)) return std::nullopt;
  if (bytes.empty()) return 0;
  // A last byte without value but its sign is needed only where the one before it is full.
  if (minimal && (bytes.back() & 0x7f) == 0 &&
      (bytes.size() == 1 || (bytes[bytes.size() - 2] & 0x80) == 0)) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  const std::uint64_t sign = std::uint64_t{0x80} << (8 * (bytes.size() - 1));
  const auto magnitude = static_cast<std::int64_t>(value & ~sign);
  return (value & sign) != 0 ? -magnitude : magnitude;
}

bool to_bool(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != 0) return i + 1 != bytes.size() || bytes[i] != 0x80;
  }
  return false;
}

void push_data(Bytes& script, ByteView data) {
  if (data.size() < op_pushdata1) {
    put_u8(script, static_cast<Byte>(data.size()));
  } else {
    const std::size_t bytes = data.size() <= 0xff ? 1 : data.size() <= 0xffff ? 2 : 4;
    put_u8(script, bytes == 1 ? op_pushdata1 : bytes == 2 ? op_pushdata2 : op_pushdata4);
    put_number(script, data.size(), bytes);
  }
  put_bytes(script, data);
}

void push_number(Bytes& script, std::int64_t value) {
  if (value == 0) {
    put_u8(script, op_0);
  } else if (value == -1 || (value >= 1 && value <= 16)) {
    put_u8(script, static_cast<Byte>(op_reserved + value));
  } else {
    push_data(script, encode_number(value));
  }
}

bool is_minimal_push(ByteView data, Byte opcode) {
  if (data.empty()) return opcode == op_0;
  if (data.size() == 1 && data[0] >= 1 && data[0] <= 16) return opcode == op_reserved + data[0];
  if (data.size() == 1 && data[0] == 0x81) return opcode == op_1negate;
  if (data.size() <= 75) return opcode == data.size();
  if (data.size() <= 255) return opcode == op_pushdata1;
  if (data.size() <= 65535) return opcode == op_pushdata2;
  return true;
}

int find_and_delete(Bytes& script, ByteView pattern) {
  if (pattern.empty()) return 0;
  Bytes kept;
  int found = 0;
  std::size_t from = 0;
  std::size_t at = 0;
  const ByteView all = script;
  Instruction ignored;
  do {
    kept.insert(kept.end(), script.begin() + static_cast<std::ptrdiff_t>(from),
                script.begin() + static_cast<std::ptrdiff_t>(at));
    while (
        all.size() - at >= pattern.size() &&
        std::equal(pattern.begin(), pattern.end(), all.begin() + static_cast<std::ptrdiff_t>(at))) {
      at += pattern.size();
      ++found;
    }
    from = at;
    ScriptReader reader(all.subspan(at));
    if (!reader.next(ignored)) break;
    at += reader.position();
  } while (true);
  if (found == 0) return 0;
  kept.insert(kept.end(), script.begin() + static_cast<std::ptrdiff_t>(from), script.end());
  script = std::move(kept);
  return found;
}

bool is_op_success(Byte opcode) {
  return opcode == 80 || opcode == 98 || (opcode >= 126 && opcode <= 129) ||
         (opcode >= 131 && opcode <= 134) || (opcode >= 137 && opcode <= 138) ||
         (opcode >= 141 && opcode <= 142) || (opcode >= 149 && opcode <= 153) ||
         (opcode >= 187 && opcode <= 254);
}

bool is_push_only(ByteView script) {
  ScriptReader reader(script);
  Instruction instruction;
  while (reader.next(instruction)) {
    if (instruction.opcode > op_16) return false;
  }
  return !reader.failed();
}

bool has_valid_ops(ByteView script) {
  ScriptReader reader(script);
  Instruction instruction;
  while (reader.next(instruction)) {
    if (instruction.opcode > op_checksigadd || instruction.data.size() > max_element_size) {
      return false;
    }
  }
  return !reader.failed();
}

bool is_unspendable(ByteView script) {
  return (!script.empty() && script[0] == op_return) || script.size() > max_script_size;
}

bool is_p2sh(ByteView script) {
  return script.size() == 23 && script[0] == op_hash160 && script[1] == 20 &&
         script[22] == op_equal;
}
bool is_p2wpkh(ByteView script) {
  return script.size() == 22 && script[0] == op_0 && script[1] == 20;
}
bool is_p2wsh(ByteView script) {
  return script.size() == 34 && script[0] == op_0 && script[1] == 32;
}
bool is_p2tr(ByteView script) {
  return script.size() == 34 && script[0] == op_1 && script[1] == 32;
}

std::optional<WitnessProgram> witness_program(ByteView script) {
  if (script.size() < 4 || script.size() > 42) return std::nullopt;
  if (script[0] != op_0 && (script[0] < op_1 || script[0] > op_16)) return std::nullopt;
  if (std::size_t{script[1]} + 2 != script.size()) return std::nullopt;
  const int version = script[0] == op_0 ? 0 : script[0] - op_reserved;
  return WitnessProgram{version, script.subspan(2)};
}

bool is_anchor(const WitnessProgram& program) {
  return program.version == 1 && program.program.size() == 2 && program.program[0] == 0x4e &&
         program.program[1] == 0x73;
}

std::size_t count_sigops(ByteView script, bool accurate) {
  std::size_t count = 0;
  ScriptReader reader(script);
  Instruction instruction;
  Byte last = op_invalid;
  while (reader.next(instruction)) {
    if (instruction.opcode == op_checksig || instruction.opcode == op_checksigverify) {
      ++count;
    } else if (instruction.opcode == op_checkmultisig ||
               instruction.opcode == op_checkmultisigverify) {
      count += accurate && last >= op_1 && last <= op_16
                   ? static_cast<std::size_t>(last - op_reserved)
                   : std::size_t{max_keys_per_multisig};
    }
    last = instruction.opcode;
  }
  return count;
}

namespace {

/// The last element a push-only script pushes; nothing if it does more than push.
std::optional<ByteView> last_push(ByteView script) {
  ScriptReader reader(script);
  Instruction instruction;
  ByteView data;
  while (reader.next(instruction)) {
    if (instruction.opcode > op_16) return std::nullopt;
    data = instruction.data;
  }
  if (reader.failed()) return std::nullopt;
  return data;
}

}  // namespace

std::size_t count_p2sh_sigops(ByteView script_pubkey, ByteView script_sig) {
  if (!is_p2sh(script_pubkey)) return 0;
  const auto redeem = last_push(script_sig);
  return redeem ? count_sigops(*redeem, true) : 0;
}

std::size_t count_witness_sigops(ByteView script_pubkey, ByteView script_sig,
                                 std::span<const Bytes> witness) {
  auto program = witness_program(script_pubkey);
  if (!program && is_p2sh(script_pubkey)) {
    if (const auto redeem = last_push(script_sig)) program = witness_program(*redeem);
  }
  if (!program || program->version != 0) return 0;
  if (program->program.size() == 20) return 1;
  if (program->program.size() == 32 && !witness.empty()) return count_sigops(witness.back(), true);
  return 0;
}

}  // namespace ledgerlab::bitcoin
