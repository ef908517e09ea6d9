#include "models/parts/ledger/store.hpp"

#include <algorithm>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab::ledger {
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
  const BlockResultRef result = find_or_execute(pre, block, recheck);
  if (!result->ok || block.state_root.is_zero() || block.state_root == result->state_root) {
    return result;
  }
  auto refused = std::make_shared<BlockResult>();
  refused->work = result->work;
  refused->reason = "the block claims state root " + to_hex(block.state_root).substr(0, 16) +
                    ", execution gives " + to_hex(result->state_root).substr(0, 16);
  return refused;
}

/// Found by what decides the result, so that a miner's template, the block it becomes, and another
/// miner's template with the same transactions are executed once.
BlockResultRef Store::find_or_execute(const State& pre, const Block& block, bool recheck) {
  if (!share_) return rules_->execute(pre, block, nullptr);
  const PayloadRef& payload = block.payload;
  Bytes context = rules_->context(block);
  Bytes text;
  codec::Writer writer(text);
  writer(pre.root(), payload->root);
  writer.raw(context);
  const Hash256 key = sha256(text);
  if (const Executed* executed = results_.find(key)) {
    if (!same_payload(executed->payload, payload)) return rules_->execute(pre, block, nullptr);
    const BlockResultRef found = executed->result;
    if (recheck) {
      const BlockResultRef again = rules_->execute(pre, block, nullptr);
      if (again->ok != found->ok || again->state_root != found->state_root ||
          again->receipts_root != found->receipts_root) {
        throw std::logic_error("internal fault: executing payload " + to_hex(payload->root) +
                               " twice on one state gave two results");
      }
    }
    return found;
  }
  const Recent* begun = longest_beginning(pre.root(), context, *payload);
  const BlockResultRef result = rules_->execute(pre, block, begun ? begun->result.get() : nullptr);
  if (result->ok) {
    recent_[next_recent_] = {pre.root(), std::move(context), payload, result};
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

const Store::Recent* Store::longest_beginning(const Hash256& pre, const Bytes& context,
                                              const Payload& payload) const {
  const Recent* best = nullptr;
  const auto& all = payload.transactions;
  for (const Recent& recent : recent_) {
    if (!recent.result || recent.pre != pre || recent.context != context) continue;
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
    serialised_ = std::make_shared<const Bytes>(rules_->serialise(*state));
    serialised_root_ = state->root();
  }
  return serialised_;
}

std::shared_ptr<const std::vector<std::uint64_t>> Store::stakes(const State& state) {
  if (!stakes_ || stakes_root_ != state.root()) {
    std::vector<std::uint64_t> of;
    for (NodeId replica = 0; replica < replicas_; ++replica) {
      of.push_back(rules_->stake(state, replica));
    }
    stakes_ = std::make_shared<const std::vector<std::uint64_t>>(std::move(of));
    stakes_root_ = state.root();
  }
  return stakes_;
}

}  // namespace ledgerlab::ledger
