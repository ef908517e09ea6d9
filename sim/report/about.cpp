#include "sim/report/about.hpp"

#include "sim/report/render.hpp"

namespace ledgerlab {

std::string About::run_key(const RunResult& run) {
  return run.plan_digest + " " + std::to_string(run.seed);
}

const AboutSystem* About::system(const std::string& name) const {
  for (const AboutSystem& one : systems) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

About make_about(const Plan& plan, std::size_t seeds, bool compare, const std::string& reproduce) {
  About out{plan.name, plan_headline(plan, seeds), reproduce, compare, {}, {}};
  for (const SystemPlan& system : plan.systems) {
    out.systems.push_back(
        {system.name, system.real_crypto ? "real" : "costed", mining_text(system), system.expect});
  }
  return out;
}

AboutRows about_rows(const About& about) {
  AboutRows rows{{"scenario", about.scenario},
                 {"reproduce", about.reproduce},
                 {"compare", about.compare ? "1" : "0"}};
  for (const std::string& line : about.headline) rows.emplace_back("headline", line);
  for (const AboutSystem& system : about.systems) {
    rows.emplace_back("system", system.name);
    rows.emplace_back("system.crypto", system.crypto);
    rows.emplace_back("system.mining", system.mining);
    for (const std::string& checker : system.expect) rows.emplace_back("system.expect", checker);
  }
  for (const std::string& run : about.runs) rows.emplace_back("run", run);
  return rows;
}

About about_from_rows(const AboutRows& rows) {
  About out;
  for (const auto& [key, value] : rows) {
    if (key == "scenario") out.scenario = value;
    if (key == "reproduce") out.reproduce = value;
    if (key == "compare") out.compare = value == "1";
    if (key == "headline") out.headline.push_back(value);
    if (key == "run") out.runs.push_back(value);
    if (key == "system") out.systems.push_back({value, "", "", {}});
    if (out.systems.empty()) continue;
    if (key == "system.crypto") out.systems.back().crypto = value;
    if (key == "system.mining") out.systems.back().mining = value;
    if (key == "system.expect") out.systems.back().expect.push_back(value);
  }
  return out;
}

}  // namespace ledgerlab
