// The set of unspent transaction outputs and what a block does to it: coins by outpoint, an overlay
// of changes that is applied or dropped as a whole, undo data for reorganisations, and the rules a
// block is connected by.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "models/parts/bitcoin/block.hpp"
#include "models/parts/bitcoin/interpreter.hpp"

namespace ledgerlab::bitcoin {

inline constexpr std::uint32_t coinbase_maturity = 100;

struct Coin {
  TxOut output;
  std::uint32_t height = 0;
  bool coinbase = false;
  friend bool operator==(const Coin&, const Coin&) = default;
};
void write_coin(Bytes& out, const Coin& coin);
Coin read_coin(Reader& in);

/// Where coins are looked up.
class CoinsView {
 public:
  virtual ~CoinsView() = default;
  virtual std::optional<Coin> find(const OutPoint& point) const = 0;
};

/// What a block (or several) changes: a coin to keep, or nothing for one that is gone. In the order
/// of outpoints.
using CoinChanges = std::map<OutPoint, std::optional<Coin>>;

/// A set held in memory.
class MemoryCoins : public CoinsView {
 public:
  std::optional<Coin> find(const OutPoint& point) const override;
  void apply(const CoinChanges& changes);
  const std::map<OutPoint, Coin>& all() const { return coins_; }

 private:
  std::map<OutPoint, Coin> coins_;
};

/// Changes over a view that stays as it is.
class CoinsOverlay : public CoinsView {
 public:
  explicit CoinsOverlay(const CoinsView& base) : base_(base) {}
  std::optional<Coin> find(const OutPoint& point) const override;
  /// Takes the coin away; nothing if it is not there.
  std::optional<Coin> spend(const OutPoint& point);
  void add(const OutPoint& point, Coin coin);
  const CoinChanges& changes() const { return changes_; }
  CoinChanges take() { return std::move(changes_); }

 private:
  const CoinsView& base_;
  CoinChanges changes_;
};

/// The coins each transaction but the coinbase spent, in the order of its inputs.
struct BlockUndo {
  std::vector<std::vector<Coin>> spent;
  friend bool operator==(const BlockUndo&, const BlockUndo&) = default;
};
Bytes encode_undo(const BlockUndo& undo);
std::optional<BlockUndo> decode_undo(ByteView bytes);

/// What a chain lays down: from which heights its rules hold (BIP 90 buries them as heights).
struct ChainRules {
  Satoshi initial_subsidy = 50 * coin;
  std::uint32_t halving_interval = 210'000;
  std::uint32_t p2sh_height = 0;     // BIP 16
  std::uint32_t bip34_height = 1;    // height in the coinbase
  std::uint32_t bip66_height = 0;    // strict DER
  std::uint32_t bip65_height = 0;    // OP_CHECKLOCKTIMEVERIFY
  std::uint32_t csv_height = 0;      // BIP 68, 112, 113
  std::uint32_t segwit_height = 0;   // BIP 141, 143, 147
  std::uint32_t taproot_height = 0;  // BIP 341, 342
};
/// The main network's heights.
ChainRules main_chain_rules();
std::uint32_t script_flags_at(const ChainRules& rules, std::uint32_t height);
Satoshi block_subsidy(const ChainRules& rules, std::uint32_t height);

/// A block's place.
struct BlockPlace {
  std::uint32_t height = 0;
  /// Median time past of the ancestor at a height (BIP 113): of the parent for lock times, of
  /// others for relative lock times (BIP 68).
  std::function<std::int64_t(std::uint32_t)> median_time_past;
  /// False: signatures were checked before (below an assumed-valid block); all else is.
  bool check_scripts = true;
};

struct ConnectResult {
  std::string fault;  // empty: connected; else Bitcoin Core's name of the rule
  BlockUndo undo;
  Satoshi fees = 0;
  std::size_t sigop_cost = 0;
  bool ok() const { return fault.empty(); }
};

/// Checks every rule of the block (check_block, check_block_context, coins, scripts, fees, subsidy)
/// and spends and makes its coins. After a fault the overlay holds part of the changes: drop it.
/// Proof of work and the header's times are the caller's. The genesis block's coins never exist:
/// do not connect it.
ConnectResult connect_block(const Block& block, const ChainRules& rules, const BlockPlace& place,
                            CoinsOverlay& coins);

/// Takes a connected block back. False: block, undo data and coins do not belong together.
bool disconnect_block(const Block& block, const BlockUndo& undo, CoinsOverlay& coins);

/// The rules of one transaction's coins (CheckTxInputs): the fault's name, or empty and the fee.
struct InputsResult {
  std::string_view fault;
  Satoshi fee = 0;
  std::vector<Coin> coins;  // in the order of inputs
};
InputsResult check_inputs(const Transaction& tx, const CoinsView& coins, std::uint32_t height);

/// BIP 68: may the transaction be in the block at this place, its inputs being these coins?
bool sequence_locks_hold(const Transaction& tx, std::span<const Coin> coins,
                         const BlockPlace& place);

/// BIP 141's cost: legacy and P2SH operations count four, those of witnesses one.
std::size_t sigop_cost(const Transaction& tx, std::span<const Coin> coins, std::uint32_t flags);

/// Runs all input scripts; empty, or the first fault's name.
std::string check_scripts(const Transaction& tx, std::span<const Coin> coins, std::uint32_t flags);

}  // namespace ledgerlab::bitcoin
