// Inventory flooding over the overlay, as Bitcoin's peers do it: a node announces by identity what
// its owner accepted, neighbours ask for what they lack, and ask another announcer when the answer
// stays out. In push mode contents go out unasked. See README.md.
#pragma once

#include "models/api/model_info.hpp"
#include "models/base/node_list.hpp"
#include "models/parts/dense/dense_index.hpp"
#include "models/parts/dense/seen_set.hpp"
#include "models/parts/relay/messages.hpp"
#include "models/parts/relay/reconcile.hpp"
#include "models/parts/relay/trickle.hpp"

namespace ledgerlab::relay {

/// own: the first that a kind of relay may use for itself.
enum class TimerKind : std::uint32_t { request, announce, trickle, reconcile, own };

/// How contents go out: announced by identity; whole and unasked; blocks whole and unasked from
/// their maker, all else announced (A. Gervais et al.: On the Security and Performance of Proof of
/// Work Blockchains, CCS 2016, section 2.1.1: "unsolicited block push").
enum class Mode : std::uint8_t { inventory, push, unsolicited };

/// What every announcement touches stands in the first cache line.
class alignas(64) Relay : public Module {
 public:
  explicit Relay(const ModuleContext& context, Mode mode = Mode::inventory);

  void step(const Input& input, Effects& effects) final;
  /// Nothing of a relay is durable: what it missed comes by its owners' own catching up.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;
  void warm(unsigned depth) const override;

 protected:
  /// wanted: asked for; held: handed to its owner; spread: published, served to who asks;
  /// gone: nobody sent it.
  enum class State : std::uint8_t { wanted, held, spread, gone };
  using Sequence = std::uint32_t;  // items are numbered as they turn up
  static constexpr Sequence nothing = DenseIndex::none;

  struct Item {
    std::uint32_t dense = 0;
    State state = State::wanted;
    Time since{};
    MessageRef frame;  // of type Content
  };
  struct Request {
    Sequence item = 0;
    Hash128 id;
    Time deadline{};
    std::uint32_t asked = 0;  // position among the neighbours
    std::uint32_t attempts = 0;
  };

  // --- what a kind of relay adds ---------------------------------------------------------------
  virtual void on_start(const Input&, Effects&) {}
  /// A message that is not the flood's.
  virtual void on_message(const Input&, Effects&) {}
  /// An answer to a question of its own.
  virtual void on_answer(const Input&, Effects&) {}
  virtual void on_timer(const Input&, Effects&) {}  // TimerKind::own and above
  /// Tells the neighbours of a block that its owner has accepted.
  virtual void announce_block(const Input&, Effects& effects, Sequence sequence) {
    announce(effects, sequence);
  }
  /// Of a transaction.
  virtual void announce_transaction(const Input& input, Effects& effects, Sequence sequence);
  /// neighbours() are others than those of `before`.
  virtual void on_new_peers(const Input&, Effects&, std::span<const NodeId>) {}
  /// The item is in our hands, from this neighbour, or nobody had it (no_node).
  virtual void on_settled(Effects&, Sequence, NodeId) {}

  /// A content came, or requests ran out: there may be room for others.
  virtual void after_request(const Input&, Effects&) {}

  // --- what it does it with --------------------------------------------------------------------
  struct Heard {
    Sequence item = nothing;  // `nothing`: dropped, or spread and nobody asks who has it
    bool fresh = false;
  };
  /// `from` says that it has a content. Fresh if the content has to be asked for: a request to
  /// `from` is in the books as the newest, and the caller sends it and calls arm_requests.
  Heard heard(const Input& input, Effects& effects, const Hash128& id, NodeId from);
  bool announced(const Input& input, Effects& effects, const Hash128& id, NodeId from) {
    return heard(input, effects, id, from).fresh;
  }
  const Request& newest_request() const { return requests_.back(); }
  /// The content itself came: to its owner with it, unless it has come before.
  void take(const Input& input, Effects& effects, const MessageRef& frame, NodeId from);
  /// The same of an item that is wanted.
  void take_wanted(const Input& input, Effects& effects, Sequence sequence, const MessageRef& frame,
                   NodeId from);
  /// The item with this identity, or `nothing`: not there, or dropped.
  Sequence find(Effects& effects, const Hash128& id) { return at_hand(effects.intern(id)); }
  bool has_seen(Effects& effects, const Hash128& id) { return seen_.has(effects.intern(id)); }
  const MessageRef& content_of(Sequence sequence) {
    return item(sequence).frame->as<Content>()->content;
  }
  bool wants(Sequence sequence) {
    return is_live(sequence) && item(sequence).state == State::wanted;
  }
  bool spreads(Sequence sequence) {
    return is_live(sequence) && item(sequence).state == State::spread;
  }
  void announce(Effects& effects, Sequence sequence);
  void arm_requests(Time now, Effects& effects);
  Item& item(Sequence sequence) { return items_[sequence - base_]; }
  bool is_live(Sequence sequence) const { return sequence >= base_ + head_; }
  std::uint64_t* known(Sequence sequence) { return &known_[(sequence - base_) * words_]; }
  bool knows(Sequence sequence, std::size_t position) {
    return (known(sequence)[position / 64] >> (position % 64) & 1) != 0;
  }
  void set_known(Sequence sequence, NodeId from);
  std::span<const NodeId> neighbours() const { return neighbours_; }
  /// Position of a node among the neighbours, or their number.
  std::uint32_t position(NodeId node) const;
  std::span<const NodeId> unaware(Sequence sequence);
  Duration request_timeout() const { return request_timeout_; }
  std::uint32_t attempts_max() const { return attempts_max_; }
  /// Requests that wait for this neighbour's answer.
  std::size_t in_flight(std::uint32_t position) const;
  /// The answer has begun to come: `from` gets another timeout to finish it.
  void prolong(Sequence sequence, Time now);

 private:
  bool on_reconciliation(const Input& input, Effects& effects);
  void on_inv(const Input& input, const Inv& inv, Effects& effects);
  void on_get_data(const Input& input, const GetData& get, Effects& effects);
  void publish(const Input& input, const MessageRef& content, Effects& effects);
  void on_peers(const Input& input, const std::vector<NodeId>& peers, Effects& effects);
  void make_reconciler(const ModuleContext& context);
  /// Tells one neighbour of these, in messages of at most ids_max.
  void send_inv(Effects& effects, std::size_t position, std::span<const Sequence> items);
  void announce_trickled(const Input& input, Effects& effects);
  void arm_trickle(Time now, Effects& effects);
  void announce_gathered(Effects& effects);
  void announce_batch(std::span<const Sequence> batch, Effects& effects);
  void retry(const Input& input, Effects& effects);
  bool ask_another(Request& request, Time now, Effects& effects);
  Sequence at_hand(std::uint32_t dense) const {
    return dense == newest_dense_ ? newest_ : index_.find(dense);
  }
  void forget(std::uint32_t dense) {
    index_.erase(dense);
    if (dense == newest_dense_) newest_dense_ = DenseIndex::none;
  }
  void set_seen(std::uint32_t dense);
  void hold(const Input& input, Effects& effects, Sequence sequence, const MessageRef& frame,
            NodeId from);
  Sequence add_item(std::uint32_t dense, State state, Time now);
  void drop_old(Time now);
  void forget_request(Sequence sequence);

  SeenSet seen_;
  std::uint32_t newest_dense_ = DenseIndex::none;  // added last, if it is still there
  Sequence newest_ = 0;
  std::uint32_t unspread_ = 0;  // items wanted or held
  std::uint32_t words_;         // of 64 neighbours each
  bool keeps_who_ = false;      // who has what matters when it is spread, too
  Mode mode_;
  bool forward_;
  bool announce_timer_ = false;
  bool request_timer_ = false;
  std::uint32_t attempts_max_;
  // --- the second ---
  NodeList neighbours_;  // ascending
  Duration request_timeout_;
  Duration announce_interval_;
  Duration keep_;
  std::size_t remember_;

  struct Ring {
    std::vector<std::uint32_t> list;
    std::size_t oldest = 0;
  };
  std::unique_ptr<Ring> remembered_;  // what seen_ holds, if it is bounded
  // Items in order of arrival; the first head_ of them are dropped and wait to be cut off.
  std::vector<Item> items_;
  std::vector<std::uint64_t> known_;  // by item: neighbours that have it
  Sequence base_ = 0;
  std::size_t head_ = 0;
  Time kept_until_{};  // nothing is old enough to be dropped before this has passed
  DenseIndex index_;
  std::vector<Request> requests_;     // in order of their first asking
  std::vector<Sequence> gathered_;    // to be announced together
  std::unique_ptr<Trickle> trickle_;  // of transactions
  Time trickle_timer_ = time_never;
  std::unique_ptr<Reconciler> reconciler_;  // of transactions; null: all are flooded
};

}  // namespace ledgerlab::relay
