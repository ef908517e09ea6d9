#include "models/ledger/account/store.hpp"

#include <algorithm>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab::account {
namespace {

/// A payload root does not cover signatures: are these the same bytes?
bool same_payload(const PayloadRef& a, const PayloadRef& b) {
  if (a == b) return true;
  const auto& x = a->transactions;
  const auto& y = b->transactions;
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const TxRef& s, const TxRef& t) { return s == t || s->bytes == t->bytes; });
}

}  // namespace

BlockResultRef Store::execute(const State& pre, const Block& block, bool recheck) {
  const BlockResultRef result = execute(pre, block.payload, recheck);
  if (!result->ok || block.state_root.is_zero() || block.state_root == result->state_root) {
    return result;
  }
  auto refused = std::make_shared<BlockResult>(*result);
  refused->ok = false;
  refused->reason = "the block claims state root " + to_hex(block.state_root).substr(0, 16) +
                    ", execution gives " + to_hex(result->state_root).substr(0, 16);
  return refused;
}

/// Found by what decides the result, so that a miner's template, the block it becomes, and another
/// miner's template with the same transactions are executed once.
BlockResultRef Store::execute(const State& pre, const PayloadRef& payload, bool recheck) {
  const auto run = [&] {
    return std::make_shared<const BlockResult>(execute_payload(pre, *payload, *suite_));
  };
  if (!share_) return run();
  Bytes text;
  codec::Writer writer(text);
  writer(pre.root(), payload->root);
  const Hash256 key = sha256(text);
  if (const Executed* executed = results_.find(key)) {
    if (!same_payload(executed->payload, payload)) return run();
    const BlockResultRef found = executed->result;
    if (recheck) {
      const BlockResultRef again = run();
      if (again->ok != found->ok || again->state_root != found->state_root ||
          again->receipts_root != found->receipts_root) {
        throw std::logic_error("internal fault: executing payload " + to_hex(payload->root) +
                               " twice on one state gave two results");
      }
    }
    return found;
  }
  const Recent* begun = longest_beginning(pre.root(), *payload);
  const auto result = std::make_shared<const BlockResult>(
      execute_payload(pre, *payload, *suite_, begun ? begun->result.get() : nullptr));
  if (result->ok) {
    recent_[next_recent_] = {pre.root(), payload, result};
    next_recent_ = (next_recent_ + 1) % recent_.size();
  }
  if (order_.size() < results_kept) {
    order_.push_back(key);
  } else {
    results_.erase(order_[oldest_]);
    order_[oldest_] = key;
    oldest_ = (oldest_ + 1) % results_kept;
  }
  results_[key] = {result, payload};
  return result;
}

const Store::Recent* Store::longest_beginning(const Hash256& pre, const Payload& payload) const {
  const Recent* best = nullptr;
  const auto& all = payload.transactions;
  for (const Recent& recent : recent_) {
    if (!recent.result || recent.pre != pre) continue;
    const auto& some = recent.payload->transactions;
    if (some.size() > all.size() || (best && some.size() <= best->payload->transactions.size())) {
      continue;
    }
    // By object: the same signatures too.
    if (std::equal(some.begin(), some.end(), all.begin())) best = &recent;
  }
  return best;
}

void Store::hold(const StateRef& state) {
  Held& held = held_[state->root()];
  if (!held.state) held.state = state;
  ++held.nodes;
}

void Store::release(const Hash256& root) {
  Held* held = held_.find(root);
  if (held && --held->nodes == 0) held_.erase(root);
}

StateRef Store::find(const Hash256& root) const {
  if (root == genesis_->root()) return genesis_;
  const Held* held = held_.find(root);
  return held ? held->state : nullptr;
}

std::shared_ptr<const Bytes> Store::serialised(const StateRef& state) {
  if (!serialised_ || serialised_root_ != state->root()) {
    serialised_ = std::make_shared<const Bytes>(state->serialise());
    serialised_root_ = state->root();
  }
  return serialised_;
}

std::shared_ptr<const std::vector<std::uint64_t>> Store::stakes(const State& state) {
  if (!stakes_ || stakes_root_ != state.root()) {
    std::vector<std::uint64_t> of;
    for (NodeId replica = 0; replica < replicas_; ++replica) {
      const U256 balance = state.get(suite_->account(stake_account(replica))).balance;
      of.push_back(std::min(balance, U256(~std::uint64_t{0})).low64());
    }
    stakes_ = std::make_shared<const std::vector<std::uint64_t>>(std::move(of));
    stakes_root_ = state.root();
  }
  return stakes_;
}

}  // namespace ledgerlab::account
