// The client's half of the execution phase (Androulaki et al. section 3.2): asks endorsers to
// simulate a proposal until enough signed results agree, and wraps them for ordering.
#pragma once

#include <set>
#include <tuple>

#include "models/api/module.hpp"
#include "models/api/wallet.hpp"
#include "models/base/lookup.hpp"
#include "models/parts/pipeline/endorser.hpp"
#include "models/parts/pipeline/policy.hpp"

namespace ledgerlab::client {

struct EndorsingOptions {
  Duration retry_timeout;
  Duration backoff;        // mean wait before it simulates again; doubles with every conflict
  Duration give_up_after;  // 0: never
};

class Endorsing {
 public:
  struct Proposed {
    TxRef proposal;
    Wallet::Slip slip;
    Time due{};
    std::uint32_t conflicts = 0;  // envelopes of it that were invalid
  };
  struct Ready {
    Proposed proposed;
    TxRef envelope;
  };
  /// What a step came to.
  struct Outcome {
    std::vector<Ready> ready;       // to be ordered
    std::vector<Proposed> dropped;  // cannot be done, or too old
  };

  Endorsing(const EndorsingOptions& options, const pipeline::Policy& policy, NodeId home)
      : options_(options), policy_(policy), next_first_(home) {}

  void begin(const Input& input, Effects& effects, Proposed proposed);
  /// Its envelope was invalid: another writer was faster. Simulated again after a drawn wait.
  void again(const Input& input, Effects& effects, Proposed proposed);
  /// False if the message is not about endorsing.
  bool on_message(const Input& input, Effects& effects, Outcome& outcome);
  void on_timer(const Input& input, Effects& effects, Outcome& outcome);

  static constexpr TimerId timer{3, 0};
  std::size_t open() const { return open_.size(); }
  std::uint64_t conflicts() const { return conflicts_; }
  std::uint64_t disagreements() const { return disagreements_; }

 private:
  struct Answer {
    NodeId from = no_node;
    bool ok = false;
    Bytes result;
    Signature signature;
  };
  struct Open {
    Proposed proposed;
    std::uint32_t attempt = 0;  // an older wait or answer does not count
    std::size_t asked = 0;      // how many
    bool all = false;           // ask every endorser next time
    std::vector<Answer> answers;
  };

  Open& open_of(Proposed proposed);
  void ask(const Input& input, Effects& effects, Open& open);
  void wait(const Input& input, Effects& effects, Open& open);
  void put(const Input& input, Effects& effects, Time until, const Open& open);
  void arm(const Input& input, Effects& effects);
  void judge(const Input& input, Effects& effects, Open& open, Outcome& outcome);

  EndorsingOptions options_;
  pipeline::Policy policy_;
  NodeId
      next_first_;  // endorser that the next proposal goes to first, so that all have their share
  Lookup<TxId, Open, TagHash> open_;
  std::set<std::tuple<Time, TxId, std::uint32_t>> waits_;  // until, proposal, attempt
  Time armed_ = time_never;
  std::uint64_t conflicts_ = 0;
  std::uint64_t disagreements_ = 0;
};

}  // namespace ledgerlab::client
