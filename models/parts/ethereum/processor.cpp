#include "models/parts/ethereum/processor.hpp"

#include <algorithm>

#include "models/parts/ethereum/dao.hpp"

namespace ledgerlab::ethereum {
namespace {

constexpr std::uint64_t ether = 1'000'000'000'000'000'000;
constexpr std::uint64_t gwei = 1'000'000'000;

// EIP-4788.
const Address system_address = *fixed_from_hex<20>("fffffffffffffffffffffffffffffffffffffffe");
const Address beacon_roots = *fixed_from_hex<20>("000f3df6d732807ef1319fb7b8bb8522d0beac02");

BlockVerdict refuse(BlockFault fault) { return {fault, TransactionFault::none, 0}; }

BlockContext context_of(const BlockEnvironment& environment, const Header& header) {
  BlockContext out;
  out.coinbase = environment.beneficiary;
  out.number = static_cast<std::int64_t>(header.number);
  out.timestamp = static_cast<std::int64_t>(header.timestamp);
  out.gas_limit = header.gas_limit;
  // EIP-4399: DIFFICULTY becomes PREVRANDAO.
  out.prev_randao = environment.merged ? u256_from(header.mix_hash) : header.difficulty;
  out.chain_id = U256(environment.rules.chain_id);
  out.base_fee = header.base_fee.value_or(U256());
  if (header.excess_blob_gas) out.blob_base_fee = blob_base_fee(*header.excess_blob_gas);
  out.block_hash = environment.block_hash;
  return out;
}

/// What the protocol itself pays, as one transaction of the overlay.
class Payments {
 public:
  explicit Payments(Overlay& overlay) : overlay_(overlay) { overlay_.begin_transaction(); }
  Payments(const Payments&) = delete;
  Payments& operator=(const Payments&) = delete;
  ~Payments() { overlay_.end_transaction(); }
  void pay(const Address& to, const U256& amount) { overlay_.add_balance(to, amount); }

 private:
  Overlay& overlay_;
};

void pay_withdrawals(Overlay& overlay, const Withdrawals& withdrawals) {
  Payments payments(overlay);
  for (const Withdrawal& w : withdrawals) payments.pay(w.address, U256(w.amount) * U256(gwei));
}

/// Yellow Paper, 11.3: an ommer's share falls with its age, and each adds 1/32 to the block's.
void pay_rewards(Overlay& overlay, const Block& block, const Address& beneficiary,
                 const U256& reward) {
  Payments payments(overlay);
  U256 sum = reward;
  for (const Header& ommer : block.ommers) {
    const std::uint64_t age = block.header.number - ommer.number;
    payments.pay(ommer.coinbase, reward * U256(8 - age) / U256(8));
    sum += reward / U256(32);
  }
  payments.pay(beneficiary, sum);
}

TransactionFault run_transaction(const BlockEnvironment& environment, Overlay& overlay,
                                 const BlockContext& context, const Transaction& tx, BlockUse& use,
                                 BlockOutcome& out) {
  const auto from = environment.sender ? environment.sender(tx) : sender(tx);
  if (!from) return TransactionFault::signature;
  auto done = execute_transaction(overlay, context, tx, *from, environment.engine, use);
  if (done.fault != TransactionFault::none) return done.fault;
  if (overlay.revision() < Revision::byzantium) {  // EIP-658 replaces the root by a status
    done.receipt.post_state = overlay.commit().root();
  }
  out.receipts.push_back(std::move(done.receipt));
  return TransactionFault::none;
}

bool has_reward(const Rules& rules) {
  return rules.seal == Seal::none || rules.seal == Seal::ethash;
}

}  // namespace

U256 block_reward(Revision revision) {
  if (revision >= Revision::paris) return U256();                          // EIP-3675
  if (revision >= Revision::constantinople) return U256(2) * U256(ether);  // EIP-1234
  return U256(revision >= Revision::byzantium ? 3 : 5) * U256(ether);      // EIP-649
}

Bloom bloom_of(std::span<const Receipt> receipts) {
  Bloom out;
  for (const Receipt& receipt : receipts) {
    for (std::size_t i = 0; i < out.size(); ++i) out.data[i] |= receipt.bloom.data[i];
  }
  return out;
}

Hash256 receipts_root(std::span<const Receipt> receipts) {
  std::vector<Bytes> items;
  for (const Receipt& receipt : receipts) items.push_back(encode(receipt));
  return ordered_root(items);
}

BlockVerdict check_body(const Rules& rules, const Block& block, bool merged) {
  const Header& h = block.header;
  if (h.ommers_hash != ommers_hash(block.ommers)) return refuse(BlockFault::ommers_hash);
  if (h.transactions_root != transactions_root(block.transactions)) {
    return refuse(BlockFault::transactions_root);
  }
  const bool shanghai = rules.revision(h.number, h.timestamp, merged) >= Revision::shanghai;
  if (block.withdrawals.has_value() != shanghai) return refuse(BlockFault::withdrawals);
  if (shanghai && h.withdrawals_root != withdrawals_root(*block.withdrawals)) {
    return refuse(BlockFault::withdrawals);
  }
  return {};
}

BlockOutcome execute_block(const BlockEnvironment& environment, const WorldState& parent,
                           const Block& block, std::vector<std::size_t>* left_out) {
  const Rules& rules = environment.rules;
  const Header& h = block.header;
  const Revision revision = rules.revision(h.number, h.timestamp, environment.merged);
  const BlockContext context = context_of(environment, h);
  Overlay overlay(parent, revision);
  BlockOutcome out;
  if (rules.dao_transfer_at(h.number)) transfer_dao(overlay);
  if (revision >= Revision::cancun && h.parent_beacon_root) {  // EIP-4788
    system_call(overlay, context, environment.engine, system_address, beacon_roots,
                h.parent_beacon_root->view());
  }
  BlockUse use;
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    const TransactionFault fault =
        run_transaction(environment, overlay, context, block.transactions[i], use, out);
    if (fault != TransactionFault::none && left_out != nullptr) {
      left_out->push_back(i);
    } else if (fault != TransactionFault::none) {
      out.verdict = {BlockFault::transaction, fault, i};
      return out;
    }
  }
  if (block.withdrawals) pay_withdrawals(overlay, *block.withdrawals);
  const U256 reward = block_reward(revision);
  if (!reward.is_zero() && has_reward(rules)) {
    pay_rewards(overlay, block, environment.beneficiary, reward);
  }
  out.state = overlay.commit();
  out.gas_used = use.gas;
  out.blob_gas_used = use.blob_gas;
  return out;
}

BlockVerdict check_outcome(const Header& header, const BlockOutcome& outcome) {
  if (!outcome.verdict.accepted()) return outcome.verdict;
  if (header.gas_used != outcome.gas_used) return refuse(BlockFault::gas_used);
  if (header.blob_gas_used.value_or(0) != outcome.blob_gas_used) {
    return refuse(BlockFault::blob_gas);
  }
  if (header.receipts_root != receipts_root(outcome.receipts)) {
    return refuse(BlockFault::receipts_root);
  }
  if (header.bloom != bloom_of(outcome.receipts)) return refuse(BlockFault::bloom);
  if (header.state_root != outcome.state.root()) return refuse(BlockFault::state_root);
  return {};
}

}  // namespace ledgerlab::ethereum
