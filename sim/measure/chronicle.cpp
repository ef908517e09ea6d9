// The chronicle's fold: one short branch per event type.
#include "sim/measure/chronicle.hpp"

#include <algorithm>

#include "models/api/calls.hpp"
#include "models/parts/pipeline/envelope.hpp"

namespace ledgerlab {

std::uint32_t Chronicle::interest() const {
  return event_bit(EventType::start) | event_bit(EventType::crash) |
         event_bit(EventType::fault_begin) | event_bit(EventType::fault_end) |
         event_bit(EventType::answer) | event_bit(EventType::role) | event_bit(EventType::head) |
         event_bit(EventType::final_block) | event_bit(EventType::submit) |
         event_bit(EventType::acknowledge) | event_bit(EventType::give_up) |
         event_bit(EventType::read) | event_bit(EventType::read_done);
}

void Chronicle::on_event(const Event& e) {
  const Moment moment{e.time, e.node};
  switch (e.type) {
    case EventType::head:
      on_head(e);
      break;
    case EventType::final_block: {
      if (byzantine_[e.node]) break;
      const RowIndex row = block_row(e);
      blocks_[row].final = std::min(blocks_[row].final, moment);
      finals_[e.node] = row;
      break;
    }
    case EventType::answer:
      if (!byzantine_[e.node]) on_answer(e);
      break;
    case EventType::submit:
      on_submit(e);
      break;
    case EventType::acknowledge:
      on_close(e, TxState::acknowledged);
      break;
    case EventType::give_up:
      on_close(e, TxState::given_up);
      break;
    case EventType::read:
      open_reads_[{e.node, e.a}] = reads_.size();
      reads_.push_back({moment, time_at(static_cast<std::int64_t>(e.b)), time_never, 0});
      break;
    case EventType::read_done:
      if (const auto open = open_reads_.find({e.node, e.a}); open != open_reads_.end()) {
        reads_[open->second].done = e.time;
        reads_[open->second].height = e.b;
        open_reads_.erase(open);
      }
      break;
    case EventType::role:
      if (static_cast<NodeRole>(e.kind) == NodeRole::leader && !byzantine_[e.node]) {
        leaderships_.push_back({moment, e.a, e.node});
      }
      break;
    case EventType::start:
    case EventType::crash:
      lives_.push_back({moment, e.type == EventType::start});
      heads_[e.node] = finals_[e.node] = no_row;  // a new life begins from what was durable
      break;
    case EventType::fault_begin:
    case EventType::fault_end:
      faults_.push_back({moment, e.kind, e.a, e.type == EventType::fault_begin});
      break;
    default:
      break;
  }
}

RowIndex Chronicle::find_transaction(std::uint64_t tag) const {
  const auto found = transaction_index_.find(tag);
  return found == transaction_index_.end() ? no_row : found->second;
}

RowIndex Chronicle::find_block(std::uint64_t tag) const {
  const auto found = block_index_.find(tag);
  return found == block_index_.end() ? no_row : found->second;
}

RowIndex Chronicle::block_row(std::uint64_t tag) {
  if (last_block_ != no_row && blocks_[last_block_].tag == tag) return last_block_;
  const auto place = block_index_.try_emplace(tag, static_cast<RowIndex>(blocks_.size()));
  if (place.second) blocks_.emplace_back().tag = tag;
  return last_block_ = place.first->second;
}

RowIndex Chronicle::block_row(const Event& e) {
  const RowIndex row = block_row(e.a);
  if (!blocks_[row].block && e.object) blocks_[row].block = *static_cast<const BlockRef*>(e.object);
  return row;
}

void Chronicle::on_head(const Event& e) {
  const Moment moment{e.time, e.node};
  const RowIndex row = byzantine_[e.node] ? block_row(e.a) : block_row(e);
  BlockEntry& entry = blocks_[row];
  entry.mined = std::min(entry.mined, moment);
  if (byzantine_[e.node]) return;
  entry.made = std::min(entry.made, moment);
  const RowIndex before = heads_[e.node];
  heads_[e.node] = row;
  if (before == row) return;
  if (before != no_row && entry.block && entry.block->parent.tag() == blocks_[before].tag) return;
  head_changes_.push_back({moment, before, row, finals_[e.node]});
}

/// The row of the proposal that this submission wraps; none: it is a request itself.
RowIndex Chronicle::request_of(const Event& e) const {
  if (!envelopes_ || !e.object) return no_row;
  const auto* envelope = pipeline::decode_envelope(**static_cast<const TxRef*>(e.object));
  return envelope ? find_transaction(envelope->content.proposal->id.tag()) : no_row;
}

void Chronicle::admit(TxRow& row) {
  row.admitted = true;
  if (!row.counts()) transactions_[row.request].admitted = true;
}

void Chronicle::on_submit(const Event& e) {
  const Time due = time_at(static_cast<std::int64_t>(e.b));
  const RowIndex request = request_of(e);
  if (request == no_row) turns_.push_back({due, 1});
  const auto place =
      transaction_index_.try_emplace(e.a, static_cast<RowIndex>(transactions_.size()));
  if (!place.second) {
    strays_.push_back({{e.time, e.node}, e.a, e.type, true});
    return;
  }
  TxRow& row = transactions_.emplace_back();
  row.tag = e.a;
  row.due = due;
  row.submitted = e.time;
  row.client = e.node;
  row.request = request;
  if (request != no_row) transactions_[request].enveloped = true;
  if (admitted_early_.erase(e.a) != 0) admit(row);
}

void Chronicle::on_close(const Event& e, TxState state) {
  RowIndex index = find_transaction(e.a);
  const auto close = [&] {
    if (index == no_row || transactions_[index].state != TxState::open) {
      strays_.push_back({{e.time, e.node}, e.a, e.type, index != no_row});
      return;
    }
    TxRow& row = transactions_[index];
    row.closed = e.time;
    row.state = state;
    row.height = e.b;
  };
  const bool attempt = index != no_row && !transactions_[index].counts();
  if (attempt) {
    close();
    if (state != TxState::acknowledged) return;  // the request has other attempts
    index = transactions_[index].request;
  }
  turns_.push_back({e.time, -1});
  close();
}

void Chronicle::on_answer(const Event& e) {
  switch (static_cast<AnswerKind>(e.kind)) {
    case AnswerKind::adopted: {
      if (e.b == 0) return;  // no root: the adoption failed
      BlockEntry& entry = blocks_[block_row(e.a)];
      const Moment moment{e.time, e.node};
      if (entry.root == 0) {
        entry.root = e.b;
        entry.root_from = moment;
      } else if (entry.root == e.b) {
        entry.root_from = std::min(entry.root_from, moment);
      } else {
        entry.other_root = std::min(entry.other_root, moment);
      }
      break;
    }
    case AnswerKind::checked: {
      std::uint64_t& lately = admitted_lately_[e.a % admitted_lately_.size()];
      if (e.b == 0 || lately == e.a) return;
      lately = e.a;
      const RowIndex row = find_transaction(e.a);
      if (row == no_row) {
        admitted_early_.try_emplace(e.a, true);
      } else {
        admit(transactions_[row]);
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace ledgerlab
