// The rules by which a block's transactions spend and make coins (Bitcoin Core's ConnectBlock; the
// names of faults are its).
#include <algorithm>

#include "models/parts/bitcoin/coins.hpp"
#include "models/parts/bitcoin/sighash.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::size_t max_block_sigop_cost = 80'000;
// BIP 68
constexpr std::uint32_t sequence_disable = 1u << 31;
constexpr std::uint32_t sequence_seconds = 1u << 22;
constexpr std::uint32_t sequence_mask = 0xffff;
constexpr int sequence_granularity = 9;  // units of 512 s

class Connection {
 public:
  Connection(const Block& block, const ChainRules& rules, const BlockPlace& place,
             CoinsOverlay& coins)
      : block_(block),
        rules_(rules),
        place_(place),
        coins_(coins),
        flags_(script_flags_at(rules, place.height)) {}

  ConnectResult run() {
    result_.fault = std::string(connect());
    return std::move(result_);
  }

 private:
  std::string connect() {
    if (const auto fault = check_block(block_); !fault.empty()) return std::string(fault);
    const bool csv = place_.height >= rules_.csv_height;
    const BlockContext context{place_.height,
                               csv && place_.height > 0 ? place_.median_time_past(place_.height - 1)
                                                        : std::int64_t{block_.header.time},
                               place_.height >= rules_.bip34_height,
                               place_.height >= rules_.segwit_height};
    if (const auto fault = check_block_context(block_, context); !fault.empty()) {
      return std::string(fault);
    }
    ids_.reserve(block_.transactions.size());
    for (const Transaction& tx : block_.transactions) ids_.push_back(txid(tx));
    if (overwrites()) return "bad-txns-BIP30";
    for (std::size_t i = 0; i < block_.transactions.size(); ++i) {
      if (auto fault = apply(i); !fault.empty()) return fault;
    }
    const Satoshi limit = result_.fees + block_subsidy(rules_, place_.height);
    Satoshi claimed = 0;
    for (const TxOut& output : block_.transactions[0].outputs) claimed += output.value;
    return claimed > limit ? "bad-cb-amount" : "";
  }

  /// BIP 30: no transaction may have the identity of one that still has coins.
  bool overwrites() const {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const std::size_t count = block_.transactions[i].outputs.size();
      for (std::size_t k = 0; k < count; ++k) {
        if (coins_.find({ids_[i], static_cast<std::uint32_t>(k)})) return true;
      }
    }
    return false;
  }

  std::string apply(std::size_t index) {
    const Transaction& tx = block_.transactions[index];
    InputsResult inputs;
    if (index != 0) {
      inputs = check_inputs(tx, coins_, place_.height);
      if (!inputs.fault.empty()) return std::string(inputs.fault);
      result_.fees += inputs.fee;
      if (!in_money_range(result_.fees)) return "bad-txns-accumulated-fee-outofrange";
      if (place_.height >= rules_.csv_height && !sequence_locks_hold(tx, inputs.coins, place_)) {
        return "bad-txns-nonfinal";
      }
    }
    result_.sigop_cost += sigop_cost(tx, inputs.coins, flags_);
    if (result_.sigop_cost > max_block_sigop_cost) return "bad-blk-sigops";
    if (index != 0) {
      if (place_.check_scripts) {
        if (auto fault = check_scripts(tx, inputs.coins, flags_); !fault.empty()) return fault;
      }
      for (const TxIn& input : tx.inputs) coins_.spend(input.prevout);
      result_.undo.spent.push_back(std::move(inputs.coins));
    }
    for (std::size_t k = 0; k < tx.outputs.size(); ++k) {
      if (is_unspendable(tx.outputs[k].script_pubkey)) continue;
      coins_.add({ids_[index], static_cast<std::uint32_t>(k)},
                 {tx.outputs[k], place_.height, index == 0});
    }
    return {};
  }

  const Block& block_;
  const ChainRules& rules_;
  const BlockPlace& place_;
  CoinsOverlay& coins_;
  std::uint32_t flags_;
  std::vector<Hash256> ids_;
  ConnectResult result_;
};

}  // namespace

ConnectResult connect_block(const Block& block, const ChainRules& rules, const BlockPlace& place,
                            CoinsOverlay& coins) {
  return Connection(block, rules, place, coins).run();
}

ChainRules main_chain_rules() {
  ChainRules rules;
  rules.p2sh_height = 173'805;  // the first block after 1 April 2012 (BIP 16)
  rules.bip34_height = 227'931;
  rules.bip66_height = 363'725;
  rules.bip65_height = 388'381;
  rules.csv_height = 419'328;
  rules.segwit_height = 481'824;
  rules.taproot_height = 709'632;
  return rules;
}

std::uint32_t script_flags_at(const ChainRules& rules, std::uint32_t height) {
  const auto from = [&](std::uint32_t start, std::uint32_t flags) {
    return height >= start ? flags : std::uint32_t{verify_none};
  };
  return from(rules.p2sh_height, verify_p2sh) | from(rules.bip66_height, verify_dersig) |
         from(rules.bip65_height, verify_checklocktimeverify) |
         from(rules.csv_height, verify_checksequenceverify) |
         from(rules.segwit_height, verify_witness | verify_nulldummy) |  // BIP 147
         from(rules.taproot_height, verify_taproot);
}

Satoshi block_subsidy(const ChainRules& rules, std::uint32_t height) {
  const std::uint32_t halvings = height / std::max(rules.halving_interval, 1u);
  return halvings >= 64 ? 0 : rules.initial_subsidy >> halvings;
}

InputsResult check_inputs(const Transaction& tx, const CoinsView& coins, std::uint32_t height) {
  InputsResult out;
  const auto fail = [&](std::string_view fault) {
    out.fault = fault;
    return out;
  };
  out.coins.reserve(tx.inputs.size());
  for (const TxIn& input : tx.inputs) {
    auto found = coins.find(input.prevout);
    if (!found) return fail("bad-txns-inputs-missingorspent");
    out.coins.push_back(std::move(*found));
  }
  Satoshi in = 0;
  for (const Coin& spent : out.coins) {
    if (spent.coinbase && height < std::uint64_t{spent.height} + coinbase_maturity) {
      return fail("bad-txns-premature-spend-of-coinbase");
    }
    if (!in_money_range(spent.output.value)) return fail("bad-txns-inputvalues-outofrange");
    in += spent.output.value;
    if (!in_money_range(in)) return fail("bad-txns-inputvalues-outofrange");
  }
  Satoshi spending = 0;
  for (const TxOut& output : tx.outputs) spending += output.value;
  if (in < spending) return fail("bad-txns-in-belowout");
  out.fee = in - spending;
  return out;
}

bool sequence_locks_hold(const Transaction& tx, std::span<const Coin> coins,
                         const BlockPlace& place) {
  if (tx.version < 2) return true;
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    const std::uint32_t sequence = tx.inputs[i].sequence;
    if ((sequence & sequence_disable) != 0) continue;
    const std::int64_t lock = sequence & sequence_mask;
    const std::uint32_t made = coins[i].height;
    if ((sequence & sequence_seconds) == 0) {
      if (made + lock > std::int64_t{place.height}) return false;
      continue;
    }
    // Counted from the median time past of the block before the coin's.
    const std::int64_t since = place.median_time_past(made == 0 ? 0 : made - 1);
    const std::int64_t now = place.height == 0 ? 0 : place.median_time_past(place.height - 1);
    if (since + (lock << sequence_granularity) > now) return false;
  }
  return true;
}

std::size_t sigop_cost(const Transaction& tx, std::span<const Coin> coins, std::uint32_t flags) {
  std::size_t legacy = 0;
  for (const TxIn& input : tx.inputs) legacy += count_sigops(input.script_sig, false);
  for (const TxOut& output : tx.outputs) legacy += count_sigops(output.script_pubkey, false);
  std::size_t cost = legacy * witness_scale;
  if (tx.is_coinbase()) return cost;
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    const Bytes& script = coins[i].output.script_pubkey;
    const TxIn& input = tx.inputs[i];
    if ((flags & verify_p2sh) != 0) {
      cost += count_p2sh_sigops(script, input.script_sig) * witness_scale;
    }
    if ((flags & verify_witness) != 0) {
      cost += count_witness_sigops(script, input.script_sig, input.witness);
    }
  }
  return cost;
}

std::string check_scripts(const Transaction& tx, std::span<const Coin> coins, std::uint32_t flags) {
  std::vector<TxOut> spent;
  spent.reserve(coins.size());
  for (const Coin& coin : coins) spent.push_back(coin.output);
  const TransactionHashes hashes(tx, std::move(spent));
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    const TxOut& output = hashes.spent[i];
    const TransactionChecker checker(tx, i, output.value, hashes);
    const ScriptError error = verify_script(tx.inputs[i].script_sig, output.script_pubkey,
                                            tx.inputs[i].witness, flags, checker);
    if (error != ScriptError::ok) {
      return "block-script-verify-flag-failed (" + std::string(script_error_name(error)) + ")";
    }
  }
  return {};
}

}  // namespace ledgerlab::bitcoin
