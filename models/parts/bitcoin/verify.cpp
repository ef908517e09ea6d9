// How an input's scripts are put together: the two legacy scripts, P2SH, witness programs, taproot;
// and the names of flags and errors.
#include <algorithm>
#include <array>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/interpreter.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/bitcoin/taproot.hpp"
#include "models/parts/bitcoin/wire.hpp"

namespace ledgerlab::bitcoin {
namespace {

using enum ScriptError;

constexpr std::int64_t budget_offset = 50;  // BIP 342

struct FlagName {
  std::string_view name;
  ScriptFlag flag;
};
constexpr std::array flag_names = std::to_array<FlagName>({
    {"P2SH", verify_p2sh},
    {"STRICTENC", verify_strictenc},
    {"DERSIG", verify_dersig},
    {"LOW_S", verify_low_s},
    {"NULLDUMMY", verify_nulldummy},
    {"SIGPUSHONLY", verify_sigpushonly},
    {"MINIMALDATA", verify_minimaldata},
    {"DISCOURAGE_UPGRADABLE_NOPS", verify_discourage_upgradable_nops},
    {"CLEANSTACK", verify_cleanstack},
    {"CHECKLOCKTIMEVERIFY", verify_checklocktimeverify},
    {"CHECKSEQUENCEVERIFY", verify_checksequenceverify},
    {"WITNESS", verify_witness},
    {"DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM", verify_discourage_upgradable_witness_program},
    {"MINIMALIF", verify_minimalif},
    {"NULLFAIL", verify_nullfail},
    {"WITNESS_PUBKEYTYPE", verify_witness_pubkeytype},
    {"CONST_SCRIPTCODE", verify_const_scriptcode},
    {"TAPROOT", verify_taproot},
    {"DISCOURAGE_UPGRADABLE_TAPROOT_VERSION", verify_discourage_upgradable_taproot_version},
    {"DISCOURAGE_OP_SUCCESS", verify_discourage_op_success},
    {"DISCOURAGE_UPGRADABLE_PUBKEYTYPE", verify_discourage_upgradable_pubkeytype},
});

constexpr std::array error_names = std::to_array<std::string_view>({
    "OK",
    "UNKNOWN_ERROR",
    "EVAL_FALSE",
    "OP_RETURN",
    "SCRIPT_SIZE",
    "PUSH_SIZE",
    "OP_COUNT",
    "STACK_SIZE",
    "SIG_COUNT",
    "PUBKEY_COUNT",
    "VERIFY",
    "EQUALVERIFY",
    "CHECKMULTISIGVERIFY",
    "CHECKSIGVERIFY",
    "NUMEQUALVERIFY",
    "BAD_OPCODE",
    "DISABLED_OPCODE",
    "INVALID_STACK_OPERATION",
    "INVALID_ALTSTACK_OPERATION",
    "UNBALANCED_CONDITIONAL",
    "NEGATIVE_LOCKTIME",
    "UNSATISFIED_LOCKTIME",
    "SIG_HASHTYPE",
    "SIG_DER",
    "MINIMALDATA",
    "SIG_PUSHONLY",
    "SIG_HIGH_S",
    "SIG_NULLDUMMY",
    "PUBKEYTYPE",
    "CLEANSTACK",
    "MINIMALIF",
    "NULLFAIL",
    "DISCOURAGE_UPGRADABLE_NOPS",
    "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM",
    "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION",
    "DISCOURAGE_OP_SUCCESS",
    "DISCOURAGE_UPGRADABLE_PUBKEYTYPE",
    "WITNESS_PROGRAM_WRONG_LENGTH",
    "WITNESS_PROGRAM_WITNESS_EMPTY",
    "WITNESS_PROGRAM_MISMATCH",
    "WITNESS_MALLEATED",
    "WITNESS_MALLEATED_P2SH",
    "WITNESS_UNEXPECTED",
    "WITNESS_PUBKEYTYPE",
    "SCHNORR_SIG_SIZE",
    "SCHNORR_SIG_HASHTYPE",
    "SCHNORR_SIG",
    "TAPROOT_WRONG_CONTROL_SIZE",
    "TAPSCRIPT_VALIDATION_WEIGHT",
    "TAPSCRIPT_CHECKMULTISIG",
    "TAPSCRIPT_MINIMALIF",
    "TAPSCRIPT_EMPTY_PUBKEY",
    "OP_CODESEPARATOR",
    "SIG_FINDANDDELETE",
    "SCRIPTNUM",
});
static_assert(error_names.size() == static_cast<std::size_t>(ScriptError::scriptnum) + 1);

struct Context {
  std::uint32_t flags;
  const SignatureChecker& checker;
  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
};

/// Nothing: no OP_SUCCESS, go on.
std::optional<ScriptError> scan_op_success(ByteView script, const Context& context) {
  ScriptReader reader(script);
  Instruction instruction;
  while (!reader.at_end()) {
    if (!reader.next(instruction)) return bad_opcode;
    if (!is_op_success(instruction.opcode)) continue;
    return context.has(verify_discourage_op_success) ? discourage_op_success : ok;
  }
  return std::nullopt;
}

ScriptError run_witness_script(Stack stack, ByteView script, SigVersion version,
                               ExecutionData& execution, const Context& context) {
  if (version == SigVersion::tapscript) {
    if (const auto decided = scan_op_success(script, context)) return *decided;
    if (stack.size() > max_stack_size) return stack_size;
  }
  for (const Bytes& element : stack) {
    if (element.size() > max_element_size) return push_size;
  }
  const ScriptError error =
      eval_script(stack, script, context.flags, context.checker, version, execution);
  if (error != ok) return error;
  // A clean stack is a rule of consensus here.
  if (stack.size() != 1) return cleanstack;
  return to_bool(stack.back()) ? ok : eval_false;
}

ScriptError verify_witness_v0(std::span<const Bytes> witness, ByteView program,
                              const Context& context) {
  ExecutionData execution;
  if (program.size() == 32) {
    if (witness.empty()) return witness_program_witness_empty;
    const Bytes& script = witness.back();
    const Hash256 hash = sha256(script);
    if (!std::equal(program.begin(), program.end(), hash.data.begin())) {
      return witness_program_mismatch;
    }
    return run_witness_script(Stack(witness.begin(), witness.end() - 1), script,
                              SigVersion::witness_v0, execution, context);
  }
  if (program.size() != 20) return witness_program_wrong_length;
  if (witness.size() != 2) return witness_program_mismatch;
  Bytes script = {op_dup, op_hash160};
  push_data(script, program);
  put_u8(script, op_equalverify);
  put_u8(script, op_checksig);
  return run_witness_script(Stack(witness.begin(), witness.end()), script, SigVersion::witness_v0,
                            execution, context);
}

std::int64_t witness_size(std::span<const Bytes> witness) {
  std::size_t size = compact_size(witness.size());
  for (const Bytes& item : witness) size += compact_size(item.size()) + item.size();
  return static_cast<std::int64_t>(size);
}

/// BIP 341, "script validation rules".
ScriptError verify_taproot_spend(std::span<const Bytes> witness, ByteView program,
                                 const Context& context) {
  if (witness.empty()) return witness_program_witness_empty;
  ExecutionData execution;
  std::span<const Bytes> stack = witness;
  if (stack.size() >= 2 && !stack.back().empty() && stack.back()[0] == annex_tag) {
    Bytes annex;
    put_var_bytes(annex, stack.back());
    execution.annex_hash = sha256(annex);
    stack = stack.first(stack.size() - 1);
  }
  if (stack.size() == 1) {
    return context.checker.check_schnorr(stack[0], program, SigVersion::taproot, execution);
  }
  const Bytes& control = stack.back();
  const Bytes& script = stack[stack.size() - 2];
  if (control.size() < control_base_size ||
      control.size() > control_base_size + control_node_size * control_nodes_max ||
      (control.size() - control_base_size) % control_node_size != 0) {
    return taproot_wrong_control_size;
  }
  const Byte leaf_version = control[0] & taproot_leaf_mask;
  execution.tapleaf_hash = tapleaf_hash(leaf_version, script);
  if (!context.checker.check_commitment(control, program,
                                        taproot_root(control, execution.tapleaf_hash))) {
    return witness_program_mismatch;
  }
  if (leaf_version != tapscript_leaf_version) {
    return context.has(verify_discourage_upgradable_taproot_version)
               ? discourage_upgradable_taproot_version
               : ok;
  }
  execution.validation_weight_left = witness_size(witness) + budget_offset;
  return run_witness_script(Stack(stack.begin(), stack.end() - 2), script, SigVersion::tapscript,
                            execution, context);
}

ScriptError verify_witness_program(std::span<const Bytes> witness, const WitnessProgram& program,
                                   bool in_p2sh, const Context& context) {
  if (program.version == 0) return verify_witness_v0(witness, program.program, context);
  if (program.version == 1 && program.program.size() == 32 && !in_p2sh) {
    if (!context.has(verify_taproot)) return ok;
    return verify_taproot_spend(witness, program.program, context);
  }
  if (!in_p2sh && is_anchor(program)) return ok;
  return context.has(verify_discourage_upgradable_witness_program)
             ? discourage_upgradable_witness_program
             : ok;
}

/// Legacy P2SH (BIP 16): the last element of the input's script is a script itself.
ScriptError verify_redeem(ByteView script_sig, Stack stack, std::span<const Bytes> witness,
                          const Context& context, bool& had_witness, Stack& result) {
  if (!is_push_only(script_sig)) return sig_pushonly;
  const Bytes redeem = std::move(stack.back());
  stack.pop_back();
  ExecutionData execution;
  if (const auto error =
          eval_script(stack, redeem, context.flags, context.checker, SigVersion::base, execution);
      error != ok) {
    return error;
  }
  if (stack.empty() || !to_bool(stack.back())) return eval_false;
  result = std::move(stack);
  if (!context.has(verify_witness)) return ok;
  const auto program = witness_program(redeem);
  if (!program) return ok;
  had_witness = true;
  Bytes exact;
  push_data(exact, redeem);
  if (!std::equal(exact.begin(), exact.end(), script_sig.begin(), script_sig.end())) {
    return witness_malleated_p2sh;
  }
  const auto error = verify_witness_program(witness, *program, true, context);
  result.resize(1);  // the witness has been checked for a clean stack
  return error;
}

}  // namespace

std::optional<std::uint32_t> script_flags_from(std::string_view names) {
  std::uint32_t flags = 0;
  if (names.empty() || names == "NONE") return flags;
  while (true) {
    const std::size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    const auto row = std::find_if(flag_names.begin(), flag_names.end(),
                                  [&](const FlagName& known) { return known.name == name; });
    if (row == flag_names.end()) return std::nullopt;
    flags |= row->flag;
    if (comma == std::string_view::npos) return flags;
    names.remove_prefix(comma + 1);
  }
}

std::string_view script_error_name(ScriptError error) {
  return error_names[static_cast<std::size_t>(error)];
}

ScriptError verify_script(ByteView script_sig, ByteView script_pubkey,
                          std::span<const Bytes> witness, std::uint32_t flags,
                          const SignatureChecker& checker) {
  const Context context{flags, checker};
  if (context.has(verify_sigpushonly) && !is_push_only(script_sig)) return sig_pushonly;
  // The scripts run one after the other on one stack, never joined: an OP_RETURN in the first could
  // otherwise end both.
  Stack stack;
  ExecutionData execution;
  if (const auto error =
          eval_script(stack, script_sig, flags, checker, SigVersion::base, execution);
      error != ok) {
    return error;
  }
  const bool p2sh = context.has(verify_p2sh) && is_p2sh(script_pubkey);
  Stack copy;
  if (p2sh) copy = stack;
  if (const auto error =
          eval_script(stack, script_pubkey, flags, checker, SigVersion::base, execution);
      error != ok) {
    return error;
  }
  if (stack.empty() || !to_bool(stack.back())) return eval_false;

  bool had_witness = false;
  if (context.has(verify_witness)) {
    if (const auto program = witness_program(script_pubkey)) {
      had_witness = true;
      if (!script_sig.empty()) return witness_malleated;
      const auto error = verify_witness_program(witness, *program, false, context);
      if (error != ok) return error;
      stack.resize(1);  // the witness has been checked for a clean stack
    }
  }
  if (p2sh) {
    const auto error =
        verify_redeem(script_sig, std::move(copy), witness, context, had_witness, stack);
    if (error != ok) return error;
  }
  // Only with P2SH and WITNESS, or the inputs of those would have unclean stacks (BIP 62 rule 6).
  if (context.has(verify_cleanstack) && stack.size() != 1) return cleanstack;
  if (context.has(verify_witness) && !had_witness && !witness.empty()) return witness_unexpected;
  return ok;
}

}  // namespace ledgerlab::bitcoin
