// Bitcoin's transactions as this project carries them: the stripped form, which the id covers, then
// the witnesses (models/api/block.hpp, witness envelope). Three bytes longer than BIP 144's form;
// what is hashed, signed and weighed is Bitcoin's, bit for bit.
#pragma once

#include <array>
#include <span>

#include "models/api/block.hpp"
#include "models/parts/bitcoin/coins.hpp"

namespace ledgerlab::utxo {

/// A transaction read once per object.
struct Decoded {
  bitcoin::Transaction tx;
  /// Of the rules without context; empty: none broken.
  std::string_view fault;
  std::size_t weight = 0;
  /// SHA-256 of each input's outpoint: what pools and checkers know a coin by.
  std::vector<Hash256> spends;
  /// Do its scripts accept, by strictness? A pure function of the bytes, since an outpoint names
  /// one output for good (its txid covers it); asked for once.
  enum Strictness : std::uint8_t { consensus, policy };
  enum class Verdict : std::uint8_t { unknown, accepted, refused };
  mutable std::array<Verdict, 2> verdicts{};
};

TxRef make_envelope(const bitcoin::Transaction& tx);
/// Nothing unless the bytes are one witness envelope in its only form.
std::optional<bitcoin::Transaction> read_envelope(ByteView bytes);
/// Null if the bytes are no such transaction; kept with the object.
const Decoded* decoded(const Transaction& transaction);

Hash256 coin_name(const bitcoin::OutPoint& point);

}  // namespace ledgerlab::utxo
