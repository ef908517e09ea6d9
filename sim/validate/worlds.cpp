#include "sim/validate/worlds.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/scenario/resolver.hpp"
#include "sim/validate/publisher.hpp"

namespace ledgerlab::validate {

std::string Setup::text() const {
  std::string out;
  const auto line = [&](const std::string& text) { out += text + "\n"; };
  line("name = \"validation\"");
  line("duration = " + toml(duration));
  line("drain = " + toml(drain));
  line("[network]");
  line("nodes = " + std::to_string(nodes));
  line("latency = " + latency);
  if (!placement.empty()) line("placement = " + placement);
  line("up = \"unlimited\"");
  line("down = \"unlimited\"");
  if (!network.empty()) line(network);
  line("[hardware]");
  line("disk_sync = \"0 s\"");
  line("disk_write = \"unlimited\"");
  line("cost_table = \"zero\"");
  line("[clients]");
  line("count = " + std::to_string(clients));
  if (!client_lines.empty()) line(client_lines);
  line("[workload]");
  line("rate = \"" + rate + "\"");
  line("[genesis]");
  line("accounts = 40");
  line("[[systems]]");
  line("consensus = \"" + consensus + "\"");
  line("params = { " + params + " }");
  const ModelInfo* info = models().find(ModelKind::consensus, consensus);
  if (info != nullptr && info->uses_relay) line("relay_params = { " + relay_params + " }");
  if (!system.empty()) line(system);
  return out + tables;
}

std::string toml(Duration duration) {
  return '"' + format_value(ParamType::duration, duration.count()) + '"';
}

std::string toml_share(std::uint64_t ppb) {
  return '"' + format_value(ParamType::ratio, static_cast<std::int64_t>(ppb)) + '"';
}

const Registry& models() {
  static const Registry& registry = *[] {
    auto* made = new Registry;
    register_all_models(*made);
    register_publisher(*made);
    return made;
  }();
  return registry;
}

Plan make_plan(const Setup& setup, std::uint64_t seed) {
  return load_plan(parse_scenario(setup.text(), "validation.toml"), models(), seed);
}

RanWorld::RanWorld(Session& session, Plan plan, BuildOptions options) : plan_(std::move(plan)) {
  const SystemPlan& system = plan_.systems.front();
  built_ = std::make_unique<BuiltWorld>(plan_, system, options);
  World& w = built_->world();
  w.run_until(plan_.end());
  if (!w.halted().empty()) throw std::runtime_error("validation: " + w.halted());
  const std::string books = w.check_books();
  if (!books.empty()) throw std::runtime_error("validation: books: " + books);
  session.ran(system.digest, to_hex(w.trace_hash()));
}

void BlockFold::on_event(const Event& event) {
  const auto [at, fresh] = index_.try_emplace(event.a, blocks_.size());
  if (!fresh) return;
  const BlockRef& block = *static_cast<const BlockRef*>(event.object);
  Entry entry;
  entry.id = event.a;
  const auto parent = index_.find(block->parent.tag());
  if (parent != index_.end()) entry.parent = parent->second;
  entry.height = event.b;
  entry.maker = event.node;
  entry.made = event.time;
  if (keep_blocks_) entry.block = block;
  blocks_.push_back(std::move(entry));
}

Height BlockFold::mark_main() {
  std::size_t tip = none;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (tip == none || blocks_[i].height > blocks_[tip].height) tip = i;
  }
  if (tip == none) return 0;
  const Height height = blocks_[tip].height;
  for (; tip != none; tip = blocks_[tip].parent) blocks_[tip].main = true;
  return height;
}

void FinalFold::on_event(const Event& event) {
  all_.push_back({event.time, event.node, event.b, event.a});
  const auto [at, fresh] = first_.try_emplace(event.b, event.a);
  if (!fresh && at->second != event.a) ++conflicts_;
}

Height FinalFold::highest(Time from, Time until) const {
  Height height = 0;
  for (const Announced& a : all_) {
    if (a.at >= from && a.at <= until) height = std::max(height, a.height);
  }
  return height;
}

}  // namespace ledgerlab::validate
