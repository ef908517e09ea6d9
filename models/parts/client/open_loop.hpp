// What every client does (DESIGN 13.1): it offers its share of the load when it is due, whatever the
// system does (open loop), asks whom the protocol's ClientPolicy names, repeats what is not answered
// with the same transaction. Here it counts a transaction as done by enough equal replies, which is
// all of client/open_loop; a client that believes something else derives from it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "models/api/client_messages.hpp"
#include "models/api/model_info.hpp"
#include "models/base/lookup.hpp"
#include "models/parts/client/endorsing.hpp"
#include "models/parts/client/reads.hpp"

namespace ledgerlab::client {

struct Options {
  explicit Options(const Params& params);
  Duration retry_timeout;
  Duration home_retry_timeout;
  Duration redirect_backoff;
  Duration conflict_backoff;
  Duration give_up_after;         // 0: never
  std::uint64_t max_outstanding;  // 0: unlimited
  std::uint64_t read_share_ppb;  // 0 for clients that have no such parameter
  std::uint64_t memo;            // bytes that a transfer carries beside its number
};

/// retry_timeout, home_retry_timeout, redirect_backoff, give_up_after, max_outstanding, memo.
std::vector<ParamInfo> offering_params();

class OpenLoop : public Module {
 public:
  explicit OpenLoop(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  /// Nothing of a client is durable: after a crash it goes on with what is due from then on.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;

 protected:
  // --- for clients that do not take a replica's word ---------------------------------------------
  /// A replica says that this transaction is final.
  virtual void on_final(const Input& input, Effects& effects, const Reply& reply) {
    on_reply(input, effects, reply);
  }
  /// A message from a replica that is none of those every client knows, and a timer.
  virtual void on_other(const Input&, Effects&) {}
  /// Null: it is not open.
  const Wallet::Slip* open(const TxId& id) const {
    const Open* found = open_.find(id);
    return found ? &found->slip : nullptr;
  }
  /// This is its fate; nobody asks for it any more.
  void conclude(const Input& input, Effects& effects, const TxId& id, Height height,
                TxOutcome outcome);
  /// Asks this replica for an open transaction now.
  void ask_of(const Input& input, Effects& effects, const TxId& id, NodeId replica) {
    if (Open* found = open_.find(id)) ask(input, effects, *found, replica);
  }
  /// From now on `instead` stands for this replica.
  void turn_away(NodeId replica, NodeId instead) {
    if (home_ == replica) home_ = instead;
    if (target_ == replica) turn_to(instead);
  }
  /// So many replicas have to refuse a transaction as never possible before it is given up.
  void believe_refusals_of(std::uint32_t replicas) { refusals_needed_ = replicas; }
  std::uint32_t replicas() const { return replicas_; }
  NodeId home() const { return home_; }
  NodeId after(NodeId replica) const { return (replica + 1) % replicas_; }

 private:
  /// What a reply says; replies count together if they say the same.
  struct Outcome {
    Height height = 0;
    BlockId block;
    TxOutcome outcome = TxOutcome::no_effect;
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };
  struct Vote {
    NodeId from;
    Outcome outcome;
    bool tentative = false;
  };
  /// A transaction that was offered and is not done.
  struct Open {
    TxRef tx;
    TxRef proposal;  // execute-order-validate: what `tx` wraps
    std::uint32_t conflicts = 0;
    Wallet::Slip slip;
    Time due{};
    std::uint32_t attempt = 0;    // of asking; an older timer does not fire
    std::uint32_t repeats = 0;    // attempts because nobody answered
    std::uint32_t redirects = 0;  // followed since the last wait
    NodeId asked = no_node;       // not for Ask::all
    Time asked_at{};
    std::vector<Vote> votes;
    std::vector<NodeId> refused_by;  // as never possible
  };
  struct Wait {
    Time until;
    TxId id;
    std::uint32_t attempt;
  };

  void start(const Input& input, Effects& effects);
  void offer_due(const Input& input, Effects& effects);
  void offer(const Input& input, Effects& effects, const Load::Item& item);
  void draw_next();
  /// What the execution phase came to: envelopes to be ordered, proposals dropped.
  void take(const Input& input, Effects& effects, Endorsing::Outcome outcome);
  void ask(const Input& input, Effects& effects, Open& open, NodeId whom);
  void turn_to(NodeId replica);
  void ask_later(const Input& input, Open& open);
  void repeat(const Input& input, Effects& effects, const Wait& wait);
  void take_due(std::deque<Wait>& waits, const Input& input, Effects& effects);
  void arm(const Input& input, Effects& effects);

  /// A Reply or a TentativeReply.
  template <class R>
  void on_reply(const Input& input, Effects& effects, const R& reply);
  void on_redirect(const Input& input, Effects& effects, const Redirect& redirect);
  void on_refused(const Input& input, Effects& effects, const Refused& refused);
  /// Nobody asks for it any more.
  void give_up(Effects& effects, const TxId& id);
  bool from_replica(const Input& input) const { return input.from < replicas_; }

  Options options_;
  ClientPolicy policy_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Wallet> wallet_;
  std::unique_ptr<Endorsing> endorsing_;  // null: order-execute
  std::uint32_t replicas_;
  std::uint32_t replies_needed_;
  std::uint32_t refusals_needed_;
  std::uint32_t tentative_needed_ = 0;  // of either kind; 0: tentative replies do not count
  Time end_;
  std::vector<NodeId> everybody_;  // Ask::all and Ask::primary
  NodeId home_;

  NodeId target_;                    // whom new transactions go to
  Time target_heard_ = Time::min();  // when it last said anything
  std::uint64_t k_ = 0;
  Time due_{};  // of the k-th
  Lookup<TxId, Open, TagHash> open_;
  // Both wait for a constant time, so that the front is always the earliest.
  std::deque<Wait> unanswered_;
  std::deque<Wait> postponed_;
  Time armed_ = time_never;  // the one timer for both

  Reads reads_;

  std::uint64_t offered_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace ledgerlab::client
