// The report as JSON: everything a page shows, and all digests in full.
#include <nlohmann/json.hpp>

#include "conformance/report/report.hpp"

namespace ledgerlab::conformance {
namespace {

using nlohmann::json;

json run_json(const RunEvidence& run) {
  return {{"name", run.name},
          {"seed", run.seed},
          {"plan_digest", run.plan_digest},
          {"trace_xxh3", run.trace_hash},
          {"trace_sha256", run.trace_sha256},
          {"stimulus", run.stimulus},
          {"wall_s", run.wall_s}};
}

json item_json(const Item& item) {
  json out{{"purpose", item.purpose->id},
           {"clauses", item.purpose->clauses},
           {"level", level_name(level_of(*item.purpose))},
           {"system", item.system->label()}};
  if (!item.not_applicable.empty()) {
    out["verdict"] = "not-applicable";
    out["reason"] = item.not_applicable;
    return out;
  }
  out["verdict"] = verdict_name(item.executed ? item.verdict : Verdict::error);
  out["executed"] = item.executed;
  out["judgements"] = json::array();
  for (const Judgement& j : item.judgements) {
    out["judgements"].push_back({{"verdict", verdict_name(j.verdict)}, {"text", j.text}});
  }
  out["notes"] = item.notes;
  out["runs"] = json::array();
  for (const RunEvidence& run : item.runs) out["runs"].push_back(run_json(run));
  out["wall_s"] = item.wall_s;
  out["reproduce"] = item.reproduce();
  return out;
}

json statement_json(const Statement& s) {
  json rows = json::array();
  for (const StatementRow& row : s.rows) {
    rows.push_back({{"id", row.row->id},
                    {"level", level_name(row.row->level)},
                    {"ics", row.row->ics},
                    {"claimed", row.claimed},
                    {"by", row.by},
                    {"purposes", row.purposes}});
  }
  return {{"system", s.system->name},
          {"composition", s.composition},
          {"fault_model", s.fault_model},
          {"rows", std::move(rows)}};
}

json twin_json(const TwinItem& t) {
  json out{{"purpose", t.purpose->id}, {"system", t.system->name}, {"twin", t.twin->id},
           {"text", t.twin->text}};
  if (!t.not_applicable.empty()) {
    out["verdict"] = "not-applicable";
    out["reason"] = t.not_applicable;
  } else {
    out["verdict"] = verdict_name(t.verdict);
    out["caught"] = t.caught();
    out["by"] = t.by;
  }
  return out;
}

}  // namespace

std::string render_json(const Report& report, const std::string& version,
                        const std::string& reproduce) {
  json out;
  out["catalogue"] = {{"name", catalogue().name},
                      {"version", catalogue().version},
                      {"source", catalogue().source},
                      {"sha256", catalogue().digest},
                      {"rows", catalogue().rows.size()}};
  out["suite_version"] = suite_version;
  out["ledgerlab_version"] = version;
  out["verdict"] = verdict_name(report.verdict());
  out["interrupted"] = report.interrupted;
  out["reproduce"] = reproduce;
  out["wall_s"] = report.wall_s;
  out["levels"] = json::array();
  for (const LevelCount& c : count_levels(report)) {
    json counts;
    for (std::size_t v = 1; v < c.verdicts.size(); ++v) {
      counts[std::string(verdict_name(static_cast<Verdict>(v)))] = c.verdicts[v];
    }
    counts["not-applicable"] = c.not_applicable;
    out["levels"].push_back({{"level", level_name(c.level)},
                             {"rows", c.rows},
                             {"judged", c.judged},
                             {"verdicts", std::move(counts)}});
  }
  out["items"] = json::array();
  for (const Item& item : report.items) out["items"].push_back(item_json(item));
  if (report.twins_asked) {
    out["twins"] = {{"caught", report.twins_caught()}, {"tried", report.twins_tried()},
                    {"items", json::array()}};
    for (const TwinItem& t : report.twins) out["twins"]["items"].push_back(twin_json(t));
  }
  out["statements"] = json::array();
  for (const Statement& s : report.statements) out["statements"].push_back(statement_json(s));
  return out.dump(2) + "\n";
}

}  // namespace ledgerlab::conformance
