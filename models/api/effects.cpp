#include "models/api/effects.hpp"

#include <algorithm>
#include <array>

#include "models/crypto/hash.hpp"

namespace ledgerlab {

void Effects::begin(NodeId self) {
  self_ = self;
  cost_ps_ = 0;
  list_.clear();
  if (!arenas_used_) return;
  arenas_used_ = false;
  nodes_.clear();
  records_.clear();
  blocks_.clear();
  searches_.clear();
  notes_.clear();
  transactions_.clear();
  while (has_calls()) pop_call();
  next_call_ = calls_end_ = 0;
}

void Effects::discard() {
  for (const Effect& e : list_) {
    if (e.kind == EffectKind::send || e.kind == EffectKind::multicast ||
        e.kind == EffectKind::broadcast) {
      take_message(e);
    }
  }
  begin(self_);
}

MessageRef Effects::seal(MessageRef unsealed, Slot slot) {
  auto& message = const_cast<Message&>(*unsealed);
  MessageAccess::seal(message, slot, self_, *suite_);
  work(Operation::message_byte, message.wire_size());
  if (message.auth() == Auth::signature) work(Operation::sign);
  if (message.auth() == Auth::mac) work(Operation::mac);
  return unsealed;
}

void Effects::send(NodeId to, MessageRef message, Gate gate) {
  Effect& e = add(EffectKind::send);
  e.gate = gate;
  e.node = to;
  e.c = reinterpret_cast<std::uint64_t>(message.release());
}

void Effects::multicast(std::span<const NodeId> to, MessageRef message, Gate gate) {
  if (to.empty()) return;
  arenas_used_ = true;
  Effect& e = add(EffectKind::multicast);
  e.gate = gate;
  e.a = nodes_.size();
  e.b = to.size();
  e.c = reinterpret_cast<std::uint64_t>(message.release());
  nodes_.insert(nodes_.end(), to.begin(), to.end());
}

void Effects::retarget(Effect& e, std::span<const NodeId> to) {
  arenas_used_ = true;
  e.kind = EffectKind::multicast;
  e.node = 0;
  e.a = nodes_.size();
  e.b = to.size();
  nodes_.insert(nodes_.end(), to.begin(), to.end());
}

void Effects::admit(std::span<const NodeId> replicas) {
  arenas_used_ = true;
  Effect& e = add(EffectKind::admit);
  e.a = nodes_.size();
  e.b = replicas.size();
  nodes_.insert(nodes_.end(), replicas.begin(), replicas.end());
}

void Effects::broadcast(MessageRef message, Gate gate) {
  Effect& e = add(EffectKind::broadcast);
  e.gate = gate;
  e.c = reinterpret_cast<std::uint64_t>(message.release());
}

void Effects::set_timer(TimerId id, Duration delay) {
  assert(delay >= Duration::zero());
  Effect& e = add(EffectKind::set_timer);
  e.node = id.kind;
  e.a = id.key;
  e.b = static_cast<std::uint64_t>(delay.count());
}

void Effects::cancel_timer(TimerId id) {
  Effect& e = add(EffectKind::cancel_timer);
  e.node = id.kind;
  e.a = id.key;
}

void Effects::persist(Bytes bytes, BlockRef block) {
  arenas_used_ = true;
  work(Operation::log_append);
  Effect& e = add(EffectKind::persist);
  e.a = records_.size();
  e.b = bytes.size() + (block ? block->bytes() : 0);
  Record& record = records_.emplace_back();
  record.slot = slot_;
  record.bytes = std::move(bytes);
  record.block = std::move(block);
}

void Effects::persist(Record record) {
  arenas_used_ = true;
  work(Operation::log_append);
  record.slot = slot_;
  std::uint64_t size = record.bytes.size() + (record.block ? record.block->bytes() : 0);
  if (record.messages) {
    for (const MessageRef& message : *record.messages) size += message->wire_size();
  }
  if (record.snapshot) size += record.snapshot->bytes.size();
  Effect& e = add(EffectKind::persist);
  e.a = records_.size();
  e.b = size;
  records_.push_back(std::move(record));
}

void Effects::truncate(std::uint64_t from) { add(EffectKind::truncate).a = from; }
void Effects::forget(std::uint64_t below) { add(EffectKind::forget).a = below; }

Hash256 stamped(const Hash256& header, std::uint64_t time) {
  std::array<Byte, 40> text;
  std::copy(header.data.begin(), header.data.end(), text.begin());
  for (std::size_t i = 0; i < 8; ++i) text[32 + i] = static_cast<Byte>(time >> (8 * i));
  return sha256(text);
}

void Effects::search(const WorkSearch& search) {
  arenas_used_ = true;
  add(EffectKind::search).a = searches_.size();
  searches_.push_back(search);
}

void Effects::stop_search() { add(EffectKind::stop_search); }

void Effects::announce_role(NodeRole role, std::uint64_t term, NodeId leader) {
  Effect& e = add(EffectKind::announce_role);
  e.small = static_cast<std::uint8_t>(role);
  e.node = leader;
  e.a = term;
  call(Slot::mempool, RoleChange{role, leader, term});
}

void Effects::announce_head(const BlockRef& head) {
  arenas_used_ = true;
  add(EffectKind::announce_head).a = blocks_.size();
  blocks_.push_back(head);
}

void Effects::announce_final(const BlockRef& final_block) {
  arenas_used_ = true;
  add(EffectKind::announce_final).a = blocks_.size();
  blocks_.push_back(final_block);
}

void Effects::record_answer(std::uint8_t kind, std::uint64_t id_tag, std::uint64_t root_tag) {
  Effect& e = add(EffectKind::answer);
  e.small = kind;
  e.a = id_tag;
  e.b = root_tag;
}

void Effects::submit(const TxRef& transaction, Time due) {
  arenas_used_ = true;
  Effect& e = add(EffectKind::submit);
  e.a = transactions_.size();
  e.b = static_cast<std::uint64_t>(count_ns(due));
  e.c = transaction->id.tag();
  transactions_.push_back(transaction);
}

void Effects::acknowledge(const TxId& transaction, Height height) {
  Effect& e = add(EffectKind::acknowledge);
  e.a = transaction.tag();
  e.b = height;
}

void Effects::give_up(const TxId& transaction) { add(EffectKind::give_up).a = transaction.tag(); }

void Effects::read(std::uint64_t number, Time due) {
  Effect& e = add(EffectKind::read);
  e.a = number;
  e.b = static_cast<std::uint64_t>(count_ns(due));
}

void Effects::read_done(std::uint64_t number, Height height) {
  Effect& e = add(EffectKind::read_done);
  e.a = number;
  e.b = height;
}

void Effects::note(std::string text) {
  arenas_used_ = true;
  add(EffectKind::note).a = notes_.size();
  notes_.push_back(std::move(text));
}

Bytes Effects::canonical() const {
  Bytes out;
  codec::Writer w(out);
  w(cost_ps_);
  for (const Effect& e : list_) {
    const bool message = e.kind <= EffectKind::broadcast;
    // Arena positions and addresses are no values; what they name is written below.
    const bool arena = message || e.kind == EffectKind::persist || e.kind == EffectKind::search ||
                       e.kind == EffectKind::announce_head ||
                       e.kind == EffectKind::announce_final || e.kind == EffectKind::submit ||
                       e.kind == EffectKind::note || e.kind == EffectKind::admit;
    w(static_cast<std::uint8_t>(e.kind), static_cast<std::uint8_t>(e.slot),
      static_cast<std::uint8_t>(e.gate), e.small, e.node, arena ? std::uint64_t{0} : e.a, e.b,
      message ? std::uint64_t{0} : e.c);
    if (message) {
      w(encode_frame(message_of(e)));
      for (const NodeId node :
           e.kind == EffectKind::multicast ? nodes_of(e) : std::span<const NodeId>{}) {
        w(node);
      }
    }
    if (e.kind == EffectKind::admit) {
      for (const NodeId node : nodes_of(e)) w(node);
    }
    if (e.kind == EffectKind::persist) {
      w(records_[e.a].bytes);
      if (records_[e.a].block) w(records_[e.a].block->id);
      if (records_[e.a].messages) {
        for (const MessageRef& message : *records_[e.a].messages) w(encode_frame(*message));
      }
      if (records_[e.a].snapshot) w(records_[e.a].snapshot->bytes);
    }
    if (e.kind == EffectKind::announce_head || e.kind == EffectKind::announce_final) {
      w(blocks_[e.a]->id);
    }
  }
  return out;
}

Signature Crypto::sign(ByteView text) {
  effects_->work(Operation::sign);
  return suite_->sign(self_, text);
}
bool Crypto::verify(NodeId author, ByteView text, const Signature& signature) {
  effects_->work(Operation::verify);
  return suite_->verify(author, text, signature);
}
VrfEvaluation Crypto::vrf_prove(ByteView alpha) {
  effects_->work(Operation::vrf_prove);
  return suite_->vrf_prove(self_, alpha);
}
bool Crypto::vrf_verify(NodeId author, ByteView alpha, const VrfEvaluation& proof) {
  effects_->work(Operation::vrf_verify);
  return suite_->vrf_verify(author, alpha, proof);
}
TxSignature Crypto::sign_transaction(AccountIndex index, const Hash256& digest) {
  effects_->work(Operation::tx_sign);
  return suite_->sign_transaction(index, digest);
}
std::optional<Address> Crypto::recover(const Hash256& digest, const TxSignature& signature) {
  effects_->work(Operation::tx_verify);
  return suite_->recover(digest, signature);
}
bool Crypto::work_valid(const Hash256& header, const U256& target, std::uint64_t nonce) {
  effects_->work(Operation::hash_byte, 80);
  return suite_->work_valid(header, target, nonce);
}
bool Crypto::authentic(const Message& message) {
  if (message.auth() == Auth::signature) effects_->work(Operation::verify);
  if (message.auth() == Auth::mac) effects_->work(Operation::mac);
  auto& verdict = message.book.verdict;
  if (verdict == 0) verdict = suite_->authentic(message) ? 1 : 2;
  return verdict == 1;
}
Hash256 Crypto::sha256(ByteView text) {
  effects_->work(Operation::hash_byte, text.size());
  return ledgerlab::sha256(text);
}
Hash256 Crypto::keccak256(ByteView text) {
  effects_->work(Operation::hash_byte, text.size());
  return ledgerlab::keccak256(text);
}

}  // namespace ledgerlab
