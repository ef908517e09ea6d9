// The opcodes of Bitcoin Script. What surrounds them (witness programs, P2SH, taproot's
// commitments) is in verify.cpp.
#include "models/parts/bitcoin/interpreter.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/der.hpp"

namespace ledgerlab::bitcoin {
namespace {

using enum ScriptError;

constexpr std::size_t locktime_number_size = 5;                   // BIP 65
constexpr std::int64_t sequence_disable = std::int64_t{1} << 31;  // BIP 112
constexpr std::int64_t sigop_budget = 50;                         // BIP 342

Hash160 hash160(ByteView bytes) { return ripemd160(sha256(bytes).view()); }

/// The IFs an instruction stands in. Only how many there are and the first false one matter.
class Conditions {
 public:
  bool empty() const { return depth_ == 0; }
  bool all_true() const { return first_false_ == none; }
  void push(bool value) {
    if (first_false_ == none && !value) first_false_ = depth_;
    ++depth_;
  }
  void pop() {
    --depth_;
    if (first_false_ == depth_) first_false_ = none;
  }
  void toggle() {
    if (first_false_ == none) {
      first_false_ = depth_ - 1;
    } else if (first_false_ == depth_ - 1) {
      first_false_ = none;
    }
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  std::size_t depth_ = 0;
  std::size_t first_false_ = none;
};

bool is_disabled(Byte opcode) {
  // CVE-2010-5137
  switch (opcode) {
    case op_cat:
    case op_substr:
    case op_left:
    case op_right:
    case op_invert:
    case op_and:
    case op_or:
    case op_xor:
    case op_2mul:
    case op_2div:
    case op_mul:
    case op_div:
    case op_mod:
    case op_lshift:
    case op_rshift:
      return true;
    default:
      return false;
  }
}

class Machine {
 public:
  Machine(Stack& stack, ByteView script, std::uint32_t flags, const SignatureChecker& checker,
          SigVersion version, ExecutionData& execution)
      : stack_(stack),
        script_(script),
        flags_(flags),
        checker_(checker),
        version_(version),
        execution_(execution),
        minimal_((flags & verify_minimaldata) != 0) {}

  ScriptError run();

 private:
  bool has(std::uint32_t flag) const { return (flags_ & flag) != 0; }
  bool legacy_limits() const {
    return version_ == SigVersion::base || version_ == SigVersion::witness_v0;
  }
  /// The element `depth` below the top, 1 being the top itself.
  Bytes& top(std::size_t depth = 1) { return stack_[stack_.size() - depth]; }
  bool holds(std::size_t count) const { return stack_.size() >= count; }
  void pop(std::size_t count = 1) { stack_.resize(stack_.size() - count); }
  void push(Bytes value) { stack_.push_back(std::move(value)); }
  void push_bool(bool value) { push(value ? Bytes{1} : Bytes{}); }
  std::optional<std::int64_t> number(std::size_t depth = 1, std::size_t size_max = 4) {
    return decode_number(top(depth), minimal_, size_max);
  }

  ScriptError step(const Instruction& instruction);
  ScriptError execute(Byte opcode);
  ScriptError execute_control(Byte opcode);
  ScriptError execute_condition(Byte opcode);
  ScriptError execute_stack(Byte opcode);
  ScriptError execute_pick(Byte opcode);
  ScriptError execute_unary(Byte opcode);
  ScriptError execute_binary(Byte opcode);
  ScriptError execute_within();
  ScriptError execute_equal(Byte opcode);
  ScriptError execute_hash(Byte opcode);
  ScriptError execute_locktime();
  ScriptError execute_sequence();
  ScriptError execute_checksig(Byte opcode);
  ScriptError execute_checksigadd();
  ScriptError execute_multisig(Byte opcode);

  ScriptError check_signature_encoding(ByteView signature) const;
  ScriptError check_key_encoding(ByteView key) const;
  ScriptError check_signature(ByteView signature, ByteView key, bool& success);
  ScriptError check_signature_legacy(ByteView signature, ByteView key, bool& success);
  ScriptError check_signature_tapscript(ByteView signature, ByteView key, bool& success);
  ScriptError remove_signature(Bytes& code, ByteView signature) const;
  ScriptError match_keys(std::size_t first_key, std::size_t keys, std::size_t first_signature,
                         std::size_t signatures, ByteView code, bool& success);

  Stack& stack_;
  ByteView script_;
  std::uint32_t flags_;
  const SignatureChecker& checker_;
  SigVersion version_;
  ExecutionData& execution_;
  bool minimal_;

  Stack alternate_;
  Conditions conditions_;
  int op_count_ = 0;
  std::size_t code_begin_ = 0;  // behind the last executed OP_CODESEPARATOR
  std::size_t position_ = 0;    // behind the instruction that runs
  std::uint32_t opcode_position_ = 0;
};

ScriptError Machine::run() {
  if (legacy_limits() && script_.size() > max_script_size) return script_size;
  ScriptReader reader(script_);
  Instruction instruction;
  execution_.codeseparator_position = 0xffffffff;
  while (!reader.at_end()) {
    if (!reader.next(instruction)) return bad_opcode;
    position_ = reader.position();
    if (const ScriptError error = step(instruction); error != ok) return error;
    if (stack_.size() + alternate_.size() > max_stack_size) return stack_size;
    ++opcode_position_;
  }
  return conditions_.empty() ? ok : unbalanced_conditional;
}

ScriptError Machine::step(const Instruction& instruction) {
  const Byte opcode = instruction.opcode;
  const bool executing = conditions_.all_true();
  if (instruction.data.size() > max_element_size) return push_size;
  if (legacy_limits() && opcode > op_16 && ++op_count_ > max_ops_per_script) return op_count;
  if (is_disabled(opcode)) return disabled_opcode;
  if (opcode == op_codeseparator && version_ == SigVersion::base && has(verify_const_scriptcode)) {
    return code_separator;
  }
  if (executing && opcode <= op_pushdata4) {
    if (minimal_ && !is_minimal_push(instruction.data, opcode)) return minimaldata;
    push(Bytes(instruction.data.begin(), instruction.data.end()));
    return ok;
  }
  if (executing || (opcode >= op_if && opcode <= op_endif)) return execute(opcode);
  return ok;
}

ScriptError Machine::execute(Byte opcode) {
  if (opcode == op_1negate || (opcode >= op_1 && opcode <= op_16)) {
    push(encode_number(int{opcode} - op_reserved));
    return ok;
  }
  if (opcode >= op_nop && opcode <= op_return) return execute_control(opcode);
  if (opcode >= op_toaltstack && opcode <= op_tuck) return execute_stack(opcode);
  switch (opcode) {
    case op_size:
      if (!holds(1)) return invalid_stack_operation;
      push(encode_number(static_cast<std::int64_t>(top().size())));
      return ok;
    case op_equal:
    case op_equalverify:
      return execute_equal(opcode);
    case op_1add:
    case op_1sub:
    case op_negate:
    case op_abs:
    case op_not:
    case op_0notequal:
      return execute_unary(opcode);
    case op_within:
      return execute_within();
    case op_codeseparator:
      code_begin_ = position_;
      execution_.codeseparator_position = opcode_position_;
      return ok;
    case op_checksig:
    case op_checksigverify:
      return execute_checksig(opcode);
    case op_checksigadd:
      return execute_checksigadd();
    case op_checkmultisig:
    case op_checkmultisigverify:
      return execute_multisig(opcode);
    case op_checklocktimeverify:
      if (has(verify_checklocktimeverify)) return execute_locktime();
      break;
    case op_checksequenceverify:
      if (has(verify_checksequenceverify)) return execute_sequence();
      break;
    default:
      break;
  }
  if (opcode >= op_add && opcode <= op_max) return execute_binary(opcode);
  if (opcode >= op_ripemd160 && opcode <= op_hash256) return execute_hash(opcode);
  if (opcode == op_checklocktimeverify || opcode == op_checksequenceverify)
    return ok;  // BIP 65, 112: a NOP before
  if (opcode >= op_nop1 && opcode <= op_nop10) {
    return has(verify_discourage_upgradable_nops) ? discourage_upgradable_nops : ok;
  }
  return bad_opcode;
}

ScriptError Machine::execute_control(Byte opcode) {
  switch (opcode) {
    case op_nop:
      return ok;
    case op_if:
    case op_notif:
    case op_else:
    case op_endif:
      return execute_condition(opcode);
    case op_verify:
      if (!holds(1)) return invalid_stack_operation;
      if (!to_bool(top())) return verify;
      pop();
      return ok;
    case op_return:
      return returned;
    default:  // OP_VER, OP_VERIF, OP_VERNOTIF
      return bad_opcode;
  }
}

ScriptError Machine::execute_condition(Byte opcode) {
  if (opcode == op_else || opcode == op_endif) {
    if (conditions_.empty()) return unbalanced_conditional;
    if (opcode == op_else) {
      conditions_.toggle();
    } else {
      conditions_.pop();
    }
    return ok;
  }
  bool value = false;
  if (conditions_.all_true()) {
    if (!holds(1)) return invalid_stack_operation;
    const Bytes& element = top();
    const bool is_minimal = element.empty() || (element.size() == 1 && element[0] == 1);
    // BIP 342: a rule of consensus in tapscript; a policy in witness version 0.
    if (version_ == SigVersion::tapscript && !is_minimal) return tapscript_minimalif;
    if (version_ == SigVersion::witness_v0 && has(verify_minimalif) && !is_minimal) {
      return minimalif;
    }
    value = to_bool(element) == (opcode == op_if);
    pop();
  }
  conditions_.push(value);
  return ok;
}

ScriptError Machine::execute_stack(Byte opcode) {
  struct Need {
    Byte opcode;
    std::size_t elements;
  };
  static constexpr std::array needs = std::to_array<Need>({{op_toaltstack, 1},
                                                           {op_fromaltstack, 0},
                                                           {op_2drop, 2},
                                                           {op_2dup, 2},
                                                           {op_3dup, 3},
                                                           {op_2over, 4},
                                                           {op_2rot, 6},
                                                           {op_2swap, 4},
                                                           {op_ifdup, 1},
                                                           {op_depth, 0},
                                                           {op_drop, 1},
                                                           {op_dup, 1},
                                                           {op_nip, 2},
                                                           {op_over, 2},
                                                           {op_pick, 2},
                                                           {op_roll, 2},
                                                           {op_rot, 3},
                                                           {op_swap, 2},
                                                           {op_tuck, 2}});
  static_assert(needs.size() == op_tuck - op_toaltstack + 1);
  if (!holds(needs[opcode - op_toaltstack].elements)) return invalid_stack_operation;
  const auto end = stack_.end();
  switch (opcode) {
    case op_toaltstack:
      alternate_.push_back(std::move(top()));
      pop();
      return ok;
    case op_fromaltstack:
      if (alternate_.empty()) return invalid_altstack_operation;
      push(std::move(alternate_.back()));
      alternate_.pop_back();
      return ok;
    case op_2drop:
      pop(2);
      return ok;
    case op_2dup:
    case op_3dup: {
      const std::size_t count = opcode == op_2dup ? 2 : 3;
      for (std::size_t i = 0; i < count; ++i) push(Bytes(top(count)));
      return ok;
    }
    case op_2over:
      for (int i = 0; i < 2; ++i) push(Bytes(top(4)));
      return ok;
    case op_2rot:
      std::rotate(end - 6, end - 4, end);
      return ok;
    case op_2swap:
      std::rotate(end - 4, end - 2, end);
      return ok;
    case op_ifdup:
      if (to_bool(top())) push(Bytes(top()));
      return ok;
    case op_depth:
      push(encode_number(static_cast<std::int64_t>(stack_.size())));
      return ok;
    case op_drop:
      pop();
      return ok;
    case op_dup:
      push(Bytes(top()));
      return ok;
    case op_nip:
      stack_.erase(end - 2);
      return ok;
    case op_over:
      push(Bytes(top(2)));
      return ok;
    case op_rot:
      std::rotate(end - 3, end - 2, end);
      return ok;
    case op_swap:
      std::swap(top(1), top(2));
      return ok;
    case op_tuck:
      stack_.insert(end - 2, Bytes(top()));
      return ok;
    default:
      return execute_pick(opcode);
  }
}

ScriptError Machine::execute_pick(Byte opcode) {
  const auto wanted = number();
  if (!wanted) return scriptnum;
  pop();
  if (*wanted < 0 || static_cast<std::uint64_t>(*wanted) >= stack_.size()) {
    return invalid_stack_operation;
  }
  const auto at = stack_.end() - 1 - static_cast<std::ptrdiff_t>(*wanted);
  if (opcode == op_pick) {
    push(Bytes(*at));
  } else {
    std::rotate(at, at + 1, stack_.end());
  }
  return ok;
}

ScriptError Machine::execute_equal(Byte opcode) {
  if (!holds(2)) return invalid_stack_operation;
  const bool equal = top(1) == top(2);
  pop(2);
  if (opcode == op_equalverify && equal) return ok;
  push_bool(equal);
  return opcode == op_equalverify ? equalverify : ok;
}

ScriptError Machine::execute_unary(Byte opcode) {
  if (!holds(1)) return invalid_stack_operation;
  const auto value = number();
  if (!value) return scriptnum;
  std::int64_t result = *value;
  switch (opcode) {
    case op_1add:
      ++result;
      break;
    case op_1sub:
      --result;
      break;
    case op_negate:
      result = -result;
      break;
    case op_abs:
      result = result < 0 ? -result : result;
      break;
    case op_not:
      result = result == 0 ? 1 : 0;
      break;
    default:
      result = result != 0 ? 1 : 0;
      break;
  }
  top() = encode_number(result);
  return ok;
}

ScriptError Machine::execute_binary(Byte opcode) {
  if (!holds(2)) return invalid_stack_operation;
  const auto first = number(2);
  const auto second = number(1);
  if (!first || !second) return scriptnum;
  const std::int64_t a = *first;
  const std::int64_t b = *second;
  std::int64_t result = 0;
  switch (opcode) {
    case op_add:
      result = a + b;
      break;
    case op_sub:
      result = a - b;
      break;
    case op_booland:
      result = a != 0 && b != 0;
      break;
    case op_boolor:
      result = a != 0 || b != 0;
      break;
    case op_numequal:
    case op_numequalverify:
      result = a == b;
      break;
    case op_numnotequal:
      result = a != b;
      break;
    case op_lessthan:
      result = a < b;
      break;
    case op_greaterthan:
      result = a > b;
      break;
    case op_lessthanorequal:
      result = a <= b;
      break;
    case op_greaterthanorequal:
      result = a >= b;
      break;
    case op_min:
      result = std::min(a, b);
      break;
    default:
      result = std::max(a, b);
      break;
  }
  pop(2);
  if (opcode == op_numequalverify && result != 0) return ok;
  push(encode_number(result));
  return opcode == op_numequalverify ? numequalverify : ok;
}

ScriptError Machine::execute_within() {
  if (!holds(3)) return invalid_stack_operation;
  const auto value = number(3);
  const auto low = number(2);
  const auto high = number(1);
  if (!value || !low || !high) return scriptnum;
  pop(3);
  push_bool(*low <= *value && *value < *high);
  return ok;
}

ScriptError Machine::execute_hash(Byte opcode) {
  if (!holds(1)) return invalid_stack_operation;
  Bytes& element = top();
  const auto put = [&](const auto& hash) {
    element.assign(hash.data.begin(), hash.data.end());
    return ok;
  };
  switch (opcode) {
    case op_ripemd160:
      return put(ripemd160(element));
    case op_sha1:
      return put(sha1(element));
    case op_sha256:
      return put(sha256(element));
    case op_hash160:
      return put(hash160(element));
    default:
      return put(sha256d(element));
  }
}

ScriptError Machine::execute_locktime() {
  if (!holds(1)) return invalid_stack_operation;
  const auto locktime = number(1, locktime_number_size);
  if (!locktime) return scriptnum;
  if (*locktime < 0) return negative_locktime;
  return checker_.check_locktime(*locktime) ? ok : unsatisfied_locktime;
}

ScriptError Machine::execute_sequence() {
  if (!holds(1)) return invalid_stack_operation;
  const auto sequence = number(1, locktime_number_size);
  if (!sequence) return scriptnum;
  if (*sequence < 0) return negative_locktime;
  if ((*sequence & sequence_disable) != 0) return ok;
  return checker_.check_sequence(*sequence) ? ok : unsatisfied_locktime;
}

ScriptError Machine::check_signature_encoding(ByteView signature) const {
  if (signature.empty()) return ok;
  if (has(verify_dersig | verify_low_s | verify_strictenc) && !is_strict_der(signature)) {
    return sig_der;
  }
  if (has(verify_low_s) && !has_low_s(signature)) return sig_high_s;
  if (has(verify_strictenc) && !has_defined_hash_type(signature)) return sig_hashtype;
  return ok;
}

ScriptError Machine::check_key_encoding(ByteView key) const {
  if (has(verify_strictenc) && !is_plain_key(key)) return pubkeytype;
  if (has(verify_witness_pubkeytype) && version_ == SigVersion::witness_v0 &&
      !is_compressed_key(key)) {
    return witness_pubkeytype;
  }
  return ok;
}

/// A signature cannot sign itself: before segregated witness it is cut out of the script code.
ScriptError Machine::remove_signature(Bytes& code, ByteView signature) const {
  if (version_ != SigVersion::base) return ok;
  Bytes pattern;
  push_data(pattern, signature);
  const int found = find_and_delete(code, pattern);
  return found > 0 && has(verify_const_scriptcode) ? sig_findanddelete : ok;
}

ScriptError Machine::check_signature_legacy(ByteView signature, ByteView key, bool& success) {
  const ByteView rest = script_.subspan(code_begin_);
  Bytes code(rest.begin(), rest.end());
  if (const auto error = remove_signature(code, signature); error != ok) return error;
  if (const auto error = check_signature_encoding(signature); error != ok) return error;
  if (const auto error = check_key_encoding(key); error != ok) return error;
  success = checker_.check_ecdsa(signature, key, code, version_);
  if (!success && has(verify_nullfail) && !signature.empty()) return sig_nullfail;
  return ok;
}

ScriptError Machine::check_signature_tapscript(ByteView signature, ByteView key, bool& success) {
  // BIP 342, "rules for signature opcodes".
  success = !signature.empty();
  if (success) {
    execution_.validation_weight_left -= sigop_budget;
    if (execution_.validation_weight_left < 0) return tapscript_validation_weight;
  }
  if (key.empty()) return tapscript_empty_pubkey;
  if (key.size() == 32) {
    return success ? checker_.check_schnorr(signature, key, version_, execution_) : ok;
  }
  return has(verify_discourage_upgradable_pubkeytype) ? discourage_upgradable_pubkeytype : ok;
}

ScriptError Machine::check_signature(ByteView signature, ByteView key, bool& success) {
  return version_ == SigVersion::tapscript ? check_signature_tapscript(signature, key, success)
                                           : check_signature_legacy(signature, key, success);
}

ScriptError Machine::execute_checksig(Byte opcode) {
  if (!holds(2)) return invalid_stack_operation;
  bool success = true;
  if (const auto error = check_signature(top(2), top(1), success); error != ok) return error;
  pop(2);
  if (opcode == op_checksigverify && success) return ok;
  push_bool(success);
  return opcode == op_checksigverify ? checksigverify : ok;
}

ScriptError Machine::execute_checksigadd() {
  if (version_ != SigVersion::tapscript) return bad_opcode;
  if (!holds(3)) return invalid_stack_operation;
  const auto count = number(2);
  if (!count) return scriptnum;
  bool success = true;
  if (const auto error = check_signature(top(3), top(1), success); error != ok) return error;
  pop(3);
  push(encode_number(*count + (success ? 1 : 0)));
  return ok;
}

/// Keys and signatures in order, each key used once. Positions are depths below the top.
ScriptError Machine::match_keys(std::size_t first_key, std::size_t keys,
                                std::size_t first_signature, std::size_t signatures, ByteView code,
                                bool& success) {
  success = true;
  while (success && signatures > 0) {
    const Bytes& signature = top(first_signature);
    const Bytes& key = top(first_key);
    // The encoding of both is looked at before, and for every pair that is tried.
    if (const auto error = check_signature_encoding(signature); error != ok) return error;
    if (const auto error = check_key_encoding(key); error != ok) return error;
    if (checker_.check_ecdsa(signature, key, code, version_)) {
      ++first_signature;
      --signatures;
    }
    ++first_key;
    --keys;
    if (signatures > keys) success = false;
  }
  return ok;
}

ScriptError Machine::execute_multisig(Byte opcode) {
  if (version_ == SigVersion::tapscript) return tapscript_checkmultisig;
  // dummy signatures... count keys... count
  if (!holds(1)) return invalid_stack_operation;
  const auto keys = number();
  if (!keys) return scriptnum;
  if (*keys < 0 || *keys > max_keys_per_multisig) return pubkey_count;
  const auto key_count = static_cast<std::size_t>(*keys);
  op_count_ += static_cast<int>(*keys);
  if (op_count_ > max_ops_per_script) return op_count;
  const std::size_t count_at = key_count + 2;
  if (!holds(count_at)) return invalid_stack_operation;
  const auto signatures = number(count_at);
  if (!signatures) return scriptnum;
  if (*signatures < 0 || *signatures > *keys) return sig_count;
  const auto signature_count = static_cast<std::size_t>(*signatures);
  const std::size_t dummy_at = count_at + signature_count + 1;
  if (!holds(dummy_at)) return invalid_stack_operation;

  const ByteView rest = script_.subspan(code_begin_);
  Bytes code(rest.begin(), rest.end());
  for (std::size_t i = 1; i <= signature_count; ++i) {
    if (const auto error = remove_signature(code, top(count_at + i)); error != ok) return error;
  }
  bool success = true;
  if (const auto error = match_keys(2, key_count, count_at + 1, signature_count, code, success);
      error != ok) {
    return error;
  }
  if (!success && has(verify_nullfail)) {
    for (std::size_t i = 1; i <= signature_count; ++i) {
      if (!top(count_at + i).empty()) return sig_nullfail;
    }
  }
  if (has(verify_nulldummy) && !top(dummy_at).empty()) return sig_nulldummy;
  pop(dummy_at);
  if (opcode == op_checkmultisigverify && success) return ok;
  push_bool(success);
  return opcode == op_checkmultisigverify ? checkmultisigverify : ok;
}

}  // namespace

ScriptError eval_script(Stack& stack, ByteView script, std::uint32_t flags,
                        const SignatureChecker& checker, SigVersion version,
                        ExecutionData& execution) {
  return Machine(stack, script, flags, checker, version, execution).run();
}

}  // namespace ledgerlab::bitcoin
