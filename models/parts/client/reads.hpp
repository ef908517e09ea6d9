// The reads of one client: asked of its own replica, of the next one where that cannot answer, and
// again when nothing is heard.
#pragma once

#include <deque>

#include "models/api/client_messages.hpp"
#include "models/api/module.hpp"
#include "models/base/lookup.hpp"

namespace ledgerlab::client {

struct ReadOptions {
  Duration retry_timeout;
  Duration backoff;
  Duration give_up_after;  // 0: never
};

class Reads {
 public:
  Reads(const ReadOptions& options, std::uint32_t replicas, NodeId home)
      : options_(options), replicas_(replicas), target_(home) {}

  void ask(const Input& input, Effects& effects, std::uint64_t number, const Address& account,
           Time due);
  void on_timer(const Input& input, Effects& effects);
  /// False if the message is not about reads.
  bool on_message(const Input& input, Effects& effects);

  static constexpr TimerId timer{2, 0};
  std::uint64_t asked() const { return asked_; }
  std::uint64_t done() const { return done_; }

 private:
  struct Open {
    Address account;
    Time due{};
    NodeId whom = no_node;
    std::uint32_t attempt = 0;  // an older wait does not count
  };
  struct Wait {
    Time until;
    std::uint64_t number;
    std::uint32_t attempt;
  };

  void send(const Input& input, Effects& effects, std::uint64_t number, Open& open);
  void take_due(std::deque<Wait>& waits, const Input& input, Effects& effects);
  void arm(const Input& input, Effects& effects);
  void turn_from(NodeId replica) {
    if (replica == target_) target_ = (replica + 1) % replicas_;
  }

  ReadOptions options_;
  std::uint32_t replicas_;
  NodeId target_;
  Lookup<std::uint64_t, Open> open_;
  // Both wait for a constant time, so that the front is always the earliest.
  std::deque<Wait> unanswered_;
  std::deque<Wait> postponed_;
  Time armed_ = time_never;
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace ledgerlab::client
