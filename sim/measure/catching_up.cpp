#include "sim/measure/catching_up.hpp"

#include <algorithm>

namespace ledgerlab {
namespace {
constexpr std::uint32_t none = ~std::uint32_t{0};
}

CatchingUp::CatchingUp(const std::vector<FaultPlan>& faults, std::uint32_t replicas)
    : place_(replicas, none) {
  for (const FaultPlan& fault : faults) {
    if (fault.kind != FaultKind::crash || fault.at != time_start || fault.until == time_never) {
      continue;
    }
    for (const NodeId node : fault.target.nodes) {
      if (node >= replicas || place_[node] != none) continue;
      place_[node] = static_cast<std::uint32_t>(late_.size());
      late_.push_back({node});
    }
  }
}

std::uint32_t CatchingUp::interest() const {
  if (late_.empty()) return 0;
  return event_bit(EventType::start) | event_bit(EventType::head) | event_bit(EventType::deliver);
}

void CatchingUp::on_event(const Event& event) {
  if (event.node >= place_.size()) return;
  if (place_[event.node] != none) {
    Late& late = late_[place_[event.node]];
    if (event.type != EventType::start) {
      late.seen.push_back(event);
    } else if (event.a != 0) {
      late.back = std::min(late.back, event.time);
    }
  } else if (event.type == EventType::head) {
    if (event.b >= first_.size()) first_.resize(event.b + 1, time_never);
    first_[event.b] = std::min(first_[event.b], event.time);
  }
}

std::vector<std::optional<CatchingUp::Figures>> CatchingUp::figures() const {
  // A head may jump: from then on lower heights have been reached, too.
  std::vector<Time> first = first_;
  for (std::size_t h = first.size(); h-- > 1;) first[h - 1] = std::min(first[h - 1], first[h]);
  std::vector<std::optional<Figures>> out;
  for (const Late& late : late_) {
    Time done = time_never;
    for (const Event& e : late.seen) {
      if (e.type != EventType::head || e.time < late.back) continue;
      if (e.b + 2 < first.size() && first[e.b + 2] <= e.time) continue;
      done = std::min(done, e.time);
    }
    if (done == time_never) {
      out.emplace_back();
      continue;
    }
    Figures figures{done - late.back, 0};
    for (const Event& e : late.seen) {
      if (e.type == EventType::deliver && e.time >= late.back && e.time <= done)
        figures.bytes += e.b;
    }
    out.emplace_back(figures);
  }
  return out;
}

}  // namespace ledgerlab
