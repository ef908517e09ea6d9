#include "models/parts/bitcoin/sighash.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/der.hpp"
#include "models/parts/bitcoin/taproot.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::uint32_t output_mask = 0x1f;

template <class Write>
Hash256 hash_of(Write write) {
  Bytes out;
  write(out);
  return sha256(out);
}

Hash256 outputs_hash(const Transaction& tx) {
  return hash_of([&](Bytes& out) {
    for (const TxOut& output : tx.outputs) write_output(out, output);
  });
}

/// The script signed by the original rules: without its OP_CODESEPARATORs. The stated length is
/// that of the whole even where a broken push ends the walk, as it always was.
void write_script_code(Bytes& out, ByteView code) {
  ScriptReader reader(code);
  Instruction instruction;
  Bytes kept;
  std::size_t separators = 0;
  std::size_t from = 0;
  while (reader.next(instruction)) {
    if (instruction.opcode != op_codeseparator) continue;
    put_bytes(kept, code.subspan(from, reader.position() - 1 - from));
    from = reader.position();
    ++separators;
  }
  if (from != code.size()) put_bytes(kept, code.subspan(from, reader.position() - from));
  put_compact(out, code.size() - separators);
  put_bytes(out, kept);
}

Hash256 one() {
  Hash256 out;
  out.data[0] = 1;
  return out;
}

void write_legacy_inputs(Bytes& out, ByteView code, const Transaction& tx, std::size_t index,
                         std::uint32_t hash_type) {
  const bool any = (hash_type & sighash_anyonecanpay) != 0;
  const std::uint32_t base = hash_type & output_mask;
  put_compact(out, any ? 1 : tx.inputs.size());
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    if (any && i != index) continue;
    write_outpoint(out, tx.inputs[i].prevout);
    if (i == index) {
      write_script_code(out, code);
    } else {
      put_compact(out, 0);
    }
    const bool free = i != index && (base == sighash_single || base == sighash_none);
    put_u32(out, free ? 0 : tx.inputs[i].sequence);
  }
}

}  // namespace

TransactionHashes::TransactionHashes(const Transaction& tx, std::vector<TxOut> outputs_spent)
    : spent(std::move(outputs_spent)) {
  prevouts = hash_of([&](Bytes& out) {
    for (const TxIn& input : tx.inputs) write_outpoint(out, input.prevout);
  });
  sequences = hash_of([&](Bytes& out) {
    for (const TxIn& input : tx.inputs) put_u32(out, input.sequence);
  });
  outputs = outputs_hash(tx);
  prevouts_twice = sha256(prevouts.view());
  sequences_twice = sha256(sequences.view());
  outputs_twice = sha256(outputs.view());
  spent_known = !tx.inputs.empty() && spent.size() == tx.inputs.size();
  if (!spent_known) return;
  amounts = hash_of([&](Bytes& out) {
    for (const TxOut& output : spent) put_u64(out, static_cast<std::uint64_t>(output.value));
  });
  script_pubkeys = hash_of([&](Bytes& out) {
    for (const TxOut& output : spent) put_var_bytes(out, output.script_pubkey);
  });
}

Hash256 legacy_sighash(ByteView script_code, const Transaction& tx, std::size_t index,
                       std::uint32_t hash_type) {
  const std::uint32_t base = hash_type & output_mask;
  if (index >= tx.inputs.size()) return one();
  if (base == sighash_single && index >= tx.outputs.size()) return one();
  Bytes out;
  out.reserve(serialized_size(tx, WitnessForm::forbid) + script_code.size() + 16);
  put_u32(out, tx.version);
  write_legacy_inputs(out, script_code, tx, index, hash_type);
  const std::size_t count = base == sighash_none     ? 0
                            : base == sighash_single ? index + 1
                                                     : tx.outputs.size();
  put_compact(out, count);
  for (std::size_t i = 0; i < count; ++i) {
    if (base == sighash_single && i != index) {
      write_output(out, {-1, {}});
    } else {
      write_output(out, tx.outputs[i]);
    }
  }
  put_u32(out, tx.locktime);
  put_u32(out, hash_type);
  return sha256d(out);
}

Hash256 witness_v0_sighash(ByteView script_code, const Transaction& tx, std::size_t index,
                           std::uint32_t hash_type, Satoshi amount,
                           const TransactionHashes& hashes) {
  const bool any = (hash_type & sighash_anyonecanpay) != 0;
  const std::uint32_t base = hash_type & output_mask;
  const bool all = base != sighash_single && base != sighash_none;
  const Hash256 zero;
  Bytes out;
  out.reserve(160 + script_code.size());
  put_u32(out, tx.version);
  put_bytes(out, (any ? zero : hashes.prevouts_twice).view());
  put_bytes(out, (any || !all ? zero : hashes.sequences_twice).view());
  write_outpoint(out, tx.inputs[index].prevout);
  put_var_bytes(out, script_code);
  put_u64(out, static_cast<std::uint64_t>(amount));
  put_u32(out, tx.inputs[index].sequence);
  if (all) {
    put_bytes(out, hashes.outputs_twice.view());
  } else if (base == sighash_single && index < tx.outputs.size()) {
    Bytes output;
    write_output(output, tx.outputs[index]);
    put_bytes(out, sha256d(output).view());
  } else {
    put_bytes(out, zero.view());
  }
  put_u32(out, tx.locktime);
  put_u32(out, hash_type);
  return sha256d(out);
}

std::optional<Bytes> taproot_sighash_message(const ExecutionData& execution, const Transaction& tx,
                                             std::size_t index, std::uint8_t hash_type,
                                             SigVersion version, const TransactionHashes& hashes) {
  // BIP 341, "common signature message".
  const std::uint32_t base = hash_type == sighash_default ? sighash_all : hash_type & 3;
  const bool any = (hash_type & sighash_anyonecanpay) != 0;
  if (!(hash_type <= 3 || (hash_type >= 0x81 && hash_type <= 0x83))) return std::nullopt;
  if (!hashes.spent_known || index >= tx.inputs.size()) return std::nullopt;
  const bool script_path = version == SigVersion::tapscript;
  Bytes out = {0, hash_type};  // the epoch and the type
  put_u32(out, tx.version);
  put_u32(out, tx.locktime);
  if (!any) {
    put_bytes(out, hashes.prevouts.view());
    put_bytes(out, hashes.amounts.view());
    put_bytes(out, hashes.script_pubkeys.view());
    put_bytes(out, hashes.sequences.view());
  }
  if (base == sighash_all) put_bytes(out, hashes.outputs.view());
  put_u8(out, static_cast<Byte>((script_path ? 2 : 0) + (execution.annex_hash ? 1 : 0)));
  if (any) {
    write_outpoint(out, tx.inputs[index].prevout);
    write_output(out, hashes.spent[index]);
    put_u32(out, tx.inputs[index].sequence);
  } else {
    put_u32(out, static_cast<std::uint32_t>(index));
  }
  if (execution.annex_hash) put_bytes(out, execution.annex_hash->view());
  if (base == sighash_single) {
    if (index >= tx.outputs.size()) return std::nullopt;
    Bytes output;
    write_output(output, tx.outputs[index]);
    put_bytes(out, sha256(output).view());
  }
  if (script_path) {  // BIP 342, the extension
    put_bytes(out, execution.tapleaf_hash.view());
    put_u8(out, 0);  // key version
    put_u32(out, execution.codeseparator_position);
  }
  return out;
}

std::optional<Hash256> taproot_sighash(const ExecutionData& execution, const Transaction& tx,
                                       std::size_t index, std::uint8_t hash_type,
                                       SigVersion version, const TransactionHashes& hashes) {
  const auto message = taproot_sighash_message(execution, tx, index, hash_type, version, hashes);
  if (!message) return std::nullopt;
  return tagged_hash("TapSighash", *message);
}

bool TransactionChecker::check_ecdsa(ByteView signature, ByteView key, ByteView script_code,
                                     SigVersion version) const {
  // An empty key or a form no reader takes fails in verify_ecdsa as well; the hash is saved.
  if (signature.empty() || key.empty()) return false;
  const std::uint32_t hash_type = signature.back();
  const Hash256 digest =
      version == SigVersion::witness_v0
          ? witness_v0_sighash(script_code, tx_, index_, hash_type, amount_, hashes_)
          : legacy_sighash(script_code, tx_, index_, hash_type);
  return verify_ecdsa(key, digest, signature.first(signature.size() - 1));
}

ScriptError TransactionChecker::check_schnorr(ByteView signature, ByteView key, SigVersion version,
                                              const ExecutionData& execution) const {
  if (signature.size() != 64 && signature.size() != 65) return ScriptError::schnorr_sig_size;
  std::uint8_t hash_type = sighash_default;
  if (signature.size() == 65) {
    hash_type = signature.back();
    if (hash_type == sighash_default) return ScriptError::schnorr_sig_hashtype;
  }
  const auto digest = taproot_sighash(execution, tx_, index_, hash_type, version, hashes_);
  if (!digest) return ScriptError::schnorr_sig_hashtype;
  return verify_schnorr(key, *digest, signature.first(64)) ? ScriptError::ok
                                                           : ScriptError::schnorr_sig;
}

bool TransactionChecker::check_locktime(std::int64_t locktime) const {
  // BIP 65: both heights or both times, reached, and the input not final.
  const std::int64_t own = tx_.locktime;
  const bool comparable = (own < locktime_threshold) == (locktime < locktime_threshold);
  return comparable && locktime <= own && tx_.inputs[index_].sequence != sequence_final;
}

bool TransactionChecker::check_sequence(std::int64_t sequence) const {
  // BIP 112: bit 31 of the input's number switches relative locks off, bit 22 tells the unit.
  constexpr std::int64_t disable = std::int64_t{1} << 31;
  constexpr std::int64_t type = std::int64_t{1} << 22;
  constexpr std::int64_t mask = type | 0xffff;
  const std::int64_t own = tx_.inputs[index_].sequence;
  if (tx_.version < 2 || (own & disable) != 0) return false;
  const std::int64_t has = own & mask;
  const std::int64_t wants = sequence & mask;
  return (has < type) == (wants < type) && wants <= has;
}

bool TransactionChecker::check_commitment(ByteView control, ByteView output_key,
                                          const Hash256& root) const {
  XOnlyPublicKey internal;
  std::copy_n(control.begin() + 1, 32, internal.data.begin());
  TweakedKey committed;
  std::copy_n(output_key.begin(), 32, committed.key.data.begin());
  committed.odd = (control[0] & 1) != 0;
  return taproot_output_key(internal, root) == committed;
}

bool TransactionChecker::verify_ecdsa(ByteView key, const Hash256& digest, ByteView der) const {
  const auto signature = read_lax_der(der);
  return signature && secp256k1_verify_sec1(key, digest, *signature);
}

bool TransactionChecker::verify_schnorr(ByteView key, const Hash256& digest,
                                        ByteView signature) const {
  XOnlyPublicKey x;
  SchnorrSignature parsed;
  std::copy_n(key.begin(), 32, x.data.begin());
  std::copy_n(signature.begin(), 64, parsed.data.begin());
  return schnorr_verify(x, digest.view(), parsed);
}

}  // namespace ledgerlab::bitcoin
