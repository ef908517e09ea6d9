// The terminal table, and what all renderings count alike.
#include <algorithm>
#include <map>

#include "conformance/report/report.hpp"

namespace ledgerlab::conformance {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::vector<const ModelInfo*> systems_of(const Report& report) {
  std::vector<const ModelInfo*> out;
  for (const Statement& s : report.statements) out.push_back(s.system);
  return out;
}

std::string cell_of(const Item& item) {
  if (!item.not_applicable.empty()) return "n/a";
  return std::string(verdict_name(item.executed ? item.verdict : Verdict::none));
}

std::string table_of(const Report& report) {
  const auto systems = systems_of(report);
  std::string out = padded("purpose", 15) + padded("level", 13);
  for (const ModelInfo* s : systems) out += padded(s->name, std::max<std::size_t>(9, s->name.size() + 2));
  out += "title\n";
  for (const Level level : levels) {
    const Purpose* last = nullptr;
    for (const Item& item : report.items) {
      if (item.purpose == last || level_of(*item.purpose) != level) continue;
      last = item.purpose;
      out += padded(last->id, 15) + padded(std::string(level_name(level)), 13);
      for (const ModelInfo* s : systems) {
        for (const Item& cell : report.items) {
          if (cell.purpose != last || cell.system != s) continue;
          out += padded(cell_of(cell), std::max<std::size_t>(9, s->name.size() + 2));
        }
      }
      out += last->title + "\n";
    }
  }
  return out;
}

std::string levels_text(const Report& report) {
  std::string out = "\nlevels apart (implicit never counts as required):\n";
  for (const LevelCount& c : count_levels(report)) {
    out += "  " + padded(std::string(level_name(c.level)), 13) + std::to_string(c.rows) +
           " rows, " + std::to_string(c.judged) + " judged";
    for (std::size_t v = 1; v < c.verdicts.size(); ++v) {
      if (c.verdicts[v]) {
        out += ", " + std::to_string(c.verdicts[v]) + " " +
               std::string(verdict_name(static_cast<Verdict>(v)));
      }
    }
    if (c.not_applicable) out += ", " + std::to_string(c.not_applicable) + " not applicable";
    out += "\n";
  }
  return out;
}

std::string details_of(const Item& item) {
  std::string out = "\n" + item.purpose->id + " on " + item.system->name + ": " + cell_of(item) +
                    " (" + decimal(item.wall_s, 2) + " s)\n";
  for (const Judgement& j : item.judgements) {
    out += "  " + padded(std::string(verdict_name(j.verdict)), 7) + j.text + "\n";
  }
  for (const std::string& note : item.notes) out += "  note   " + note + "\n";
  for (const RunEvidence& run : item.runs) {
    out += "  run    " + run.name + ", seed " + std::to_string(run.seed) + ", plan " +
           run.plan_digest.substr(0, 16) + ", trace " + run.trace_hash + "\n";
  }
  return out + "  again  " + item.reproduce() + "\n";
}

}  // namespace

Level level_of(const Purpose& purpose) {
  const CatalogueRow* row = catalogue().find(purpose.clauses.front());
  return row ? row->level : Level::informative;
}

std::vector<LevelCount> count_levels(const Report& report) {
  std::vector<LevelCount> out;
  for (const Level level : levels) {
    LevelCount count;
    count.level = level;
    for (const CatalogueRow& row : catalogue().rows) {
      if (row.level != level) continue;
      ++count.rows;
      count.judged += std::any_of(report.items.begin(), report.items.end(), [&](const Item& item) {
        const auto& ids = item.purpose->clauses;
        return item.executed && std::find(ids.begin(), ids.end(), row.id) != ids.end();
      });
    }
    for (const Item& item : report.items) {
      if (level_of(*item.purpose) != level) continue;
      if (!item.not_applicable.empty()) {
        ++count.not_applicable;
      } else {
        ++count.verdicts[static_cast<std::size_t>(item.executed ? item.verdict : Verdict::error)];
      }
    }
    out.push_back(count);
  }
  return out;
}

std::string render_list(const Report& report) {
  std::string out = "catalogue " + catalogue().name + " version " + catalogue().version + ", " +
                    std::to_string(catalogue().rows.size()) + " rows of " + catalogue().source +
                    "\n\n";
  for (const CatalogueRow& row : catalogue().rows) {
    out += padded(row.id, 18) + padded(std::string(level_name(row.level)), 13) +
           padded(row.ics, 15) + row.title;
    const Purpose* last = nullptr;
    for (const Item& item : report.items) {
      const auto& ids = item.purpose->clauses;
      if (item.purpose == last || std::find(ids.begin(), ids.end(), row.id) == ids.end()) continue;
      last = item.purpose;
      out += "  <- " + last->id;
    }
    out += "\n";
  }
  out += "\npurposes:\n";
  const Purpose* last = nullptr;
  for (const Item& item : report.items) {
    if (item.purpose != last) {
      last = item.purpose;
      out += "  " + padded(last->id, 15) + last->title + "\n" + std::string(17, ' ') +
             "applies to: " + last->selector + "\n" + std::string(17, ' ') + "twins:";
      for (const Twin& twin : last->twins) out += " " + twin.id;
      out += "\n";
    }
    if (!item.not_applicable.empty()) {
      out += std::string(17, ' ') + "not to " + item.system->name + ": " + item.not_applicable +
             "\n";
    }
  }
  return out;
}

std::string render_text(const Report& report, bool details) {
  std::string out = "catalogue " + catalogue().name + " v" + catalogue().version + " (sha256 " +
                    catalogue().digest.substr(0, 16) + "), suite " + std::string(suite_version) +
                    "\n\n" + table_of(report);
  for (const Item& item : report.items) {
    const bool bad = item.not_applicable.empty() && item.verdict != Verdict::pass;
    if (bad || details) {
      if (item.not_applicable.empty()) out += details_of(item);
    }
  }
  out += levels_text(report);
  std::map<std::string, std::string> reasons;
  for (const Item& item : report.items) {
    if (item.not_applicable.empty()) continue;
    std::string& where = reasons[item.not_applicable];
    where += (where.empty() ? "" : ", ") + item.purpose->id + " on " + item.system->name;
  }
  for (const auto& [reason, where] : reasons) out += "n/a: " + where + ": " + reason + "\n";
  if (report.twins_asked) {
    out += "\ntwins:\n";
    for (const TwinItem& t : report.twins) {
      if (!t.not_applicable.empty()) continue;
      out += "  " + padded(t.caught() ? "caught" : "MISSED", 8) + padded(t.purpose->id, 15) +
             padded(t.system->name, 14) + padded(t.twin->id, 26) +
             (t.caught() ? t.by : std::string(verdict_name(t.verdict)) + ": " + t.by) + "\n";
    }
    out += "caught " + std::to_string(report.twins_caught()) + " of " +
           std::to_string(report.twins_tried()) + "\n";
  }
  return out + "\nverdict: " + std::string(verdict_name(report.verdict())) +
         (report.interrupted ? " (interrupted)" : "") + ", " + decimal(report.wall_s, 1) + " s\n";
}

std::string render_markdown(const Report& report) {
  const auto systems = systems_of(report);
  std::string out = "| purpose | level |";
  for (const ModelInfo* s : systems) out += " " + s->name + " |";
  out += " twins caught |\n|---|---|";
  for (std::size_t i = 0; i <= systems.size(); ++i) out += "---|";
  out += "\n";
  const Purpose* last = nullptr;
  for (const Item& item : report.items) {
    if (item.purpose == last) continue;
    last = item.purpose;
    out += "| " + last->id + " " + last->title + " | " +
           std::string(level_name(level_of(*last))) + " |";
    for (const Item& cell : report.items) {
      if (cell.purpose == last) out += " " + cell_of(cell) + " |";
    }
    std::map<std::string, std::pair<int, int>> caught;
    for (const TwinItem& t : report.twins) {
      if (t.purpose != last || !t.not_applicable.empty()) continue;
      caught[t.twin->id].first += t.caught();
      ++caught[t.twin->id].second;
    }
    for (const auto& [id, counts] : caught) {
      out += " " + id + " " + std::to_string(counts.first) + "/" + std::to_string(counts.second) +
             ";";
    }
    if (out.back() == ';') out.pop_back();
    out += " |\n";
  }
  return out;
}

}  // namespace ledgerlab::conformance
