// How long, and with how many bytes, replicas catch up that were absent at the beginning of the
// run: one fold over their deliveries and everybody's heads. It asks for no event where nobody was.
#pragma once

#include <optional>
#include <vector>

#include "sim/host/fault.hpp"
#include "sim/record/event.hpp"

namespace ledgerlab {

class CatchingUp final : public Sink {
 public:
  struct Figures {
    Duration time{};  // from its return until its head is at most one block below all others
    std::uint64_t bytes = 0;  // delivered to it meanwhile
  };

  /// Replicas that a fault keeps down from the first instant on, and that come back.
  CatchingUp(const std::vector<FaultPlan>& faults, std::uint32_t replicas);

  std::uint32_t interest() const override;
  void on_event(const Event& event) override;

  /// Of each in turn, when it had caught up; nothing for one that never did.
  std::vector<std::optional<Figures>> figures() const;

 private:
  struct Late {
    NodeId node;
    Time back = time_never;
    std::vector<Event> seen{};  // its heads and deliveries
  };
  std::vector<Late> late_;
  std::vector<std::uint32_t> place_;  // by replica: in late_, or none
  std::vector<Time> first_;           // by height: the earliest head so high of the others
};

}  // namespace ledgerlab
