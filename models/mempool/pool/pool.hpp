// The transaction pool: admission by the ledger's check, queues by sender and nonce, replacement
// and eviction by fee, payloads for the consensus module, answers for the clients that asked here.
// It is volatile: after a crash it starts empty and clients ask again.
#pragma once

#include "models/api/client_messages.hpp"
#include "models/api/model_info.hpp"
#include "models/base/fifo.hpp"
#include "models/mempool/pool/finals.hpp"
#include "models/mempool/pool/queues.hpp"
#include "models/parts/pipeline/endorser.hpp"

namespace ledgerlab::pool {

struct Options {
  Options(const Params& params, const ClientPolicy& policy);
  std::size_t max_transactions;
  std::uint64_t max_bytes;
  std::size_t per_sender;
  std::uint64_t max_gap;
  std::uint64_t replace_bump_ppb;
  std::uint64_t min_fee;
  Duration floor_half_life;
  std::uint64_t incremental_fee;
  std::size_t max_ancestors;
  std::size_t max_descendants;
  bool always_replaceable;
  Duration expiry;
  std::size_t remember;
  bool relay;
  bool operator==(const Options&) const = default;
};

class alignas(64) Pool final : public Module {
 public:
  explicit Pool(const ModuleContext& context);
  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record>) override {}  // nothing is kept on disk
  void inspect(Inspector& inspector) const override;

 private:
  enum Timer : std::uint32_t { timer_expiry };

  /// Call id of a Check after a change of head or leader; first checks have none.
  static constexpr CallId call_recheck = 1;
  static constexpr std::size_t untold = std::numeric_limits<std::size_t>::max();

  void on_call(const Input& input, Effects& effects);
  void on_request(const Input& input, Effects& effects, const TxRef& tx);
  void on_relayed(Effects& effects, const Relayed& relayed);
  void on_passed_on(Effects& effects, const TxRef& tx);
  void on_checked(const Input& input, Effects& effects, const Checked& checked);
  void on_build(const LocalCall& call, Effects& effects, const Build& build);
  void on_head(Effects& effects, const HeadChanged& changed);
  void on_final(Effects& effects, const Finalised& final);
  void on_match(const LocalCall& call, Effects& effects, const MatchShortIds& match);
  void on_role(Effects& effects, const RoleChange& change);

  void check(Effects& effects, Item& item);
  void recheck(Effects& effects, const TxRef& tx);
  void settle(Effects& effects, Item& item, std::optional<Refusal> refusal);
  /// Nothing if the item was admitted.
  std::optional<Refusal> admit(const Input& input, Effects& effects, Item& item,
                               const Checked& checked);
  std::optional<Refusal> admit_by_nonce(Effects& effects, Item& item, const Checked& checked);
  /// BIP 125 and the limits of packages.
  std::optional<Refusal> admit_by_spends(Effects& effects, Item& item, const Checked& checked);
  bool parents_here(const TxSpends& spends) const;
  std::optional<Refusal> replaces(const Item& item, const TxSpends& spends,
                                  const std::vector<Place32>& conflicts,
                                  const std::vector<Place32>& gone) const;
  std::optional<Refusal> make_room(Effects& effects, const Item& item, const Address& sender,
                                   const std::vector<Place32>& ancestors = {});
  bool pays_for(const Item& old, const Item& item) const;
  std::uint64_t lowest_fee();
  void raise_floor(std::uint64_t evicted);
  /// Nothing new is looked at while so much is that waits for the ledger's answer.
  bool overwhelmed(const TxId& id);
  void publish(Effects& effects, Item& item);
  void pass_on(Effects& effects, const TxRef& tx);
  /// Who asked the primary for this payload's transactions; taken out of the list. Empty: nobody.
  std::vector<NodeId> take_asked(const Payload& payload);
  void reply_tentatively(Effects& effects, const BlockRef& block,
                         const std::vector<TxOutcome>& outcomes);
  void include(Effects& effects, const TxRef& tx);
  void put_back(Effects& effects, const TxRef& tx);
  struct Expiring {
    Time due;
    std::uint64_t arrival;
    Place32 place;
  };
  Item* expires(const Expiring& entry);
  void arm_expiry(const Input& input, Effects& effects);
  void expire(const Input& input, Effects& effects);
  void evict(Effects& effects, Item& item, Refusal reason = Refusal::pool_full);
  /// Queued ones, and what spends from them.
  void throw_out(Effects& effects, const std::vector<Place32>& places, Refusal reason);
  void throw_out_below(Effects& effects, const Item& item);
  void spent_elsewhere(Effects& effects, const TxSpends& spends);
  void push_expiring(Expiring entry);
  /// Of an item that is in no queue: out of the table, who asked is told why.
  void drop(Effects& effects, Item& item, Refusal reason);
  void retire(Effects& effects, Item& item);
  /// Remembers who asked for a transaction that is in no queue, within a bound.
  void keep(Item& item, Item::State state);
  void forget(Item& item);
  void add_asker(Item& item, NodeId client);
  NodeId first_asker(const Item& item) const;
  /// A content as it came, until it is passed on.
  void keep_content(Item& item, MessageRef content);
  MessageRef take_content(Item& item);
  std::vector<NodeId> askers(const Item& item) const;
  void forget_askers(Item& item);
  void tell_pending(Effects& effects);
  void reply(Effects& effects, NodeId client, const TxId& id, const Finals::Place& place);
  void redirect(Effects& effects, NodeId client, const TxId& id);
  void refuse(Effects& effects, NodeId client, const TxId& id, Refusal reason);

  void on_read(Effects& effects, NodeId client, const ReadRequest& request);
  void on_read_confirmed(Effects& effects, CallId id, bool ok);
  void on_queried(Effects& effects, CallId id, const Queried& queried);

  /// Only the leader of a protocol with one takes requests.
  bool passive() const { return asks_leader_ && !leads_; }

  // What every transaction touches comes first.
  Time now_{};
  std::shared_ptr<const Options> options_;  // one for all of a world
  std::uint64_t floor_ = 0;  // what is lower was evicted not long ago; as it was at floor_at_
  std::uint64_t next_arrival_ = 1;
  MessageRef relayed_content_;
  Place32 relayed_ = nowhere;  // the item that came last, and its content
  bool asks_leader_;
  bool all_answer_;  // ClientPolicy::Ask::primary
  bool tentative_;   // clients count tentative replies
  bool leads_ = false;
  std::size_t told_count_ = 0;  // by the last Pending
  std::uint64_t rechecks_ = 0;  // not answered yet
  Items items_;
  Queues queues_;
  NodeId self_;
  NodeId leader_ = no_node;
  std::uint64_t term_ = 0;
  std::uint64_t block_weight_;                   // most of a payload
  Lookup<Place32, MessageRef> relayed_before_;   // contents of those that the ledger lets wait
  Lookup<Place32, std::vector<NodeId>> askers_;  // clients that wait for the reply
  Fifo<TxId> kept_;                              // included or used, oldest first
  Fifo<Expiring> expiring_;
  bool expiry_armed_ = false;
  Finals finals_;
  std::vector<LocalCall> builds_;  // waiting for rechecks
  Fifo<AskedFor> asked_;           // oldest first
  Time floor_at_{};
  std::uint64_t refused_ = 0;
  std::uint64_t evicted_ = 0;
  /// A read that consensus or the ledger is asked about.
  struct Read {
    NodeId client = no_node;
    ReadRequest request;
  };
  Lookup<CallId, Read> reads_;
  CallId next_read_ = 1;
  pipeline::Endorser endorser_;
};

}  // namespace ledgerlab::pool
