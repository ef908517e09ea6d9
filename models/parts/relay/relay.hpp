// Inventory flooding over the overlay, as Bitcoin's peers do it: a node announces by identity what
// its owner accepted, neighbours ask for what they lack, and ask another announcer when the answer
// stays out. In push mode contents go out unasked. See README.md.
#pragma once

#include <bit>

#include "models/api/model_info.hpp"
#include "models/base/node_list.hpp"
#include "models/parts/dense/dense_index.hpp"
#include "models/parts/dense/item_ring.hpp"
#include "models/parts/dense/seen_set.hpp"
#include "models/parts/dense/short_list.hpp"
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

/// What all relays of a world are told.
struct Settings {
  Settings(const Params& params, Mode mode);
  Mode mode;
  bool forward;
  std::uint32_t attempts_max;
  Duration request_timeout;
  Duration announce_interval;
  Duration keep;
  std::size_t remember;
  bool operator==(const Settings&) const = default;
};

/// One object for all who want the same.
template <class Wanted>
std::shared_ptr<const Wanted> shared_settings(const Wanted& wanted) {
  static thread_local std::weak_ptr<const Wanted> last;
  std::shared_ptr<const Wanted> known = last.lock();
  if (!known || *known != wanted) last = known = std::make_shared<const Wanted>(wanted);
  return known;
}

/// An announcement of what is known touches the first cache line alone; what is done with a content
/// the next ones.
class alignas(64) Relay : public Module {
 public:
  explicit Relay(const ModuleContext& context, Mode mode = Mode::inventory);
  Relay(const ModuleContext& context, std::shared_ptr<const Settings> settings);

  void step(const Input& input, Effects& effects) final;
  /// Nothing of a relay is durable: what it missed comes by its owners' own catching up.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;

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
    MessageRef frame;         // of type Content
    std::uint64_t known = 0;  // neighbours that have it, where there are at most 64
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
    std::uint32_t at_from = nothing;
    return announced(input, effects, id, from, at_from);
  }
  const Request& newest_request() const { return requests_.back(); }
  /// The content itself came: to its owner with it, unless it has come before.
  void take(const Input& input, Effects& effects, const MessageRef& frame, NodeId from);
  /// The same of an item that is wanted.
  void take_wanted(const Input& input, Effects& effects, Sequence sequence, const MessageRef& frame,
                   NodeId from);
  /// The item with this identity, or `nothing`: not there, or dropped.
  Sequence find(Effects& effects, const Hash128& id) { return at_hand(effects.intern(id)); }
  bool has_seen(Effects& effects, const Hash128& id) {
    return seen_.has(effects.intern(id), seen_before_);
  }
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
  Item& item(Sequence sequence) { return items_[sequence]; }
  bool is_live(Sequence sequence) const { return items_.holds(sequence); }
  /// A bit for each neighbour that has it, in words of 64.
  std::uint64_t* known(Sequence sequence) {
    if (told_count_ != 0 && sequence + 1 == items_.end()) write_down();
    return bits(sequence);
  }
  bool knows(Sequence sequence, std::size_t position) {
    return (known(sequence)[position / 64] >> (position % 64) & 1) != 0;
  }
  void set_known(Sequence sequence, NodeId from);
  /// The positions of the neighbours that lack it, ascending.
  template <class Visit>
  void each_unaware(Sequence sequence, const Visit& visit) {
    const std::uint64_t* has = known(sequence);
    for (std::size_t n = 0; n < neighbours_.size(); n += 64) {
      const std::size_t left = neighbours_.size() - n;
      std::uint64_t lack = ~has[n / 64] & (left < 64 ? (std::uint64_t{1} << left) - 1 : ~0ull);
      for (; lack != 0; lack &= lack - 1) {
        visit(n + static_cast<std::size_t>(std::countr_zero(lack)));
      }
    }
  }
  std::span<const NodeId> neighbours() const { return neighbours_; }
  /// Position of a node among the neighbours, or their number.
  std::uint32_t position(NodeId node) const;
  std::span<const NodeId> unaware(Sequence sequence);
  const Settings& settings() const { return *settings_; }
  Duration request_timeout() const { return settings_->request_timeout; }
  std::uint32_t attempts_max() const { return settings_->attempts_max; }
  /// Requests that wait for this neighbour's answer.
  std::size_t in_flight(std::uint32_t position) const;
  /// The answer has begun to come: `from` gets another timeout to finish it.
  void prolong(Sequence sequence, Time now);

 private:
  bool on_reconciliation(const Input& input, Effects& effects);
  void on_inv(const Input& input, const Inv& inv, Effects& effects);
  /// `at_from`: position of `from`, or `nothing` before it was looked up.
  bool announced(const Input& input, Effects& effects, const Hash128& id, NodeId from,
                 std::uint32_t& at_from);
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
    return dense == newest_dense_ ? items_.end() - 1 : find_old(dense);
  }
  Sequence find_old(std::uint32_t dense) const;
  void forget(std::uint32_t dense);
  void set_seen(std::uint32_t dense);
  void hold(const Input& input, Effects& effects, Sequence sequence, const MessageRef& frame,
            NodeId from);
  void ask(const Input& input, std::uint32_t dense, const Hash128& id, std::uint32_t at_from);
  Sequence add_item(std::uint32_t dense, State state, Time now);
  void drop_old(Time now);
  void forget_request(Sequence sequence);
  std::uint64_t* bits(Sequence sequence) {
    return words_ <= 1 ? &items_[sequence].known : rare_->wide[sequence].data();
  }
  /// `from` has the newest item: looked up among the neighbours when somebody asks who has it.
  void tell(NodeId from) {
    if (told_count_ == std::size(told_)) write_down();
    told_[told_count_++] = from;
  }
  void write_down();

  /// What few relays have, or few deliveries ask for.
  struct Rare {
    std::vector<std::uint32_t> remembered;  // what seen_ holds, if it is bounded: a ring
    std::size_t oldest = 0;
    ItemRing<std::vector<std::uint64_t>> wide;  // by item, where there are more than 64 neighbours
    std::unique_ptr<Trickle> trickle;           // of transactions
    Time trickle_timer = time_never;
    std::unique_ptr<Reconciler> reconciler;  // of transactions; null: all are flooded
  };
  Rare& rare() {
    if (!rare_) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  Trickle* trickle() const { return keeps_who_ ? rare_->trickle.get() : nullptr; }
  Reconciler* reconciler() const { return keeps_who_ ? rare_->reconciler.get() : nullptr; }

  SeenTop seen_;
  std::uint32_t newest_dense_ = DenseIndex::none;  // added last, if it is still there
  std::uint32_t unspread_ = 0;                     // items wanted or held
  bool keeps_who_ = false;                         // who has what matters when it is spread, too
  bool announce_timer_ = false;
  bool request_timer_ = false;
  std::uint8_t told_count_ = 0;
  NodeId told_[5];  // that they have the newest item, and it is not in its bits yet
  // --- the second ---
  ItemRing<Item> items_;  // in order of arrival
  SeenPages seen_before_;
  NodeList neighbours_;  // ascending
  std::shared_ptr<const Settings> settings_;
  // --- the third ---
  Time kept_until_{};            // nothing is old enough to be dropped before this has passed
  ShortList<Request> requests_;  // in order of their first asking
  // --- the fourth ---
  std::vector<Sequence> gathered_;     // to be announced together
  std::unique_ptr<DenseIndex> index_;  // where there are many items
  std::unique_ptr<Rare> rare_;
  std::uint32_t words_;  // of 64 neighbours each
};

}  // namespace ledgerlab::relay
