// What a signature signs: the original hash, that of witness version 0 (BIP 143) and that of
// taproot (BIP 341), with the parts shared by a transaction's inputs computed once; and the checker
// that answers for one input of a transaction.
#pragma once

#include <optional>
#include <span>

#include "models/parts/bitcoin/interpreter.hpp"
#include "models/parts/bitcoin/transaction.hpp"

namespace ledgerlab::bitcoin {

inline constexpr std::uint32_t sighash_default = 0;  // taproot only
inline constexpr std::uint32_t sighash_all = 1;
inline constexpr std::uint32_t sighash_none = 2;
inline constexpr std::uint32_t sighash_single = 3;
inline constexpr std::uint32_t sighash_anyonecanpay = 0x80;

/// The hashes that all inputs of a transaction share.
struct TransactionHashes {
  // Single SHA-256 (BIP 341); BIP 143 hashes them once more.
  Hash256 prevouts, sequences, outputs;
  Hash256 prevouts_twice, sequences_twice, outputs_twice;
  // Only where the spent outputs are known.
  bool spent_known = false;
  Hash256 amounts, script_pubkeys;
  std::vector<TxOut> spent;

  /// `spent`: one output for each input, or none if they are not known.
  TransactionHashes(const Transaction& tx, std::vector<TxOut> spent);
};

/// One if `index` has no input, or none to match for SIGHASH_SINGLE (a famous fault, now a rule).
Hash256 legacy_sighash(ByteView script_code, const Transaction& tx, std::size_t index,
                       std::uint32_t hash_type);
Hash256 witness_v0_sighash(ByteView script_code, const Transaction& tx, std::size_t index,
                           std::uint32_t hash_type, Satoshi amount,
                           const TransactionHashes& hashes);
/// Nothing for a hash type BIP 341 does not define or SIGHASH_SINGLE without its output.
std::optional<Hash256> taproot_sighash(const ExecutionData& execution, const Transaction& tx,
                                       std::size_t index, std::uint8_t hash_type,
                                       SigVersion version, const TransactionHashes& hashes);

/// The bytes whose tagged hash taproot_sighash is.
std::optional<Bytes> taproot_sighash_message(const ExecutionData& execution, const Transaction& tx,
                                             std::size_t index, std::uint8_t hash_type,
                                             SigVersion version, const TransactionHashes& hashes);

/// Checks against a real transaction. The last step of each signature, the arithmetic on the curve,
/// can be replaced (by one that counts, costs or remembers).
class TransactionChecker : public SignatureChecker {
 public:
  /// All three must outlive the checker.
  TransactionChecker(const Transaction& tx, std::size_t index, Satoshi amount,
                     const TransactionHashes& hashes)
      : tx_(tx), index_(index), amount_(amount), hashes_(hashes) {}

  bool check_ecdsa(ByteView signature, ByteView key, ByteView script_code,
                   SigVersion version) const override;
  ScriptError check_schnorr(ByteView signature, ByteView key, SigVersion version,
                            const ExecutionData& execution) const override;
  bool check_locktime(std::int64_t locktime) const override;
  bool check_sequence(std::int64_t sequence) const override;
  bool check_commitment(ByteView control, ByteView output_key, const Hash256& root) const override;

 protected:
  /// `der` without hash type, any encoding OpenSSL once took.
  virtual bool verify_ecdsa(ByteView key, const Hash256& digest, ByteView der) const;
  virtual bool verify_schnorr(ByteView key, const Hash256& digest, ByteView signature) const;

 private:
  const Transaction& tx_;
  std::size_t index_;
  Satoshi amount_;
  const TransactionHashes& hashes_;
};

}  // namespace ledgerlab::bitcoin
