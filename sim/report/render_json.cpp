// JSON and CSV.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/report/render.hpp"

namespace ledgerlab {
namespace {

using Json = nlohmann::ordered_json;

Json findings(const std::vector<Finding>& list) {
  Json out = Json::array();
  for (const Finding& f : list) {
    Json item{{"checker", f.checker}, {"text", f.text}, {"at_ns", count_ns(f.at)}};
    if (f.node != no_node) item["node"] = f.node;
    out.push_back(item);
  }
  return out;
}

Json latency_json(const RunResult& run) {
  Json latency = Json::array();
  for (const LatencyCurve& c : run.latency) {
    Json share = Json::array(), ms = Json::array();
    for (const LatencyPoint& p : c.points) {
      share.push_back(p.share);
      ms.push_back(p.ms);
    }
    latency.push_back({{"region", c.region.empty() ? Json(nullptr) : Json(c.region)},
                       {"offered", c.offered},
                       {"count", c.count},
                       {"p50_ms", c.p50_ms},
                       {"p95_ms", c.p95_ms},
                       {"share", share},
                       {"ms", ms}});
  }
  return latency;
}

Json series_json(const RunResult& run) {
  Json series = Json::object();
  for (const SeriesPoint& p : run.series) {
    series[p.name]["at_ns"].push_back(count_ns(p.at));
    series[p.name]["value"].push_back(p.value);
  }
  return series;
}

const char* verdict_word(Verdict verdict) {
  if (verdict == Verdict::pass) return "pass";
  return verdict == Verdict::fail ? "fail" : "inconclusive";
}

Json run_json(const Plan& plan, const RunResult& run, const SystemSummary& system) {
  std::vector<std::string> expect;
  for (const SystemPlan& one : plan.systems) {
    if (one.name == run.system) expect = one.expect;
  }
  Json metrics = Json::object();
  for (const Metric& metric : run.metrics) {
    Json& item = metrics[metric.name];
    item = {{"value", metric.value}, {"unit", metric.unit}};
    const MetricSummary* summary = find_metric(system, metric.name);
    if (system.runs.size() > 1 && summary != nullptr) {
      item["lo"] = summary->low;
      item["hi"] = summary->high;
    }
  }
  Json faults = Json::array();
  for (const FaultRow& f : run.faults) {
    Json item{{"kind", f.kind}, {"at_ns", count_ns(f.at)}, {"text", f.text}};
    if (f.until != time_never) item["until_ns"] = count_ns(f.until);
    faults.push_back(item);
  }
  return {{"system", run.system},
          {"protocol", run.protocol},
          {"engine", run.engine},
          {"seed", run.seed},
          {"plan_digest", run.plan_digest},
          {"trace_hash", run.trace_hash},
          {"verdict", verdict_word(judge(expect, run))},
          {"expected", expect},
          {"missing", missing_outcomes(expect, run)},
          {"violations", findings(run.violations)},
          {"outcomes", findings(run.outcomes)},
          {"metrics", metrics},
          {"cost",
           {{"wall_s", run.cost.wall_s},
            {"cpu_s", run.cost.cpu_s},
            {"events", run.cost.events},
            {"deliveries", run.cost.deliveries},
            {"peak_rss_bytes", run.cost.peak_rss_bytes}}},
          {"saturated", run.saturated},
          {"inconclusive", run.inconclusive},
          {"interrupted", run.interrupted},
          {"measured",
           {{"from_ns", count_ns(run.measured_from)},
            {"until_ns", count_ns(run.measured_until)},
            {"ended_ns", count_ns(run.ended)}}},
          {"latency", latency_json(run)},
          {"series", series_json(run)},
          {"faults", faults},
          {"card", run.card}};
}

Json summary_json(const std::vector<SystemSummary>& systems) {
  Json out = Json::array();
  for (const SystemSummary& system : systems) {
    Json metrics = Json::object();
    for (const MetricSummary& metric : system.metrics) {
      metrics[metric.name] = {{"value", metric.median},
                              {"unit", metric.unit},
                              {"lo", metric.low},
                              {"hi", metric.high},
                              {"seeds", metric.seeds}};
    }
    out.push_back({{"system", system.system}, {"seeds", system.runs.size()}, {"metrics", metrics}});
  }
  return out;
}

Json choice_json(const ModelChoice& choice) {
  Json params = Json::object();
  for (const ParamInfo& info : choice.info->params) {
    const auto number = choice.params.numbers().find(info.key);
    params[info.key] = number != choice.params.numbers().end()
                           ? format_value(info.type, number->second)
                           : choice.params.texts().find(info.key)->second;
  }
  return {{"model", choice.info->label()}, {"params", params}};
}

/// Names come from files: anything that is no UTF-8 is replaced, never thrown on.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string render_json(const Plan& plan, const std::vector<RunResult>& runs,
                        const std::string& reproduce) {
  const std::vector<SystemSummary> systems = summarise(runs);
  Json list = Json::array();
  bool several = false;
  for (const RunResult& run : runs) {
    for (const SystemSummary& system : systems) {
      if (system.system == run.system) list.push_back(run_json(plan, run, system));
      several = several || system.runs.size() > 1;
    }
  }
  Json out{{"schema", results_json_version}, {"scenario", plan.name}, {"runs", list}};
  if (several) out["summary"] = summary_json(systems);
  out["reproduce"] = reproduce;
  return text_of(out);
}

std::string plan_json(const Plan& plan) {
  Json systems = Json::array();
  for (const SystemPlan& system : plan.systems) {
    Json item{{"system", system.name}, {"plan_digest", system.digest}};
    for (const auto& [slot, choice] : system.slots()) {
      if (*choice) item[slot] = choice_json(*choice);
    }
    item["crypto"] = system.real_crypto ? "real" : "costed";
    systems.push_back(item);
  }
  Json out{{"scenario", plan.name},
           {"seed", plan.seed},
           {"warm_up", format_value(ParamType::duration, plan.warm_up.count())},
           {"duration", format_value(ParamType::duration, plan.duration.count())},
           {"drain", format_value(ParamType::duration, plan.drain.count())},
           {"engine", plan.network.engine},
           {"replicas", plan.network.replicas},
           {"clients", plan.clients.count},
           {"latency", plan.network.latency_source},
           {"regions", plan.network.regions},
           {"topology", std::string(topology_kind_name(plan.network.topology.kind))},
           {"faults", plan.faults.size()},
           {"systems", systems}};
  if (plan.workload) out["workload"] = choice_json(plan.workload);
  return text_of(out);
}

std::string models_json(const Registry& registry) {
  Json out = Json::array();
  for (const ModelInfo* info : registry.all()) {
    Json params = Json::array();
    for (const ParamInfo& param : info->params) {
      Json item{{"key", param.key},
                {"type", std::string(param_type_name(param.type))},
                {"default", param.fallback},
                {"text", param.text}};
      if (param.low) item["low"] = *param.low;
      if (param.high) item["high"] = *param.high;
      if (!param.choices.empty()) item["choices"] = param.choices;
      params.push_back(item);
    }
    out.push_back({{"kind", std::string(model_kind_name(info->kind))},
                   {"name", info->name},
                   {"version", info->version},
                   {"family", info->family},
                   {"summary", info->summary},
                   {"paper", info->paper},
                   {"f751", info->f751},
                   {"parameters", params}});
  }
  return text_of(out);
}

std::vector<CsvFile> render_csv(const std::vector<RunResult>& runs) {
  std::string metrics = "system,protocol,seed,metric,value,unit\n";
  std::string latency = "system,seed,region,share,ms\n";
  std::string series = "system,seed,series,at_ns,value\n";
  std::string blocks =
      "system,seed,height,id,parent,producer,made_ns,final_ns,transactions,bytes,stale\n";
  for (const RunResult& run : runs) {
    const std::string who = csv_cell(run.system) + "," + std::to_string(run.seed);
    for (const Metric& m : run.metrics) {
      metrics += fmt::format("{},{},{},{},{},{}\n", csv_cell(run.system), csv_cell(run.protocol),
                             run.seed, csv_cell(m.name), m.value, csv_cell(m.unit));
    }
    for (const LatencyCurve& c : run.latency) {
      for (const LatencyPoint& p : c.points) {
        latency += fmt::format("{},{},{},{}\n", who, csv_cell(c.region), p.share, p.ms);
      }
    }
    for (const SeriesPoint& p : run.series) {
      series += fmt::format("{},{},{},{}\n", who, csv_cell(p.name), count_ns(p.at), p.value);
    }
    for (const BlockRow& b : run.blocks) {
      const auto producer = b.producer == no_node ? "" : std::to_string(b.producer);
      const auto final = b.final == time_never ? "" : std::to_string(count_ns(b.final));
      blocks +=
          fmt::format("{},{},{},{},{},{},{},{},{},{}\n", who, b.height, b.id, b.parent, producer,
                      count_ns(b.made), final, b.transactions, b.bytes, b.stale ? 1 : 0);
    }
  }
  return {{"results.csv", metrics},
          {"latency.csv", latency},
          {"series.csv", series},
          {"blocks.csv", blocks}};
}

}  // namespace ledgerlab
