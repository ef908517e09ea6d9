// A source of numbered contents in the consensus slot: no consensus, no history, only what a relay
// is measured with. Content k is published by node k mod n at `first` + k * `interval`; whoever
// gets it announces it as its head, takes it and thereby lets the relay pass it on.
#pragma once

#include <vector>

#include "models/api/registry.hpp"
#include "sim/record/event.hpp"

namespace ledgerlab::validate {

void register_publisher(Registry& registry);

/// When each node got each content.
class DeliveryFold final : public Sink {
 public:
  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& event) override;

  struct Delivery {
    Time at{};
    NodeId node = 0;
  };
  /// By content: who had it when, the maker first.
  const std::vector<std::vector<Delivery>>& contents() const { return contents_; }

 private:
  std::vector<std::vector<Delivery>> contents_;
};

/// Copies of contents delivered to nodes: deliveries of the relay's own frames of one kind.
class CopyFold final : public Sink {
 public:
  explicit CopyFold(std::uint16_t kind) : kind_(kind) {}
  std::uint32_t interest() const override { return event_bit(EventType::deliver); }
  void on_event(const Event& event) override {
    if (event.slot == Slot::relay && event.kind == kind_) ++copies_;
  }
  std::uint64_t copies() const { return copies_; }

 private:
  std::uint16_t kind_;
  std::uint64_t copies_ = 0;
};

}  // namespace ledgerlab::validate
