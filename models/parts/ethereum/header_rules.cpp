#include "models/parts/ethereum/header_rules.hpp"

#include <algorithm>

#include "models/parts/ethereum/transaction.hpp"

namespace ledgerlab::ethereum {
namespace {

constexpr std::uint64_t min_difficulty = 131'072;
constexpr std::uint64_t difficulty_divisor = 2'048;
constexpr std::uint64_t bomb_period = 100'000;
constexpr std::uint64_t gas_limit_divisor = 1'024;
constexpr std::uint64_t elasticity = 2;                 // EIP-1559
constexpr std::uint64_t base_fee_change_divisor = 8;    // EIP-1559
constexpr std::string_view dao_mark = "dao-hard-fork";  // EIP-779

constexpr std::array fault_names = {
    std::string_view("none"),           std::string_view("malformed"),
    std::string_view("unknown_parent"), std::string_view("number"),
    std::string_view("timestamp"),      std::string_view("gas_limit"),
    std::string_view("gas_used"),       std::string_view("difficulty"),
    std::string_view("extra_data"),     std::string_view("fork_fields"),
    std::string_view("merge"),          std::string_view("base_fee"),
    std::string_view("blob_gas"),       std::string_view("ommers_hash"),
    std::string_view("ommers"),         std::string_view("transactions_root"),
    std::string_view("withdrawals"),    std::string_view("transaction"),
    std::string_view("receipts_root"),  std::string_view("bloom"),
    std::string_view("state_root"),     std::string_view("seal")};
static_assert(fault_names.size() == static_cast<std::size_t>(BlockFault::seal) + 1);

/// The number of steps of parent / 2,048 that the difficulty moves: up by `up`, or down.
struct Step {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

/// `seconds`: since the parent.
Step difficulty_step(Revision revision, const Header& parent, std::uint64_t seconds) {
  if (revision == Revision::frontier) return seconds < 13 ? Step{1, 0} : Step{0, 1};
  std::uint64_t up = 1;
  std::uint64_t unit = 10;                // EIP-2
  if (revision >= Revision::byzantium) {  // EIP-100
    up = parent.ommers_hash == empty_ommers_hash() ? 1 : 2;
    unit = 9;
  }
  const std::uint64_t late = seconds / unit;
  return late <= up ? Step{up - late, 0} : Step{0, std::min<std::uint64_t>(late - up, 99)};
}

/// 2^(floor(number / 100,000) - 2), from the third period on.
U256 bomb(const Rules& rules, std::uint64_t number) {
  const std::uint64_t delay = rules.bomb_delay(number);
  const std::uint64_t period = number <= delay ? 0 : (number - delay) / bomb_period;
  if (period < 2) return U256();
  return period - 2 > 255 ? U256::max() : U256(1) << static_cast<unsigned>(period - 2);
}

BlockFault check_limits(const Header& h, const Header& parent, bool london, bool first_london) {
  if (h.gas_used > h.gas_limit) return BlockFault::gas_used;
  if (h.gas_limit < min_gas_limit || h.gas_limit > max_gas_limit) return BlockFault::gas_limit;
  // EIP-1559: at the fork the old limit becomes the target.
  const std::uint64_t before =
      london && first_london ? parent.gas_limit * elasticity : parent.gas_limit;
  const std::uint64_t step = h.gas_limit > before ? h.gas_limit - before : before - h.gas_limit;
  return step < before / gas_limit_divisor ? BlockFault::none : BlockFault::gas_limit;
}

/// Which of the later forks' fields must be there.
bool fields_fit(const Header& h, Revision revision) {
  const bool london = revision >= Revision::london;
  const bool shanghai = revision >= Revision::shanghai;
  const bool cancun = revision >= Revision::cancun;
  return h.base_fee.has_value() == london && h.withdrawals_root.has_value() == shanghai &&
         h.blob_gas_used.has_value() == cancun && h.excess_blob_gas.has_value() == cancun &&
         h.parent_beacon_root.has_value() == cancun;
}

BlockFault check_blob_gas(const Header& h, const Header& parent) {
  const bool fits = *h.blob_gas_used <= max_blob_gas_per_block &&
                    *h.blob_gas_used % gas_per_blob == 0 &&
                    *h.excess_blob_gas == next_excess_blob_gas(parent);
  return fits ? BlockFault::none : BlockFault::blob_gas;
}

BlockFault check_extra_data(const Rules& rules, const Header& h) {
  const bool sealed_there = rules.seal == Seal::clique || rules.seal == Seal::ibft;
  if (!sealed_there && h.extra_data.size() > max_extra_data) return BlockFault::extra_data;
  const ByteView mark = as_bytes(dao_mark);
  const bool marked =
      std::equal(h.extra_data.begin(), h.extra_data.end(), mark.begin(), mark.end());
  return rules.dao_mark_at(h.number) && !marked ? BlockFault::extra_data : BlockFault::none;
}

}  // namespace

std::string_view block_fault_name(BlockFault fault) {
  return fault_names[static_cast<std::size_t>(fault)];
}

U256 next_difficulty(const Rules& rules, const Header& parent, std::uint64_t number,
                     std::uint64_t timestamp) {
  const Revision revision = rules.revision(number, timestamp, false);
  const std::uint64_t seconds = timestamp > parent.timestamp ? timestamp - parent.timestamp : 0;
  const Step step = difficulty_step(revision, parent, seconds);
  const U256 unit = parent.difficulty / U256(difficulty_divisor);
  // 99 / 2,048 of the parent's at most: no underflow.
  U256 out = parent.difficulty - unit * U256(step.down);
  for (const U256& more : {unit * U256(step.up), bomb(rules, number)}) {
    const auto sum = checked_add(out, more);
    out = sum ? *sum : U256::max();
  }
  return std::max(out, U256(min_difficulty));
}

U256 next_base_fee(const Header& parent) {
  if (!parent.base_fee) return U256(initial_base_fee);
  const U256& fee = *parent.base_fee;
  const std::uint64_t target = parent.gas_limit / elasticity;
  if (parent.gas_used == target || target == 0) return fee;
  const bool up = parent.gas_used > target;
  const std::uint64_t away = up ? parent.gas_used - target : target - parent.gas_used;
  const auto product = checked_multiply(fee, U256(away));
  const U256 weighed = product ? *product / U256(target) : U256::max() / U256(target);
  const U256 step = weighed / U256(base_fee_change_divisor);
  if (!up) return fee - step;
  const auto sum = checked_add(fee, std::max(step, U256(1)));
  return sum ? *sum : U256::max();
}

std::uint64_t next_excess_blob_gas(const Header& parent) {
  const std::uint64_t excess = parent.excess_blob_gas.value_or(0);
  const std::uint64_t used = parent.blob_gas_used.value_or(0);
  const std::uint64_t sum = excess > never - used ? never : excess + used;
  return sum < target_blob_gas_per_block ? 0 : sum - target_blob_gas_per_block;
}

BlockFault check_header(const Rules& rules, const Header& h, const Header& parent, bool merged) {
  const Revision revision = rules.revision(h.number, h.timestamp, merged);
  const bool london = revision >= Revision::london;
  if (h.number != parent.number + 1 || h.number == 0) return BlockFault::number;
  if (h.timestamp <= parent.timestamp) return BlockFault::timestamp;
  if (!fields_fit(h, revision)) return BlockFault::fork_fields;
  const BlockFault extra = check_extra_data(rules, h);
  if (extra != BlockFault::none) return extra;
  const BlockFault limits = check_limits(h, parent, london, !parent.base_fee);
  if (limits != BlockFault::none) return limits;
  if (london && *h.base_fee != next_base_fee(parent)) return BlockFault::base_fee;
  if (revision >= Revision::cancun) {
    const BlockFault blobs = check_blob_gas(h, parent);
    if (blobs != BlockFault::none) return blobs;
  }
  if (merged) {  // EIP-3675
    const bool stake = h.difficulty.is_zero() && h.nonce.is_zero();
    if (!stake) return BlockFault::merge;
    return h.ommers_hash == empty_ommers_hash() ? BlockFault::none : BlockFault::ommers;
  }
  if (h.difficulty.is_zero())
    return rules.terminal_total_difficulty ? BlockFault::merge : BlockFault::difficulty;
  const bool worked = rules.seal == Seal::none || rules.seal == Seal::ethash;
  if (worked && h.difficulty != next_difficulty(rules, parent, h.number, h.timestamp)) {
    return BlockFault::difficulty;
  }
  return BlockFault::none;
}

}  // namespace ledgerlab::ethereum
