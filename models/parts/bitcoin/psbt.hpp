// Partially signed transactions: versions 0 (BIP 174) and 2 (BIP 370), with the fields of taproot
// (BIP 371) and MuSig2 (BIP 373). Reading judges every known field; unknown ones are kept.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/parts/bitcoin/address.hpp"
#include "models/parts/bitcoin/transaction.hpp"

namespace ledgerlab::bitcoin {

/// Keys (a type in CompactSize form, then its data) to values.
using PsbtMap = std::map<Bytes, Bytes>;

/// Types of keys that more than the reader asks for.
enum PsbtInputType : Byte {
  psbt_in_non_witness_utxo = 0x00,
  psbt_in_witness_utxo = 0x01,
  psbt_in_partial_sig = 0x02,
  psbt_in_sighash = 0x03,
  psbt_in_redeem_script = 0x04,
  psbt_in_witness_script = 0x05,
  psbt_in_final_script_sig = 0x07,
  psbt_in_final_script_witness = 0x08
};

struct Psbt {
  std::uint32_t version = 0;
  PsbtMap global;
  std::vector<PsbtMap> inputs;
  std::vector<PsbtMap> outputs;
  /// The transaction without signatures; of version 2 put together from its fields.
  Transaction transaction;
};

std::optional<Psbt> decode_psbt(ByteView bytes);
Bytes encode_psbt(const Psbt& psbt);

/// A version 0 PSBT of an unsigned transaction (BIP 174, creator).
Psbt create_psbt(const Transaction& unsigned_transaction);
/// All fields of all; nothing if they are not of one transaction (BIP 174, combiner).
std::optional<Psbt> combine_psbts(std::span<const Psbt> psbts);
/// The output an input spends, if the PSBT tells.
std::optional<TxOut> psbt_spent_output(const Psbt& psbt, std::size_t index);
/// Adds this key's signature to every input that it is for and that names no other hash type (BIP
/// 174, signer); the number of signatures made.
std::size_t sign_psbt(Psbt& psbt, const PrivateKey& key, std::uint32_t hash_type);
/// Where an input's signatures suffice, makes its final scripts and drops what led to them (BIP
/// 174, finalizer). True if all inputs are final then.
bool finalize_psbt(Psbt& psbt);
/// The signed transaction of a PSBT that is final (BIP 174, extractor).
std::optional<Transaction> extract_psbt(const Psbt& psbt);

/// RFC 4648 with padding, nothing else.
std::optional<Bytes> base64_decode(std::string_view text);
std::string base64_encode(ByteView bytes);

}  // namespace ledgerlab::bitcoin
