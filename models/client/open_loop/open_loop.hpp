// The open-loop client: offers its share of the workload at the instants it is due, whatever the
// system does, and asks by the protocol's ClientPolicy (DESIGN 13.1) until enough equal replies
// have come. One client module serves every protocol.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "models/api/client_messages.hpp"
#include "models/api/model_info.hpp"
#include "models/base/lookup.hpp"

namespace ledgerlab::open_loop {

struct Options {
  explicit Options(const Params& params);
  Duration retry_timeout;
  Duration pause;
  Duration give_up_after;
  std::size_t max_outstanding;
};

class Client final : public Module {
 public:
  explicit Client(const ModuleContext& context);
  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record>) override {}  // nothing is kept on disk
  void inspect(Inspector& inspector) const override;

 private:
  enum Timer : std::uint32_t { timer_due, timer_retry };

  struct Vote {
    NodeId replica;
    Height height;
    BlockId block;
    bool succeeded;
  };
  /// A transaction that is not acknowledged.
  struct Open {
    TxRef tx;
    std::uint64_t k = 0;
    NodeId target = no_node;      // asked last; with Ask::all the first of all
    std::uint32_t attempts = 0;   // requests that no answer in time has followed
    std::uint32_t redirects = 0;  // in a row
    std::uint32_t refusals = 0;   // pauses in a row
    bool sent = false;
    bool given_up = false;  // the user has; the wallet goes on, see README
    Time give_up_at = time_never;
    Time retry_at = time_never;
    Time deadline = time_never;  // as it stands in deadlines_
    std::vector<Vote> votes;
    std::vector<NodeId> refused_by;
  };

  void offer_due(const Input& input, Effects& effects);
  void offer(const Input& input, Effects& effects, std::uint64_t k, Time due);
  void ask(const Input& input, Effects& effects, Open& open);
  void on_reply(const Input& input, Effects& effects, const Reply& reply);
  void on_redirect(const Input& input, Effects& effects, const Redirect& redirect);
  void on_refused(const Input& input, Effects& effects, const Refused& refused);
  void on_deadlines(const Input& input, Effects& effects);
  void time_out(const Input& input, Effects& effects, Open& open);
  void give_up(Effects& effects, Open& open);
  void close(const Input& input, Effects& effects, const TxId& id);
  void send_held(const Input& input, Effects& effects);

  NodeId next_replica(NodeId after) const { return (after + 1) % replicas_; }
  Duration grown(Duration base, std::uint32_t times) const;
  void schedule(Open& open, Time retry_at);
  void unschedule(Open& open);
  void arm(const Input& input, Effects& effects);

  Options options_;
  ClientPolicy::Ask ask_;
  std::uint32_t replicas_;
  std::uint32_t needed_;
  NodeId home_;
  NodeId leader_;  // whom this client takes for the leader
  Time end_;
  std::unique_ptr<Load> load_;
  bool offers_ = false;
  std::uint64_t k_ = 0;
  Time due_{};
  Lookup<TxId, Open, TagHash> open_;
  std::map<std::pair<Time, std::uint64_t>, TxId> deadlines_;  // time, k
  Time armed_ = time_never;
  std::deque<TxId> held_;  // over max_outstanding
  std::size_t outstanding_ = 0;
  std::vector<NodeId> everyone_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace ledgerlab::open_loop
