// The draft-07 JSON schema of scenario files, made from the key tables and the models' parameters.
// Rules it cannot say (ranges of written values, what depends on other keys) are the resolver's.
#include <nlohmann/json.hpp>

#include "sim/scenario/keys.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

// Keeps the order in which keys are told: readers and diffs like it.
using Json = nlohmann::ordered_json;

/// A written value of this type, by pattern.
Json written_value(ParamType type) {
  const ValueSyntax syntax = value_syntax(type);
  std::string units;
  for (const std::string_view unit : syntax.units) {
    units += (units.empty() ? "" : "|") + std::string(unit);
  }
  std::string pattern = "^\\s*-?[0-9]+(\\.[0-9]+)?\\s*(" + units + ")";
  if (syntax.bare) pattern += "?";
  pattern += "\\s*$";
  if (type == ParamType::bandwidth) pattern = "^unlimited$|" + pattern;
  Json text{{"type", "string"}, {"pattern", pattern}};
  if (type != ParamType::ratio) return text;
  return Json{{"oneOf", Json::array({Json{{"type", "number"}}, text})}};
}

std::string definition_name(ParamType type) { return std::string(param_type_name(type)); }

Json describe(const ParamInfo& info) {
  Json out;
  if (!info.text.empty()) out["description"] = info.text;
  if (info.type == ParamType::choice) {
    out["enum"] = info.choices;
  } else if (info.type == ParamType::text) {
    out["type"] = "string";
  } else if (info.type == ParamType::flag) {
    out["type"] = "boolean";
  } else if (info.type == ParamType::integer) {
    out["type"] = "integer";
    if (info.low) out["minimum"] = parse_value(info.type, *info.low).value.value_or(0);
    if (info.high) out["maximum"] = parse_value(info.type, *info.high).value.value_or(0);
  } else {
    out["allOf"] = Json::array({Json{{"$ref", "#/definitions/" + definition_name(info.type)}}});
  }
  if (!info.fallback.empty()) out["default"] = info.fallback;
  return out;
}

Json describe(const KeyInfo& key) {
  if (key.shape.empty()) return describe(key.param);
  Json out = Json::parse(key.shape);
  if (out.contains("$ref")) return out;
  out["description"] = key.param.text;
  return out;
}

/// {type: object, properties, required, additionalProperties: false}.
Json table_of(const KeyTable& keys) {
  Json out{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json needed = Json::array();
  for (const KeyInfo& key : keys) {
    out["properties"][key.param.key] = describe(key);
    if (key.required) needed.push_back(key.param.key);
  }
  if (!needed.empty()) out["required"] = needed;
  return out;
}

Json params_of(const ModelInfo& info) {
  Json out{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const ParamInfo& param : info.params) out["properties"][param.key] = describe(param);
  return out;
}

Json names_of(const Registry& registry, ModelKind kind) {
  Json names = Json::array();
  for (const ModelInfo* info : registry.all(kind)) names.push_back(info->name);
  return names;
}

/// "if key is `name` (or is not there and `name` is its default)".
Json when_key_is(const std::string& key, const std::string& name, const std::string& fallback) {
  Json out{{"properties", {{key, {{"const", name}}}}}};
  if (name != fallback) out["required"] = Json::array({key});
  return out;
}

/// [clients] and [workload]: own keys and the model's parameters in one table.
Json section_with_model(const Registry& registry, ModelKind kind, const KeyTable& keys) {
  std::string fallback;
  for (const KeyInfo& key : keys) {
    if (key.param.key == "model") fallback = key.param.fallback;
  }
  Json cases = Json::array();
  for (const ModelInfo* info : registry.all(kind)) {
    Json then = table_of(keys);
    for (const ParamInfo& param : info->params) {
      then["properties"][param.key] = describe(param);
    }
    cases.push_back({{"if", when_key_is("model", info->name, fallback)}, {"then", then}});
  }
  return {{"type", "object"},
          {"properties", {{"model", {{"enum", names_of(registry, kind)}}}}},
          {"allOf", cases}};
}

Json system_table(const Registry& registry) {
  Json out = table_of(system_keys());
  Json cases = Json::array();
  for (const SlotKey& slot : slot_keys()) {
    out["properties"][slot.key]["enum"] = names_of(registry, slot.kind);
    if (slot.may_be_empty) {
      out["properties"][slot.key]["enum"].push_back(empty_slot);
      cases.push_back({{"if", when_key_is(slot.key, empty_slot, slot.fallback)},
                       {"then", {{"properties", {{slot.params_key, false}}}}}});
    }
    for (const ModelInfo* info : registry.all(slot.kind)) {
      cases.push_back({{"if", when_key_is(slot.key, info->name, slot.fallback)},
                       {"then", {{"properties", {{slot.params_key, params_of(*info)}}}}}});
    }
  }
  const ModelInfo* state_ledger = registry.find(ModelKind::ledger, state_mode_ledger);
  if (state_ledger != nullptr) {
    cases.push_back({{"if", when_key_is("pipeline", state_mode, "")},
                     {"then",
                      {{"properties",
                        {{"pipeline_params", params_of(*state_ledger)},
                         {"ledger", {{"enum", {"account"}}}},
                         {"ledger_params", false}}}}},
                     {"else", {{"properties", {{"pipeline_params", false}}}}}});
  }
  for (const ModelInfo* info : registry.all(ModelKind::consensus)) {
    Json refused = Json::object();
    for (const SlotKey& slot : slot_keys()) {
      if (slot.of_relays && !info->uses_relay) {
        refused[slot.key] = refused[slot.params_key] = false;
      }
    }
    if (!info->uses_hash_power) {
      for (const char* key : {"mining", "hash_power", "hash_shares", "joules_per_terahash"}) {
        refused[key] = false;
      }
    }
    if (!info->uses_stake) refused["stakes"] = refused["total_stake"] = false;
    if (refused.empty()) continue;
    cases.push_back(
        {{"if", when_key_is("consensus", info->name, "")}, {"then", {{"properties", refused}}}});
  }
  out["allOf"] = cases;
  return out;
}

Json network_table() {
  Json out = table_of(network_keys());
  Json cases = Json::array();
  for (const KeyInfo& key : network_keys()) {
    const auto readers = topologies_reading(key.param.key);
    if (readers.empty()) continue;
    cases.push_back({{"if", {{"required", Json::array({key.param.key})}}},
                     {"then",
                      {{"required", Json::array({"topology"})},
                       {"properties", {{"topology", {{"enum", readers}}}}}}}});
  }
  out["allOf"] = cases;
  return out;
}

Json fault_table() {
  Json cases = Json::array();
  const auto names = fault_kind_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto kind = static_cast<FaultKind>(i);
    Json table = table_of(fault_keys(kind));
    table["properties"]["kind"] = {{"const", names[i]}};
    Json rules = Json::array({Json{{"not", {{"required", Json::array({"until", "for"})}}}}});
    if (table["properties"].contains("nodes")) {
      Json one = Json::array();
      for (const char* key : {"node", "nodes", "region", "target", "share"}) {
        if (table["properties"].contains(key)) one.push_back({{"required", Json::array({key})}});
      }
      if (on_links(kind)) {
        one.push_back({{"not", {{"anyOf", one}}}});
      }
      rules.push_back({{"oneOf", one}});
    }
    if (kind == FaultKind::clock) {
      rules.push_back({{"anyOf", Json::array({Json{{"required", Json::array({"offset"})}},
                                              Json{{"required", Json::array({"drift"})}}})}});
    }
    table["allOf"] = rules;
    cases.push_back(table);
  }
  return {{"type", "array"}, {"items", {{"oneOf", cases}}}};
}

Json behaviour_table(const Registry& registry) {
  Json out = table_of(behaviour_keys());
  Json one = Json::array();
  for (const char* key : {"nodes", "share", "count"}) one.push_back({{"required", {key}}});
  Json cases = Json::array({Json{{"oneOf", one}}});
  for (const ModelInfo* info : registry.all(ModelKind::behaviour)) {
    cases.push_back({{"if", when_key_is("model", info->name, "")},
                     {"then", {{"properties", {{"params", params_of(*info)}}}}}});
  }
  out["allOf"] = cases;
  return {{"type", "array"}, {"items", out}};
}

}  // namespace

std::string scenario_schema(const Registry& registry) {
  Json out = table_of(top_keys());
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "ledgerlab scenario"},
              {"description",
               "Generated from the models' tables by `ledgerlab models schema`; do not edit."}};
  for (auto& [key, value] : out.items()) schema[key] = value;
  Json& properties = schema["properties"];
  properties["network"] = network_table();
  properties["hardware"] = table_of(hardware_keys());
  properties["clients"] = section_with_model(registry, ModelKind::client, clients_keys());
  properties["workload"] = section_with_model(registry, ModelKind::workload, workload_keys());
  properties["genesis"] = table_of(genesis_keys());
  properties["systems"] = {{"type", "array"}, {"minItems", 1}, {"items", system_table(registry)}};
  properties["faults"] = fault_table();
  properties["behaviours"] = behaviour_table(registry);
  properties["operations"] = {{"type", "array"}, {"items", table_of(operation_keys())}};
  properties["swarm"] = table_of(swarm_keys());
  properties["expect"] = table_of(expect_keys());
  schema["required"] = Json::array({"systems"});
  Json& definitions = schema["definitions"];
  for (const ParamType type :
       {ParamType::duration, ParamType::size, ParamType::rate, ParamType::bandwidth,
        ParamType::ratio, ParamType::hash_rate, ParamType::power}) {
    definitions[definition_name(type)] = written_value(type);
  }
  auto drawn = fault_kind_names();
  drawn.resize(swarm_kind_count);
  definitions["fault_kind"] = {{"enum", drawn}};
  definitions["behaviour"] = {{"enum", names_of(registry, ModelKind::behaviour)}};
  definitions["checkers"] = {{"type", "array"}, {"items", {{"enum", expectations()}}}};
  return schema.dump(2) + "\n";
}

}  // namespace ledgerlab
