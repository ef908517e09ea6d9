// F1 and F3: what an adversary of the network can and cannot do to protocols that are safe without
// synchrony (Fischer, Lynch, Paterson 1985).
#include "sim/validate/groups.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

ParamInfo protocol_param() {
  return {"protocol", ParamType::choice, "pbft", "which one", {}, {}, {"pbft", "raft"}};
}

/// The network's adversary at one replica: while it leads, nothing that it sends arrives before the
/// end of the world. What its step sends along with becoming leader is held as well.
class HoldsLeader final : public Module {
 public:
  HoldsLeader(std::unique_ptr<Module> inner, std::uint64_t& reigns, std::uint64_t& held)
      : inner_(std::move(inner)), reigns_(&reigns), held_(&held) {}

  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    const bool led = leads_;
    inner_->step(input, effects);
    for (const Effect& e : effects.list().subspan(first)) {
      if (e.kind != EffectKind::announce_role) continue;
      leads_ = static_cast<NodeRole>(e.small) == NodeRole::leader;
      *reigns_ += leads_;
    }
    if (!led && !leads_) return;
    effects.keep_if(first, [&](const Effect& e) {
      const bool message = e.kind == EffectKind::send || e.kind == EffectKind::multicast ||
                           e.kind == EffectKind::broadcast;
      *held_ += message;
      return !message;
    });
  }
  void restore(std::span<const Record> records) override { inner_->restore(records); }
  void inspect(Inspector& inspector) const override { inner_->inspect(inspector); }

 private:
  std::unique_ptr<Module> inner_;
  std::uint64_t* reigns_;
  std::uint64_t* held_;
  bool leads_ = false;
};

Setup lively(const std::string& protocol, std::uint32_t n) {
  Setup setup;
  setup.consensus = protocol;
  setup.params = protocol == "pbft"
                     ? "view_timeout = \"600 ms\", view_timeout_max = \"4800 ms\", "
                       "status_interval = \"200 ms\""
                     : "election_timeout_min = \"300 ms\", election_timeout_max = \"600 ms\", "
                       "heartbeat_interval = \"60 ms\"";
  setup.nodes = n;
  setup.latency = "\"10 ms\"";
  setup.clients = 4;
  setup.rate = "20 tx/s";
  return setup;
}

void run_f1(Session& s) {
  const std::string& protocol = s.params().text("protocol");
  Setup setup = lively(protocol, protocol == "pbft" ? 4 : 5);
  setup.duration = seconds(120);
  std::uint64_t reigns = 0, held = 0;
  FinalFold finals;
  BuildOptions options;
  options.sinks = {&finals};
  options.wrap = [&](NodeId, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    return std::make_unique<HoldsLeader>(std::move(inner), reigns, held);
  };
  RanWorld ran(s, make_plan(setup, s.seed()), options);
  FinalFold control;
  RanWorld free(s, setup, {&control});
  s.exact("commits", static_cast<double>(finals.highest()), 0, held);
  s.exact("safety violations", static_cast<double>(finals.conflicts()), 0, held);
  s.exact("more than ten leaders were held (1 = yes)", reigns > 10, 1, reigns);
  s.exact("commits without the adversary (1 = yes)", control.highest() > 100, 1,
          control.highest());
}

/// Blocks a node has written to its log, by height.
using Written = std::vector<std::pair<Height, std::uint64_t>>;

class LogWatch final : public Module {
 public:
  LogWatch(std::unique_ptr<Module> inner, Written& written)
      : inner_(std::move(inner)), written_(&written) {}
  void step(const Input& input, Effects& effects) override {
    const std::size_t first = effects.listed();
    inner_->step(input, effects);
    for (const Effect& e : effects.list().subspan(first)) {
      if (e.kind != EffectKind::persist) continue;
      const BlockRef& block = effects.record_of(e).block;
      if (block) written_->emplace_back(block->height, block->id.tag());
    }
  }
  void restore(std::span<const Record> records) override { inner_->restore(records); }
  void inspect(Inspector& inspector) const override { inner_->inspect(inspector); }

 private:
  std::unique_ptr<Module> inner_;
  Written* written_;
};

/// Blocks written at heights that became final with another block.
std::uint64_t overwritten(const Written& written, const FinalFold& finals) {
  std::unordered_map<Height, std::uint64_t> final_at;
  for (const FinalFold::Announced& a : finals.all()) final_at[a.height] = a.block;
  std::uint64_t count = 0;
  for (const auto& [height, block] : written) {
    const auto at = final_at.find(height);
    count += at != final_at.end() && at->second != block;
  }
  return count;
}

/// Announcements of final blocks by the nodes of one side within a time.
std::uint64_t announced(const FinalFold& finals, NodeId first, NodeId last, Time from, Time until) {
  std::uint64_t count = 0;
  for (const FinalFold::Announced& a : finals.all()) {
    count += a.node >= first && a.node <= last && a.at > from && a.at <= until;
  }
  return count;
}

void run_f3(Session& s) {
  const std::string& protocol = s.params().text("protocol");
  const bool pbft = protocol == "pbft";
  const std::uint32_t n = pbft ? 4 : 5;
  Setup setup = lively(protocol, n);
  if (!pbft) setup.params += ", initial_leader = 0";  // the leader is cut off with the minority
  setup.duration = seconds(60);
  setup.drain = seconds(20);
  setup.tables = "[[faults]]\nkind = \"partition\"\nat = \"10 s\"\nfor = \"30 s\"\ngroups = " +
                 std::string(pbft ? "[[0, 1], [2, 3]]" : "[[0, 1], [2, 3, 4]]") + "\n";
  // What was on its way when the links were cut still arrives.
  const Time cut = time_start + seconds(10) + ms(100), healed = time_start + seconds(40);
  Written written;
  FinalFold finals;
  BuildOptions options;
  options.sinks = {&finals};
  options.wrap = [&](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node > 1) return inner;
    return std::make_unique<LogWatch>(std::move(inner), written);
  };
  RanWorld ran(s, make_plan(setup, s.seed()), options);
  const auto count = [&](NodeId first, NodeId last, Time from, Time until) {
    return static_cast<double>(announced(finals, first, last, from, until));
  };
  const std::uint64_t all = finals.all().size();
  s.exact("commits of replicas 0 and 1 while cut off", count(0, 1, cut, healed), 0, all);
  if (pbft) {
    s.exact("commits of replicas 2 and 3 while cut off", count(2, 3, cut, healed), 0, all);
  } else {
    s.exact("the majority commits meanwhile (1 = yes)", count(2, 4, cut, healed) > 100, 1, all);
    s.exact("uncommitted entries of the minority overwritten (1 = yes)",
            overwritten(written, finals) > 0, 1, written.size());
  }
  s.exact("every replica commits after it (1 = yes)",
          [&] {
            for (NodeId i = 0; i < n; ++i) {
              if (count(i, i, healed, time_never) < 100) return 0;
            }
            return 1;
          }(),
          1, all);
  s.exact("forks", static_cast<double>(finals.conflicts()), 0, all);
}

}  // namespace

Target f1() {
  return {"F1",
          "An adversary delays every current leader's messages without bound",
          "M. Fischer, N. Lynch, M. Paterson 1985: no commits, no safety violations",
          {protocol_param()},
          nullptr,
          run_f1};
}

Target f3() {
  return {"F3",
          "A partition: PBFT with 4 replicas 2/2, Raft with 5 replicas 3/2 and the leader in the "
          "minority",
          "quorum intersection: no quorum, no commit; no fork after it",
          {protocol_param()},
          nullptr,
          run_f3};
}

}  // namespace ledgerlab::validate
