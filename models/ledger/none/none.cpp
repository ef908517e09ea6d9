#include "models/ledger/none/none.hpp"

#include <algorithm>
#include <cstring>

#include "models/parts/final_block/final_block.hpp"

namespace ledgerlab::no_ledger {
namespace {

/// Every transaction has the effect it asks for.
std::vector<TxOutcome> all_succeeded(const Block& block) {
  return std::vector<TxOutcome>(block.payload->transactions.size(), TxOutcome::succeeded);
}

/// The record of a final block. All nodes write the same of a block, most of them soon after one
/// another: the last one made is kept.
const Bytes& final_record(const Block& block) {
  struct Last {
    BlockId id;
    Bytes header;
    Bytes record;
  };
  static thread_local Last last;
  if (last.record.empty() || last.id != block.id || last.header != block.header) {
    last = {block.id, block.header,
            codec::encode(FinalRecord{block.height, block.id, block.parent, block.header, {}})};
  }
  return last.record;
}

}  // namespace

NoLedger::NoLedger(const ModuleContext& context)
    : store_(static_cast<Store&>(*context.shared)),
      tentative_(context.client_policy.tentative_replies != nullptr) {
  reserve_lines(chain_, 1);
  chain_.push_back(make_genesis(context.genesis_root));
}

void NoLedger::restore(std::span<const Record> records) {
  if (records.empty()) return;
  next_record_ = records.back().index + 1;
  if (const auto record = codec::decode<FinalRecord>(records.back().bytes)) {
    chain_.front() = summary_block(*record);
  }
}

void NoLedger::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      effects.call(Slot::consensus, ApplicationState{final_block()});
      break;
    case InputKind::persisted:
      // Clients are told what no crash of this node can take back.
      while (untold_ && untold_->front().record <= input.persisted_up_to) {
        BlockRef block = untold_->pop().block;
        if (untold_->empty()) untold_.reset();
        std::vector<TxOutcome> outcomes = all_succeeded(*block);
        effects.call(Slot::mempool, Finalised{std::move(block), std::move(outcomes)});
      }
      break;
    case InputKind::call:
      on_call(*input.call, effects);
      break;
    default:
      break;
  }
}

void NoLedger::on_call(const LocalCall& call, Effects& effects) {
  if (const auto* ask = call.as<Check>()) {
    // Nobody's account: each transaction is a sender of its own, named by its id.
    Checked answer;
    answer.transaction = ask->transaction;
    answer.ok = true;
    std::memcpy(answer.sender.data.data(), ask->transaction->id.data.data(), answer.sender.size());
    effects.answer(call, std::move(answer));
  } else if (const auto* ask = call.as<Validate>()) {
    effects.answer(call, Validated{ask->block->id, true, {}});
  } else if (const auto* ask = call.as<Execute>()) {
    effects.answer(call, Executed{ask->block->id, true, {}, {}, {}});
  } else if (const auto* ask = call.as<Adopt>()) {
    adopt(call, effects, *ask);
  } else if (const auto* ask = call.as<Finalise>()) {
    finalise(effects, ask->block);
  } else if (call.as<TakeSnapshot>()) {
    effects.answer(call, Snapshot{std::make_shared<SnapshotData>(
                             SnapshotData{final_block()->height, final_block()->id, {}, {}})});
  } else if (const auto* ask = call.as<Query>()) {
    effects.answer(call, Queried{ask->account, {}, 0, head()->height});
  } else if (const auto* ask = call.as<Install>()) {
    install(call, effects, ask->data);
  } else if (const auto* ask = call.as<TakeStakes>()) {
    effects.answer(call, Stakes{ask->block, true, {}, store_.stakes});
  } else if (const auto* ask = call.as<ProveAccount>()) {
    effects.answer(call, AccountProven{ask->account, ask->block, 0, false, {}});
  }
}

void NoLedger::adopt(const LocalCall& call, Effects& effects, const Adopt& ask) {
  HeadChanged changed;
  while (chain_.size() > 1 && chain_.back()->id != ask.ancestor) {
    changed.reverted.push_back(std::move(chain_.back()));
    chain_.pop_back();
  }
  reserve_lines(chain_, chain_.size() + ask.forward.size());  // thousands of nodes hold one
  chain_.insert(chain_.end(), ask.forward.begin(), ask.forward.end());
  changed.included = ask.forward;
  if (tentative_) {
    for (const BlockRef& block : ask.forward) changed.outcomes.push_back(all_succeeded(*block));
  }
  effects.call(Slot::mempool, std::move(changed));
  effects.answer(call, Adopted{head()->id, head()->height, true, {}, {}});
}

void NoLedger::finalise(Effects& effects, const BlockRef& block) {
  const auto at = std::find_if(chain_.begin() + 1, chain_.end(),
                               [&](const BlockRef& b) { return b->id == block->id; });
  if (at == chain_.end()) return;
  make_durable(effects, *block);
  if (!untold_) untold_ = std::make_unique<Fifo<Untold>>();
  for (auto it = chain_.begin() + 1; it != at + 1; ++it) untold_->push({next_record_ - 1, *it});
  chain_.erase(chain_.begin(), at);
}

void NoLedger::make_durable(Effects& effects, const Block& block) {
  effects.persist(final_record(block));
  effects.forget(next_record_);
  ++next_record_;
}

void NoLedger::install(const LocalCall& call, Effects& effects, const SnapshotRef& data) {
  Installed answer{false, final_block()->height, final_block()->id, {}};
  if (data->height <= final_block()->height) {
    answer.reason = "the snapshot is not newer than the final block";
  } else {
    FinalRecord record;
    record.height = data->height;
    record.id = data->block;
    chain_.assign(1, summary_block(record));
    make_durable(effects, *final_block());
    answer = {true, data->height, data->block, {}};
  }
  effects.answer(call, std::move(answer));
}

void NoLedger::warm(unsigned depth) const {
  if (depth == 0) __builtin_prefetch(this, 1);
  if (depth == 1) __builtin_prefetch(&chain_.back(), 1);
}

void NoLedger::inspect(Inspector& inspector) const {
  inspector.field("ledger.head", head()->height);
  inspector.field("ledger.final", final_block()->height);
}

}  // namespace ledgerlab::no_ledger
