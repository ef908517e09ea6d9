// Effects: the append-only list a module writes and the host interprets (DESIGN 3, 13.2). Records
// are 32 bytes; objects they name live in the list's own arenas until the host has taken them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/api/calls.hpp"
#include "models/api/crypto.hpp"
#include "models/base/time.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

/// Does an outgoing message wait until every earlier record is durable? `ungated` only where the
/// protocol's paper allows it; a comment at the call cites the rule.
enum class Gate : std::uint8_t { gated, ungated };

/// A proof-of-work search: the host draws its duration from the node's hash rate, or tries nonces.
/// The time of the find is part of what is searched, as miners roll their timestamps while they
/// try: Input::stamp, the node's wall clock at the find in whole units, but not before `earliest`.
struct WorkSearch {
  Hash256 header;              // digest of the header without its time and nonce
  U256 target;                 // a nonce is work if the hash is at or below it
  std::uint64_t earliest = 0;  // nanoseconds
  std::uint64_t unit = 1;      // of time stamps, in nanoseconds
};
/// What a nonce is work for: the header's digest together with its time.
Hash256 stamped(const Hash256& header, std::uint64_t time);

enum class EffectKind : std::uint8_t {
  send,
  multicast,
  broadcast,
  set_timer,
  cancel_timer,
  persist,
  truncate,
  forget,
  search,
  stop_search,
  announce_role,
  announce_head,
  announce_final,
  answer,
  submit,
  acknowledge,
  give_up,
  note,
  read,
  read_done,
  admit
};

struct Effect {
  EffectKind kind;
  Slot slot;  // of the module that listed it; opaque to the host
  Gate gate = Gate::gated;
  std::uint8_t small = 0;
  std::uint32_t node = 0;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
};
static_assert(sizeof(Effect) == 32);

/// Frames that a protocol keeps as evidence: certificates.
using MessageListRef = std::shared_ptr<const std::vector<MessageRef>>;

/// What is durable of a module, as restore() gets it back. Block, messages and snapshot ride along
/// by reference so that n replicas of one entry share them; their encodings count into the bytes
/// written.
struct Record {
  std::uint64_t index = 0;
  Slot slot = Slot::consensus;
  Bytes bytes;
  BlockRef block;
  MessageListRef messages;
  SnapshotRef snapshot;
};

/// Renames content hashes to small dense numbers, for seen-sets as bitmaps. A pure renaming: never
/// order anything by it.
class Interner {
 public:
  virtual ~Interner() = default;
  virtual std::uint32_t intern(const Hash128& content) = 0;
};

class Effects {
 public:
  Effects(CryptoSuite& suite, Interner& interner, const CostTable& costs)
      : suite_(&suite), interner_(&interner), costs_(&costs) {}

  // --- outside world --------------------------------------------------------------------------
  /// Seals a message under this node's key, for the same slot of its receiver, and charges for it.
  MessageRef seal(MessageRef unsealed) { return seal(std::move(unsealed), slot_); }
  MessageRef seal(MessageRef unsealed, Slot slot);
  /// A type that is meant for another slot than its sender's says so: T::destination.
  template <class T>
  MessageRef make(T body) {
    MessageRef unsealed(new MessageOf<T>(std::move(body)));
    if constexpr (requires { T::destination; }) {
      return seal(std::move(unsealed), T::destination);
    } else {
      return seal(std::move(unsealed));
    }
  }

  void send(NodeId to, MessageRef message, Gate gate = Gate::gated);
  void multicast(std::span<const NodeId> to, MessageRef message, Gate gate = Gate::gated);
  /// To every replica of the system but this node.
  void broadcast(MessageRef message, Gate gate = Gate::gated);
  template <class T>
  void send(NodeId to, T body, Gate gate = Gate::gated) {
    send(to, make(std::move(body)), gate);
  }
  template <class T>
  void multicast(std::span<const NodeId> to, T body, Gate gate = Gate::gated) {
    multicast(to, make(std::move(body)), gate);
  }
  template <class T>
  void broadcast(T body, Gate gate = Gate::gated) {
    broadcast(make(std::move(body)), gate);
  }

  /// Fires after `delay` of local time; setting an id again replaces it. Few timers per module at
  /// once, please: the host keeps them in a small list.
  void set_timer(TimerId id, Duration delay);
  void cancel_timer(TimerId id);

  // --- durability: one numbered log per module, first record is 1 -----------------------------
  void persist(Bytes bytes, BlockRef block = {});
  /// Same with all that a record can hold; index and slot are the host's.
  void persist(Record record);
  /// Drops every record with index >= `from`; the next persist gets index `from`.
  void truncate(std::uint64_t from);
  /// Drops every record with index < `below` (they were compacted away).
  void forget(std::uint64_t below);

  /// Charges `count` times the operation's cost to the node's lane.
  void work(Operation op, std::uint64_t count = 1) { cost_ps_ += costs_->of(op) * count; }
  void work_picoseconds(std::uint64_t picoseconds) { cost_ps_ += picoseconds; }
  /// Charges a duration on the reference CPU (models of outside computations).
  void work_time(Duration time) { cost_ps_ += static_cast<std::uint64_t>(time.count()) * 1000; }

  // --- proof of work ----------------------------------------------------------------------------
  /// Replaces the node's running search.
  void search(const WorkSearch& search);
  void stop_search();

  // --- local calls ------------------------------------------------------------------------------
  /// T is one of CallBody's, or CallBody.
  template <class T>
  void call(Slot to, CallId id, T body) {
    LocalCall& call = new_call();
    call.from = slot_;
    call.to = to;
    call.id = id;
    if constexpr (std::is_same_v<T, CallBody>) {
      call.body = std::move(body);
    } else {
      call.body.template emplace<T>(std::move(body));
    }
  }
  template <class T>
  void call(Slot to, T body) {
    call(to, 0, std::move(body));
  }
  /// Answers `question`; the answer's ids and roots enter the trace.
  template <class T>
  void answer(const LocalCall& question, T body) {
    call(question.from, question.id, std::move(body));
  }
  /// Spreads content through the relay slot.
  void publish(MessageRef content) { call(Slot::relay, Publish{std::move(content)}); }

  /// Sessions with these replicas only, from now on (ascending). A permissioned overlay says so; a
  /// node that runs no sessions does not hear it.
  void admit(std::span<const NodeId> replicas);

  // --- announcements ----------------------------------------------------------------------------
  void announce_role(NodeRole role, std::uint64_t term, NodeId leader);
  void announce_head(const BlockRef& head);
  void announce_final(const BlockRef& final_block);

  // --- clients
  // ------------------------------------------------------------------------------------
  /// This transaction was due at `due` (open loop) and is now offered to the system.
  void submit(const TxRef& transaction, Time due);
  /// The client counts it as done, in the block of this height.
  void acknowledge(const TxId& transaction, Height height);
  void give_up(const TxId& transaction);
  /// A read of an account, numbered by its client, was due at `due` and is now asked for.
  void read(std::uint64_t number, Time due);
  /// It was answered from the state after the block of this height.
  void read_done(std::uint64_t number, Height height);

  /// For people: not counted in the trace hash.
  void note(std::string text);

  Crypto crypto() { return Crypto(*suite_, *this, self_); }
  CryptoSuite& suite() { return *suite_; }
  std::uint32_t intern(const Hash128& content) { return interner_->intern(content); }

  // --- the host's and the stack's side ----------------------------------------------------------
  void begin(NodeId self);
  void set_slot(Slot slot) { slot_ = slot; }
  std::span<const Effect> list() const { return list_; }
  std::uint64_t cost_picoseconds() const { return cost_ps_; }
  std::span<const NodeId> nodes_of(const Effect& e) const { return {nodes_.data() + e.a, e.b}; }
  /// Takes over the reference a send, multicast or broadcast holds.
  MessageRef take_message(const Effect& e) {
    return MessageRef(reinterpret_cast<const Message*>(e.c));
  }
  const Message& message_of(const Effect& e) const {
    return *reinterpret_cast<const Message*>(e.c);
  }
  Record& record_of(const Effect& e) { return records_[e.a]; }
  const BlockRef& block_of(const Effect& e) const { return blocks_[e.a]; }
  const WorkSearch& search_of(const Effect& e) const { return searches_[e.a]; }
  const std::string& note_of(const Effect& e) const { return notes_[e.a]; }
  const TxRef& transaction_of(const Effect& e) const { return transactions_[e.a]; }
  /// The stack reports an answer that went from slot to slot: counted in the trace.
  void record_answer(std::uint8_t kind, std::uint64_t id_tag, std::uint64_t root_tag);

  // --- behaviours: what the wrapped module has listed, changed before the host takes it ---------
  std::size_t listed() const { return list_.size(); }
  std::size_t calls_listed() const { return calls_end_; }
  std::span<Effect> listed_from(std::size_t first) { return std::span(list_).subspan(first); }
  /// Strikes out the effects from `first` on that keep(effect) refuses; messages are let go.
  template <class Keep>
  void keep_if(std::size_t first, Keep keep) {
    std::size_t to = first;
    for (std::size_t i = first; i < list_.size(); ++i) {
      Effect& e = list_[i];
      if (keep(e)) {
        list_[to++] = e;
      } else if (e.kind <= EffectKind::broadcast) {
        take_message(e);
      }
    }
    list_.resize(to);
  }
  /// Lists the effects from `first` on anew: each that keep(effect) refuses is left out, and what
  /// keep lists itself takes its place. A refused message is keep's to take.
  template <class Keep>
  void rewrite(std::size_t first, Keep keep) {
    const std::vector<Effect> old(list_.begin() + static_cast<std::ptrdiff_t>(first), list_.end());
    list_.resize(first);
    for (const Effect& e : old) {
      if (keep(e)) list_.push_back(e);
    }
  }
  /// The same for local calls that nobody has handled.
  template <class Keep>
  void keep_calls_if(std::size_t first, Keep keep) {
    std::size_t to = first;
    for (std::size_t i = first; i < calls_end_; ++i) {
      if (keep(*calls_[i])) std::swap(calls_[to++], calls_[i]);
    }
    while (calls_end_ > to) let_go(*calls_[--calls_end_]);
  }
  /// Addresses a send, multicast or broadcast to these nodes (at least one).
  void retarget(Effect& e, std::span<const NodeId> to);

  bool has_calls() const { return next_call_ < calls_end_; }
  /// The next local call where it lies: others may be listed meanwhile. It holds until pop_call().
  const LocalCall& front_call() const { return *calls_[next_call_]; }
  void pop_call() { let_go(*calls_[next_call_++]); }
  LocalCall take_call() { return std::move(*calls_[next_call_++]); }
  /// Canonical bytes of everything listed so far (messages by frame), for the replay tests.
  Bytes canonical() const;
  /// Drops messages that nobody took (a step whose effects are discarded).
  void discard();

 private:
  Effect& add(EffectKind kind) { return list_.emplace_back(Effect{kind, slot_}); }
  LocalCall& new_call() {
    arenas_used_ = true;
    if (calls_end_ == calls_.size()) calls_.push_back(std::make_unique<LocalCall>());
    return *calls_[calls_end_++];
  }
  /// What a body holds must not outlive the step.
  static void let_go(LocalCall& call) { call.body.emplace<Pending>(); }

  CryptoSuite* suite_;
  Interner* interner_;
  const CostTable* costs_;
  NodeId self_ = no_node;
  Slot slot_ = Slot::consensus;
  std::uint64_t cost_ps_ = 0;
  std::vector<Effect> list_;
  std::vector<NodeId> nodes_;
  std::vector<Record> records_;
  std::vector<BlockRef> blocks_;
  std::vector<WorkSearch> searches_;
  std::vector<std::string> notes_;
  std::vector<TxRef> transactions_;
  std::vector<std::unique_ptr<LocalCall>> calls_;  // room that is used again: they do not move
  std::size_t next_call_ = 0;
  std::size_t calls_end_ = 0;
  bool arenas_used_ = false;
};

}  // namespace ledgerlab
