// `models`: what can be put into a scenario, from the models' own tables.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "models/api/registry.hpp"
#include "sim/report/render.hpp"
#include "sim/scenario/document.hpp"
#include "sim/scenario/keys.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab::cli {
namespace {

std::string range_of(const ParamInfo& info) {
  if (!info.choices.empty()) {
    std::string out;
    for (const std::string& choice : info.choices) out += (out.empty() ? "" : ", ") + choice;
    return out;
  }
  if (info.low && info.high) return *info.low + " to " + *info.high;
  if (info.low) return "at least " + *info.low;
  if (info.high) return "at most " + *info.high;
  return "";
}

const char* ask_text(ClientPolicy::Ask ask) {
  return ask == ClientPolicy::Ask::leader    ? "the leader"
         : ask == ClientPolicy::Ask::home    ? "its own node"
         : ask == ClientPolicy::Ask::primary ? "the primary; all when no answer comes"
                                             : "every replica";
}

std::string describe(const ModelInfo& info) {
  std::string out = fmt::format("{} {}\n", model_kind_name(info.kind), info.label());
  const auto line = [&](const char* key, const std::string& value) {
    if (!value.empty()) out += fmt::format("  {:<14} {}\n", key, value);
  };
  line("what", info.summary);
  line("family", info.family);
  line("paper", info.paper);
  if (info.kind == ModelKind::consensus) {
    line("fault model", info.fault_model.text);
    line("clients ask", ask_text(info.client_policy.ask));
    std::string operations;
    const auto names = operation_names();
    for (const OperateAction action : info.operations) {
      operations += (operations.empty() ? "" : ", ") + names[static_cast<std::size_t>(action)];
    }
    line("operations", operations);
    line("reads", info.linearisable_reads ? "linearisable, through any replica" : "");
  }
  std::string clauses;
  for (const std::string& clause : info.f751) clauses += (clauses.empty() ? "" : ", ") + clause;
  line("F.751.2", clauses);
  std::string messages;
  for (const MessageType* type : info.messages) {
    messages += (messages.empty() ? "" : ", ") + std::string(type->info.name);
  }
  line("messages", messages);
  if (info.params.empty()) return out;
  out += "  parameters\n";
  for (const ParamInfo& param : info.params) {
    out += fmt::format("    {:<26} {:<12} {}\n", param.key,
                       param.fallback.empty() ? "\"\"" : param.fallback, param.text);
    const std::string range = range_of(param);
    if (!range.empty()) out += fmt::format("    {:<26} {:<12} ({})\n", "", "", range);
  }
  return out;
}

}  // namespace

int models_list(bool json) {
  const Registry& registry = builtin_models();
  if (json) return print(models_json(registry)) ? exit_pass : exit_results;
  std::string out;
  for (const ModelInfo* info : registry.all()) {
    out += fmt::format("{:<10} {:<18} {}\n", model_kind_name(info->kind), info->label(),
                       info->summary);
  }
  return print(out) ? exit_pass : exit_results;
}

int models_show(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string kind = slash == std::string::npos ? "" : name.substr(0, slash);
  const std::string bare = slash == std::string::npos ? name : name.substr(slash + 1);
  std::string out;
  std::vector<std::string> names;
  for (const ModelInfo* info : builtin_models().all()) {
    names.push_back(info->name);
    if (info->name != bare || (!kind.empty() && model_kind_name(info->kind) != kind)) continue;
    out += (out.empty() ? "" : "\n") + describe(*info);
  }
  if (!out.empty()) return print(out) ? exit_pass : exit_results;
  const std::string meant = nearest(bare, names);
  complain(
      "there is no model \"" + name + "\"" +
      (meant.empty() ? "; `ledgerlab models` lists them" : "; did you mean \"" + meant + "\"?"));
  return exit_usage;
}

int models_schema() { return print(scenario_schema(builtin_models())) ? exit_pass : exit_results; }

}  // namespace ledgerlab::cli
