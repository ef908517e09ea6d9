// Bitcoin's transactions, bit for bit: the original serialisation and that of BIP 144 with
// witnesses, identities, sizes, and the rules that need no context (CheckTransaction).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/parts/bitcoin/wire.hpp"

namespace ledgerlab::bitcoin {

using Satoshi = std::int64_t;
inline constexpr Satoshi coin = 100'000'000;
inline constexpr Satoshi max_money = 21'000'000 * coin;
inline constexpr bool in_money_range(Satoshi value) { return value >= 0 && value <= max_money; }

inline constexpr std::uint32_t sequence_final = 0xffffffff;
/// Lock times below are heights, from here on seconds.
inline constexpr std::uint32_t locktime_threshold = 500'000'000;
inline constexpr std::size_t witness_scale = 4;  // BIP 141
inline constexpr std::size_t max_block_weight = 4'000'000;

struct OutPoint {
  Hash256 txid;
  std::uint32_t index = 0xffffffff;

  bool is_null() const { return index == 0xffffffff && txid.is_zero(); }
  friend bool operator==(const OutPoint&, const OutPoint&) = default;
  friend auto operator<=>(const OutPoint&, const OutPoint&) = default;
  template <class A>
  void fields(A& a) {
    a(txid, index);
  }
};
struct OutPointHash {
  std::size_t operator()(const OutPoint& point) const {
    return static_cast<std::size_t>(point.txid.tag() + 0x9e3779b97f4a7c15ull * point.index);
  }
};

using Witness = std::vector<Bytes>;

struct TxIn {
  OutPoint prevout;
  Bytes script_sig;
  std::uint32_t sequence = sequence_final;
  Witness witness;
  friend bool operator==(const TxIn&, const TxIn&) = default;
};

struct TxOut {
  Satoshi value = 0;
  Bytes script_pubkey;
  friend bool operator==(const TxOut&, const TxOut&) = default;
};

struct Transaction {
  std::uint32_t version = 2;
  std::vector<TxIn> inputs;
  std::vector<TxOut> outputs;
  std::uint32_t locktime = 0;

  bool has_witness() const;
  bool is_coinbase() const { return inputs.size() == 1 && inputs[0].prevout.is_null(); }
  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// `forbid` reads and writes the original form only (BIP 144 calls it "stripped").
enum class WitnessForm : std::uint8_t { allow, forbid };

Transaction read_transaction(Reader& in, WitnessForm form = WitnessForm::allow);
/// Nothing unless the bytes are exactly one transaction.
std::optional<Transaction> decode_transaction(ByteView bytes,
                                              WitnessForm form = WitnessForm::allow);
void write_transaction(Bytes& out, const Transaction& tx, WitnessForm form = WitnessForm::allow);
Bytes encode_transaction(const Transaction& tx, WitnessForm form = WitnessForm::allow);

void write_output(Bytes& out, const TxOut& output);
TxOut read_output(Reader& in);
void write_outpoint(Bytes& out, const OutPoint& point);
OutPoint read_outpoint(Reader& in);
void write_witness(Bytes& out, const Witness& witness);
Witness read_witness(Reader& in);

/// SHA-256d of the form without witnesses.
Hash256 txid(const Transaction& tx);
/// SHA-256d of the form with them (BIP 141).
Hash256 wtxid(const Transaction& tx);

std::size_t serialized_size(const Transaction& tx, WitnessForm form = WitnessForm::allow);
/// BIP 141: three times the stripped size plus the whole size.
std::size_t weight(const Transaction& tx);
/// BIP 141: a quarter of the weight, rounded up.
std::size_t virtual_size(const Transaction& tx);

/// The context-free rules, in the order and with the names of Bitcoin Core's CheckTransaction
/// ("bad-txns-inputs-duplicate" ...); empty: all hold.
std::string_view check_transaction(const Transaction& tx);

/// May it be in a block of this height whose lock-time clock shows `time` (BIP 113: median time
/// past of the block before; earlier: the block's own time)?
bool is_final(const Transaction& tx, std::uint32_t height, std::int64_t time);

}  // namespace ledgerlab::bitcoin
