#include "tests/contract/contract.hpp"

#include <algorithm>
#include <cstdlib>

namespace ledgerlab::contract {
namespace {

/// `base` with the pairs of `more` in the place of equal keys: TOML refuses a key twice.
std::string merged(const std::string& base, const std::string& more) {
  std::map<std::string, std::string> pairs;
  for (const std::string& text : {base, more}) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find(", ", at), text.size());
      const std::string pair = text.substr(at, end - at);
      const std::size_t equals = pair.find(" = ");
      if (equals != std::string::npos) pairs[pair.substr(0, equals)] = pair.substr(equals + 3);
      at = end + 2;
    }
  }
  std::string out;
  for (const auto& [key, value] : pairs) {
    out += (out.empty() ? "" : ", ") + key + " = " + value;
  }
  return out;
}

}  // namespace

std::string written(Duration duration) {
  return '"' + format_value(ledgerlab::ParamType::duration, duration.count()) + '"';
}

std::string TestScenario::text() const {
  const ContractHints& hints = protocol->contract;
  const Duration run = duration == Duration::zero() ? hints.run : duration;
  std::string base = hints.params;
  if (for_swarm) base = merged(base, hints.swarm_params);
  std::string out;
  const auto line = [&](const std::string& text) { out += text + "\n"; };
  line("name = \"contract " + protocol->name + "\"");
  line("duration = " + written(run));
  line("drain = " + written(drain));
  line("[network]");
  line("nodes = " + std::to_string(replicas));
  line("latency = " + latency);
  if (!placement.empty()) line("placement = " + placement);
  line("up = \"" + bandwidth + "\"");
  line("down = \"" + bandwidth + "\"");
  line("[hardware]");
  line("disk_sync = \"" + disk_sync + "\"");
  line("disk_write = \"" + disk_write + "\"");
  line("cost_table = \"" + costs + "\"");
  line("[clients]");
  line("count = " + std::to_string(clients));
  if (!client.empty()) line(client);
  line("[workload]");
  line("rate = \"" + rate + "\"");
  line("[genesis]");
  line("accounts = 40");
  line("[[systems]]");
  line("consensus = \"" + protocol->name + "\"");
  line("crypto = \"" + std::string(real_crypto ? "real" : "costed") + "\"");
  if (real_mining) line("mining = \"nonces\"");
  if (real_mining) line("hash_power = \"200 H/s\"");
  line("params = { " + merged(base, params) + " }");
  return out + extra;
}

Plan TestScenario::plan(std::uint64_t seed) const {
  return load_plan(parse_scenario(text(), "contract.toml"), seed);
}

std::vector<const ModelInfo*> protocols() { return builtin_models().all(ModelKind::consensus); }

std::vector<const ModelInfo*> behaviours_of(const ModelInfo& protocol) {
  std::vector<const ModelInfo*> out = builtin_models().all(ModelKind::behaviour);
  std::erase_if(out, [&](const ModelInfo* b) {
    if (b->slot == Slot::overlay) return true;  // of discovery, which these systems have not
    return !b->fits.empty() &&
           std::find(b->fits.begin(), b->fits.end(), protocol.family) == b->fits.end();
  });
  return out;
}

std::string protocol_name(const ::testing::TestParamInfo<const ModelInfo*>& info) {
  return info.param->name;
}

MessageCatalog catalog_of(const SystemPlan& system) {
  MessageCatalog catalog;
  for (const auto& [slot, choice] : system.slots()) {
    if (!*choice) continue;
    auto& types = catalog.slots[static_cast<std::size_t>(choice->info->slot)];
    types.insert(types.end(), choice->info->messages.begin(), choice->info->messages.end());
  }
  for (const BehaviourPlan& behaviour : system.behaviours) {
    auto& types = catalog.slots[static_cast<std::size_t>(Slot::overlay)];
    const MessageTypes& more = behaviour.model.info->messages;
    types.insert(types.end(), more.begin(), more.end());
  }
  return catalog;
}

void Finals::on_event(const Event& event) {
  const auto [at, fresh] = of[event.node].try_emplace(event.b, Entry{event.a, event.time});
  if (!fresh && at->second.block != event.a && contradiction.empty()) {
    contradiction = "node " + std::to_string(event.node) +
                    " announced two final blocks of height " + std::to_string(event.b);
  }
}

Height Finals::height(NodeId node, Time at) const {
  Height height = 0;
  const auto found = of.find(node);
  if (found == of.end()) return 0;
  for (const auto& [h, entry] : found->second) {
    if (entry.at <= at) height = std::max(height, h);
  }
  return height;
}

Height Finals::highest(Time at) const {
  Height height = 0;
  for (const auto& [node, blocks] : of) height = std::max(height, this->height(node, at));
  return height;
}

std::string Finals::disagreement() const {
  std::map<Height, std::pair<std::uint64_t, NodeId>> seen;
  for (const auto& [node, blocks] : of) {
    for (const auto& [height, entry] : blocks) {
      const auto [at, fresh] = seen.try_emplace(height, entry.block, node);
      if (!fresh && at->second.first != entry.block) {
        return "nodes " + std::to_string(at->second.second) + " and " + std::to_string(node) +
               " differ at height " + std::to_string(height);
      }
    }
  }
  return contradiction;
}

Ran::Ran(Plan plan_, BuildOptions options) : plan(std::move(plan_)) {
  built = std::make_unique<BuiltWorld>(plan, plan.systems.front(), options);
  world().run_until(plan.end());
  EXPECT_EQ(world().halted(), "");
  EXPECT_EQ(world().check_books(), "");
}

std::uint64_t repetitions(const char* variable, std::uint64_t usual, std::uint64_t soak) {
  if (const char* text = std::getenv(variable)) return std::strtoull(text, nullptr, 10);
  const char* long_run = std::getenv("LEDGERLAB_SOAK");
  return long_run != nullptr && std::string_view(long_run) == "1" ? soak : usual;
}

}  // namespace ledgerlab::contract
