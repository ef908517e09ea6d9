#include "models/consensus/pbft/records.hpp"

#include <algorithm>

namespace ledgerlab::pbft {
namespace {

enum class Tag : std::uint8_t { view, vote, prepared, executed, checkpoint, stable };
constexpr Tag max_value(Tag) { return Tag::stable; }

struct ViewRecord {
  Tag tag = Tag::view;
  View view = 0;
  bool active = false;
  template <class A>
  void fields(A& a) {
    a(tag, view, active);
  }
};

/// Votes, certificates and executions.
struct OrderRecord {
  Tag tag = Tag::vote;
  Order order;
  std::vector<NodeId> askers;
  template <class A>
  void fields(A& a) {
    a(tag, order, askers);
  }
};

struct CheckpointRecord {
  Tag tag = Tag::checkpoint;
  Checkpoint body;
  template <class A>
  void fields(A& a) {
    a(tag, body);
  }
};

struct StableRecord {
  Tag tag = Tag::stable;
  Sequence seq = 0;
  template <class A>
  void fields(A& a) {
    a(tag, seq);
  }
};

template <class T>
Record make(const T& body) {
  Record record;
  record.bytes = codec::encode(body);
  return record;
}

MessageListRef list_of(const MessageRef& message) {
  return std::make_shared<const std::vector<MessageRef>>(1, message);
}

void take(RestoredEntry& entry, const OrderRecord& found, const Record& record) {
  if (entry.first_record == 0) entry.first_record = record.index;
  switch (found.tag) {
    case Tag::vote:
      entry.voted = found.order;
      entry.pre_prepare = record.messages ? record.messages->front() : MessageRef();
      if (record.block) entry.batches.push_back(make_batch(record.block->payload, found.askers));
      break;
    case Tag::prepared:
      entry.certificate = record.messages;
      break;
    default:
      entry.executed = found.order.digest;
  }
}

}  // namespace

Record record_view(View view, bool active, const MessageRef& new_view) {
  Record record = make(ViewRecord{Tag::view, view, active});
  if (new_view) record.messages = list_of(new_view);
  return record;
}

Record record_vote(const Order& order, const MessageRef& pre_prepare, const BatchRef& batch) {
  Record record =
      make(OrderRecord{Tag::vote, order, batch ? batch->askers : std::vector<NodeId>{}});
  if (batch) record.block = batch->block;
  record.messages = list_of(pre_prepare);
  return record;
}

Record record_prepared(const Order& order, const MessageListRef& certificate) {
  Record record = make(OrderRecord{Tag::prepared, order, {}});
  record.messages = certificate;
  return record;
}

Record record_executed(Sequence seq, const BatchDigest& digest) {
  return make(OrderRecord{Tag::executed, {0, seq, digest}, {}});
}

Record record_checkpoint(const OwnCheckpoint& checkpoint) {
  Record record = make(CheckpointRecord{Tag::checkpoint, checkpoint.body});
  record.snapshot = checkpoint.snapshot;
  return record;
}

Record record_stable(Sequence seq, const MessageListRef& proof) {
  Record record = make(StableRecord{Tag::stable, seq});
  record.messages = proof;
  return record;
}

Restored restore_records(std::span<const Record> records) {
  Restored out;
  if (!records.empty()) out.first_record = records.front().index;
  for (const Record& record : records) {
    out.last_record = record.index;
    if (const auto view = codec::decode<ViewRecord>(record.bytes); view && view->tag == Tag::view) {
      out.view = view->view;
      out.active = view->active;
      if (record.messages) out.new_view = record.messages->front();
      out.view_record = record.index;
    } else if (const auto order = codec::decode<OrderRecord>(record.bytes);
               order && (order->tag == Tag::vote || order->tag == Tag::prepared ||
                         order->tag == Tag::executed)) {
      take(out.entries[order->order.seq], *order, record);
    } else if (const auto taken = codec::decode<CheckpointRecord>(record.bytes);
               taken && taken->tag == Tag::checkpoint) {
      out.checkpoints.push_back({taken->body, {}, record.snapshot, record.index});
    } else if (const auto stable = codec::decode<StableRecord>(record.bytes);
               stable && stable->tag == Tag::stable) {
      out.stable = stable->seq;
      out.stable_proof = record.messages;
      out.stable_record = record.index;
    }
  }
  std::erase_if(out.checkpoints, [&](const OwnCheckpoint& c) { return c.body.seq < out.stable; });
  out.entries.erase(out.entries.begin(), out.entries.upper_bound(out.stable));
  return out;
}

}  // namespace ledgerlab::pbft
