#include "models/parts/ledger/ledger.hpp"

#include <algorithm>

#include "models/parts/final_block/final_block.hpp"

namespace ledgerlab::ledger {

Ledger::Ledger(const ModuleContext& context)
    : context_(context),
      store_(static_cast<Store&>(*context.shared)),
      rules_(store_.rules()),
      final_(make_genesis(context.genesis_root)),
      final_state_(store_.genesis()),
      head_(final_),
      head_state_(final_state_) {}

void Ledger::restore(std::span<const Record> records) {
  if (records.empty()) return;
  const Record& last = records.back();
  next_record_ = last.index + 1;
  const auto record = codec::decode<FinalRecord>(last.bytes);
  if (!record) return;
  // The version is on this node's disk: hold() came before the record was listed.
  const StateRef state = store_.find(record->state_root);
  if (!state) return;
  final_ = head_ = summary_block(*record);
  final_state_ = head_state_ = state;
  durable_.push({last.index, record->state_root});
}

void Ledger::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      effects.call(Slot::consensus, ApplicationState{final_});
      break;
    case InputKind::persisted:
      // Older versions may go once a newer one is safe.
      while (durable_.size() > 1 && durable_[1].record <= input.persisted_up_to) {
        store_.release(durable_.pop().root);
      }
      // Clients are told what no crash of this node can take back.
      while (!untold_.empty() && untold_.front().record <= input.persisted_up_to) {
        effects.call(Slot::mempool, untold_.pop().final);
      }
      break;
    case InputKind::call:
      on_call(input, effects);
      break;
    default:
      break;
  }
}

void Ledger::on_call(const Input& input, Effects& effects) {
  const LocalCall& call = *input.call;
  if (const auto* ask = call.as<Check>()) {
    check(input, effects, ask->transaction);
  } else if (const auto* ask = call.as<Validate>()) {
    validate(input, effects, *ask);
  } else if (const auto* ask = call.as<Execute>()) {
    std::string reason;
    const Entry* entry = entry_of(input, effects, ask->block, &reason);
    Executed answer{ask->block->id, entry != nullptr, {}, {}, reason};
    if (entry) {
      answer.state_root = entry->result->state_root;
      answer.receipts_root = entry->result->receipts_root;
    }
    effects.answer(call, std::move(answer));
  } else if (const auto* ask = call.as<Adopt>()) {
    adopt(input, effects, *ask);
  } else if (const auto* ask = call.as<Finalise>()) {
    finalise(effects, ask->block);
  } else if (call.as<TakeSnapshot>()) {
    const auto bytes = store_.serialised(final_state_);
    effects.work(Operation::hash_byte, bytes->size());
    effects.answer(call, Snapshot{std::make_shared<SnapshotData>(SnapshotData{
                             final_->height, final_->id, final_state_->root(), *bytes})});
  } else if (const auto* ask = call.as<Query>()) {
    effects.work(Operation::tx_check);  // one account looked up, as an admission check does
    Queried answer = rules_.query(*head_state_, ask->account);
    answer.height = head_->height;
    effects.answer(call, std::move(answer));
  } else if (const auto* ask = call.as<Simulate>()) {
    simulate(input, effects, ask->transaction);
  } else if (const auto* ask = call.as<Install>()) {
    install(input, effects, ask->data);
  } else if (const auto* ask = call.as<TakeStakes>()) {
    take_stakes(input, effects, ask->block);
  } else if (const auto* ask = call.as<ProveAccount>()) {
    prove(input, effects, *ask);
  }
}

void Ledger::charge_signatures(Effects& effects, const Block& block) {
  for (const TxRef& tx : block.payload->transactions) {
    if (verified_.try_emplace(tx->id, true).second) {
      effects.work(Operation::tx_verify, rules_.signatures(*tx));
    }
  }
}

void Ledger::validate(const Input& input, Effects& effects, const Validate& ask) {
  charge_signatures(effects, *ask.block);
  Validated answer{ask.block->id, true, {}};
  for (const TxRef& tx : ask.block->payload->transactions) {
    const std::string_view fault = rules_.fault(*tx);
    if (fault.empty()) continue;
    answer.ok = false;
    answer.reason = fault;
    break;
  }
  if (answer.ok) {
    answer.reason = rules_.block_fault(*head_state_, *ask.block);
    answer.ok = answer.reason.empty();
  }
  effects.answer(*input.call, std::move(answer));
}

StateRef Ledger::state_after(const BlockId& block) const {
  if (block == final_->id) return final_state_;
  const Entry* entry = entries_.find(block);
  return entry ? entry->result->post : nullptr;
}

const Ledger::Entry* Ledger::entry_of(const Input& input, Effects& effects, const BlockRef& block,
                                      std::string* reason) {
  if (const Entry* known = entries_.find(block->id)) return known;
  const StateRef pre = state_after(block->parent);
  if (!pre) {
    *reason = "the parent's state is not known here";
    return nullptr;
  }
  charge_signatures(effects, *block);
  const auto count = block->payload->transactions.size();
  effects.work(Operation::tx_execute, count);
  // One shared result in 256 is computed again (DESIGN 13.9).
  const bool recheck = input.draw(Purpose("ledger.recheck"), block->id.tag()) % 256 == 0;
  const BlockResultRef result = store_.execute(*pre, *block, recheck);
  for (const auto& [operation, times] : result->work) effects.work(operation, times);
  if (!result->ok) {
    *reason = result->reason;
    return nullptr;
  }
  entries_at_[block->height].push_back(block->id);
  return entries_.try_emplace(block->id, Entry{block, result}).first;
}

void Ledger::adopt(const Input& input, Effects& effects, const Adopt& ask) {
  Adopted answer{head_->id, head_->height, false, head_state_->root(), {}};
  std::string reason;
  for (const BlockRef& block : ask.forward) {
    if (entry_of(input, effects, block, &reason)) continue;
    answer.offending = block->id;
    effects.note("block " + to_hex(block->id).substr(0, 16) + " not adopted: " + reason);
    effects.answer(*input.call, std::move(answer));
    return;
  }
  HeadChanged changed;
  for (BlockRef at = head_; at->id != ask.ancestor && at->id != final_->id;) {
    changed.reverted.push_back(at);
    const Entry* parent = entries_.find(at->parent);
    if (!parent) break;  // the final block
    at = parent->block;
  }
  changed.included = ask.forward;
  if (context_.client_policy.tentative_replies != nullptr) {
    for (const BlockRef& block : ask.forward) {
      changed.outcomes.push_back(entries_.find(block->id)->result->outcomes);
    }
  }
  if (!ask.forward.empty()) {
    head_ = ask.forward.back();
    head_state_ = state_after(head_->id);
  } else {
    const Entry* ancestor = entries_.find(ask.ancestor);
    head_ = ancestor ? ancestor->block : final_;
    head_state_ = state_after(head_->id);
  }
  answer.head = head_->id;
  answer.height = head_->height;
  answer.ok = true;
  answer.state_root = head_state_->root();
  effects.call(Slot::mempool, std::move(changed));
  effects.answer(*input.call, std::move(answer));
}

void Ledger::finalise(Effects& effects, const BlockRef& block) {
  if (block->height <= final_->height) return;
  // The blocks below it that are not final yet become so too, lowest first.
  std::vector<const Entry*> path;
  for (const Entry* entry = entries_.find(block->id); entry;
       entry = entries_.find(entry->block->parent)) {
    path.push_back(entry);
  }
  if (path.empty()) return;
  std::reverse(path.begin(), path.end());
  make_durable(effects, block, path.back()->result->post);
  for (const Entry* entry : path) {
    for (const TxRef& tx : entry->block->payload->transactions) verified_.erase(tx->id);
    untold_.push({next_record_ - 1, {entry->block, entry->result->outcomes}});
  }
  final_ = block;
  final_state_ = path.back()->result->post;
  const auto above = entries_at_.upper_bound(final_->height);
  for (auto at = entries_at_.begin(); at != above; ++at) {
    for (const BlockId& id : at->second) entries_.erase(id);
  }
  entries_at_.erase(entries_at_.begin(), above);
}

void Ledger::make_durable(Effects& effects, const BlockRef& block, const StateRef& state) {
  const FinalRecord record{block->height, block->id, block->parent, block->header, state->root()};
  store_.hold(state);
  durable_.push({next_record_, state->root()});
  effects.persist(codec::encode(record));
  effects.forget(next_record_);
  ++next_record_;
}

void Ledger::install(const Input& input, Effects& effects, const SnapshotRef& data) {
  Installed answer{false, final_->height, final_->id, {}};
  effects.work(Operation::hash_byte, data->bytes.size());
  StateRef state = context_.share_results ? store_.find(data->state_root) : nullptr;
  // Bytes that are not this state's are judged by themselves, as they are where nothing is shared.
  if (!state || *store_.serialised(state) != data->bytes) {
    state = rules_.deserialise(data->bytes);
  }
  if (!state || state->root() != data->state_root) {
    answer.reason = "the snapshot's content does not give its state root";
  } else if (data->height <= final_->height) {
    answer.reason = "the snapshot is not newer than the final block";
  } else {
    FinalRecord record;
    record.height = data->height;
    record.id = data->block;
    record.state_root = data->state_root;
    const BlockRef block = summary_block(record);
    make_durable(effects, block, state);
    final_ = head_ = block;
    final_state_ = head_state_ = state;
    entries_.clear();
    entries_at_.clear();
    answer = {true, data->height, data->block, {}};
  }
  effects.answer(*input.call, std::move(answer));
}

void Ledger::take_stakes(const Input& input, Effects& effects, const BlockId& block) const {
  Stakes answer;
  answer.block = block;
  if (const StateRef state = state_after(block)) {
    answer.known = true;
    answer.state_root = state->root();
    answer.of = store_.stakes(*state);
    effects.work(Operation::tx_check, answer.of->size());  // what reading one account costs
  }
  effects.answer(*input.call, std::move(answer));
}

void Ledger::prove(const Input& input, Effects& effects, const ProveAccount& ask) const {
  effects.work(Operation::tx_check);  // one account looked up
  AccountProven answer{ask.account, ask.block, 0, false, {}};
  StateRef state = state_after(ask.block);
  if (state) {
    const Entry* entry = entries_.find(ask.block);
    answer.height = entry ? entry->block->height : final_->height;
  } else {
    state = final_state_;
    answer.block = final_->id;
    answer.height = final_->height;
  }
  if (auto nodes = rules_.prove(*state, ask.account)) {
    answer.known = true;
    answer.nodes = std::move(*nodes);
  }
  effects.answer(*input.call, std::move(answer));
}

void Ledger::check(const Input& input, Effects& effects, const TxRef& transaction) {
  effects.work(Operation::tx_check);
  if (verified_.try_emplace(transaction->id, true).second) {
    effects.work(Operation::tx_verify, rules_.signatures(*transaction));
  }
  Checked answer;
  answer.transaction = transaction;
  const std::string_view fault = rules_.fault(*transaction);
  if (!fault.empty()) {
    answer.reason = fault;
    verified_.erase(transaction->id);
  } else {
    rules_.check(*head_state_, answer);
  }
  effects.answer(*input.call, std::move(answer));
}

void Ledger::simulate(const Input& input, Effects& effects, const TxRef& proposal) {
  effects.work(Operation::tx_verify);
  Work work;
  Simulated answer = rules_.simulate(*head_state_, *proposal, work);
  for (const auto& [operation, times] : work) effects.work(operation, times);
  effects.answer(*input.call, std::move(answer));
}

void Ledger::inspect(Inspector& inspector) const {
  inspector.field("ledger.head", head_->height);
  inspector.field("ledger.final", final_->height);
  inspector.field("ledger.root", to_hex(head_state_->root()).substr(0, 16));
  inspector.field("ledger.executed", entries_.size());
}

}  // namespace ledgerlab::ledger
