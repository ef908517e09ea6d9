// The interpreter of Bitcoin Script: legacy scripts, P2SH (BIP 16), witness version 0 (BIP 141,
// 143), taproot and tapscript (BIP 341, 342), with the verification flags and error names of
// Bitcoin Core. Signatures and lock times are asked of a SignatureChecker.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/parts/bitcoin/script.hpp"

namespace ledgerlab::bitcoin {

enum ScriptFlag : std::uint32_t {
  verify_none = 0,
  verify_p2sh = 1u << 0,
  verify_strictenc = 1u << 1,
  verify_dersig = 1u << 2,
  verify_low_s = 1u << 3,
  verify_nulldummy = 1u << 4,
  verify_sigpushonly = 1u << 5,
  verify_minimaldata = 1u << 6,
  verify_discourage_upgradable_nops = 1u << 7,
  verify_cleanstack = 1u << 8,
  verify_checklocktimeverify = 1u << 9,
  verify_checksequenceverify = 1u << 10,
  verify_witness = 1u << 11,
  verify_discourage_upgradable_witness_program = 1u << 12,
  verify_minimalif = 1u << 13,
  verify_nullfail = 1u << 14,
  verify_witness_pubkeytype = 1u << 15,
  verify_const_scriptcode = 1u << 16,
  verify_taproot = 1u << 17,
  verify_discourage_upgradable_taproot_version = 1u << 18,
  verify_discourage_op_success = 1u << 19,
  verify_discourage_upgradable_pubkeytype = 1u << 20
};
inline constexpr std::uint32_t all_script_flags = (1u << 21) - 1;

/// What consensus demands today of every block.
inline constexpr std::uint32_t consensus_script_flags =
    verify_p2sh | verify_dersig | verify_nulldummy | verify_checklocktimeverify |
    verify_checksequenceverify | verify_witness | verify_taproot;
/// What nodes demand of transactions they relay.
inline constexpr std::uint32_t standard_script_flags =
    consensus_script_flags | verify_strictenc | verify_minimaldata |
    verify_discourage_upgradable_nops | verify_cleanstack | verify_minimalif | verify_nullfail |
    verify_low_s | verify_discourage_upgradable_witness_program | verify_witness_pubkeytype |
    verify_const_scriptcode | verify_discourage_upgradable_taproot_version |
    verify_discourage_op_success | verify_discourage_upgradable_pubkeytype;

/// Comma-separated names ("P2SH,WITNESS"); "" and "NONE" are no flags. Nothing on another name.
std::optional<std::uint32_t> script_flags_from(std::string_view names);

enum class ScriptError : std::uint8_t {
  ok,
  unknown_error,
  eval_false,
  returned,
  script_size,
  push_size,
  op_count,
  stack_size,
  sig_count,
  pubkey_count,
  verify,
  equalverify,
  checkmultisigverify,
  checksigverify,
  numequalverify,
  bad_opcode,
  disabled_opcode,
  invalid_stack_operation,
  invalid_altstack_operation,
  unbalanced_conditional,
  negative_locktime,
  unsatisfied_locktime,
  sig_hashtype,
  sig_der,
  minimaldata,
  sig_pushonly,
  sig_high_s,
  sig_nulldummy,
  pubkeytype,
  cleanstack,
  minimalif,
  sig_nullfail,
  discourage_upgradable_nops,
  discourage_upgradable_witness_program,
  discourage_upgradable_taproot_version,
  discourage_op_success,
  discourage_upgradable_pubkeytype,
  witness_program_wrong_length,
  witness_program_witness_empty,
  witness_program_mismatch,
  witness_malleated,
  witness_malleated_p2sh,
  witness_unexpected,
  witness_pubkeytype,
  schnorr_sig_size,
  schnorr_sig_hashtype,
  schnorr_sig,
  taproot_wrong_control_size,
  tapscript_validation_weight,
  tapscript_checkmultisig,
  tapscript_minimalif,
  tapscript_empty_pubkey,
  code_separator,
  sig_findanddelete,
  scriptnum
};
/// As in Bitcoin Core's script_tests: "OK", "EVAL_FALSE" ...
std::string_view script_error_name(ScriptError error);

enum class SigVersion : std::uint8_t { base, witness_v0, taproot, tapscript };

/// What taproot's signature hash and budget know of the input beside the transaction.
struct ExecutionData {
  std::optional<Hash256> annex_hash;
  Hash256 tapleaf_hash;
  std::uint32_t codeseparator_position = 0xffffffff;
  std::int64_t validation_weight_left = 0;
};

/// Answers for the transaction input whose scripts run.
class SignatureChecker {
 public:
  virtual ~SignatureChecker() = default;
  /// `signature` with its hash type at the end; any bytes.
  virtual bool check_ecdsa(ByteView signature, ByteView key, ByteView script_code,
                           SigVersion version) const = 0;
  /// `key` has 32 bytes; ok, or which rule of BIP 341 the signature breaks.
  virtual ScriptError check_schnorr(ByteView signature, ByteView key, SigVersion version,
                                    const ExecutionData& execution) const = 0;
  virtual bool check_locktime(std::int64_t locktime) const = 0;  // BIP 65
  virtual bool check_sequence(std::int64_t sequence) const = 0;  // BIP 112
  /// Does `output_key` commit to this control block's key and this root (BIP 341)?
  virtual bool check_commitment(ByteView control, ByteView output_key,
                                const Hash256& root) const = 0;
};

using Stack = std::vector<Bytes>;

/// Runs one script on a stack. `execution` is used by tapscript only.
ScriptError eval_script(Stack& stack, ByteView script, std::uint32_t flags,
                        const SignatureChecker& checker, SigVersion version,
                        ExecutionData& execution);

/// Does the input's script (and witness) unlock the output's script?
ScriptError verify_script(ByteView script_sig, ByteView script_pubkey,
                          std::span<const Bytes> witness, std::uint32_t flags,
                          const SignatureChecker& checker);

}  // namespace ledgerlab::bitcoin
