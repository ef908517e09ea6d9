// The page: verdicts by level, every judgement, what binds the runs, the twins, the statements. It
// wears the style of the run reports, has no script and asks nothing of the network.
#include <algorithm>
#include <map>

#include "conformance/report/report.hpp"
#include "sim/report/chart.hpp"
#include "sim/report/page.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"generator\" content=\"ledgerlab\">\n<title>ledgerlab conformance</title>\n<style>";

std::string text(std::string_view t) { return escape_html(t); }
std::string code(std::string_view t) { return "<code>" + escape_html(t) + "</code>"; }
std::string td(const std::string& inner, const char* style = nullptr) {
  return std::string("<td") + (style ? std::string(" class=\"") + style + "\"" : "") + ">" + inner +
         "</td>";
}
std::string th(const std::string& inner) { return "<th>" + inner + "</th>"; }

std::string badge(std::string_view name) {
  const char* style = name == "pass" ? "pass" : name == "inconc" ? "open" : "fail";
  if (name == "n/a") return "<span class=\"soft\">n/a</span>";
  return std::string("<span class=\"verdict ") + style + "\">" + escape_html(name) + "</span>";
}

std::string_view shown(const Item& item) {
  if (!item.not_applicable.empty()) return "n/a";
  return verdict_name(item.executed ? item.verdict : Verdict::error);
}

std::string anchor(const Item& item) { return item.purpose->id + "-" + item.system->name; }

std::string levels_section(const Report& report) {
  std::string out =
      "<p class=\"soft\">Levels as the Recommendation words them, never added up across levels. "
      "Implicit: stated as a fact, without &ldquo;is required&rdquo; or &ldquo;is "
      "recommended&rdquo;; it never counts as required.</p>\n<div class=\"wide\"><table "
      "class=\"figures\"><thead><tr><th>level</th><th>rows</th><th>judged</th><th>pass</th>"
      "<th>inconc</th><th>fail</th><th>error</th><th>not applicable</th></tr></thead><tbody>\n";
  for (const LevelCount& c : count_levels(report)) {
    out += "<tr>" + th(text(level_name(c.level))) + td(std::to_string(c.rows)) +
           td(std::to_string(c.judged));
    for (std::size_t v = 1; v < c.verdicts.size(); ++v) out += td(std::to_string(c.verdicts[v]));
    out += td(std::to_string(c.not_applicable)) + "</tr>\n";
  }
  return out + "</tbody></table></div>\n<p class=\"soft\">Rows: of the catalogue. Judged: with a "
               "purpose that was executed. Verdicts: of pairs of purpose and system.</p>\n";
}

std::string verdict_table(const Report& report) {
  std::string out = "<div class=\"wide\"><table><thead><tr><th>purpose</th><th>level</th>";
  for (const Statement& s : report.statements) out += th(text(s.system->name));
  out += "<th>what is judged</th></tr></thead><tbody>\n";
  for (const Level level : levels) {
    const Purpose* last = nullptr;
    for (const Item& item : report.items) {
      if (item.purpose == last || level_of(*item.purpose) != level) continue;
      last = item.purpose;
      out += "<tr>" + td(code(last->id), "when") + td(text(level_name(level)));
      for (const Item& cell : report.items) {
        if (cell.purpose != last) continue;
        const std::string mark = badge(shown(cell));
        out += td(cell.not_applicable.empty()
                      ? "<a href=\"#" + text(anchor(cell)) + "\">" + mark + "</a>"
                      : mark);
      }
      out += td(text(last->title), "words") + "</tr>\n";
    }
  }
  return out + "</tbody></table></div>\n";
}

std::string not_applicable_section(const Report& report) {
  std::map<std::string, std::string> reasons;
  for (const Item& item : report.items) {
    if (item.not_applicable.empty()) continue;
    std::string& where = reasons[item.not_applicable];
    where += (where.empty() ? "" : ", ") + item.purpose->id + " on " + item.system->name;
  }
  if (reasons.empty()) return "<p>Every purpose applied to every system.</p>\n";
  std::string out = "<ul>\n";
  for (const auto& [reason, where] : reasons) {
    out += "<li>" + text(reason) + " <span class=\"soft\">(" + text(where) + ")</span></li>\n";
  }
  return out + "</ul>\n";
}

std::string runs_table(const Item& item) {
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th>run</th><th>seed</th><th>plan digest</th>"
      "<th>trace: XXH3-128, SHA-256</th></tr></thead><tbody>\n";
  for (const RunEvidence& run : item.runs) {
    out += "<tr>" +
           td(text(run.name) + (run.stimulus.empty()
                                    ? ""
                                    : "<br><span class=\"soft\">with " + text(run.stimulus) +
                                          "</span>")) +
           td(std::to_string(run.seed), "n") + td(code(run.plan_digest), "hash") +
           td(code(run.trace_hash) + "<br>" + code(run.trace_sha256), "hash") + "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string item_section(const Item& item) {
  std::string out = "<details id=\"" + text(anchor(item)) + "\"" +
                    (item.verdict == Verdict::pass ? "" : " open") + "><summary>" +
                    badge(shown(item)) + " <b>" + text(item.system->label()) + "</b> <span "
                    "class=\"soft\">" + decimal(item.wall_s, 2) + " s</span></summary>\n<ul>\n";
  for (const Judgement& j : item.judgements) {
    out += "<li>" + badge(verdict_name(j.verdict)) + " " + text(j.text) + "</li>\n";
  }
  for (const std::string& note : item.notes) {
    out += "<li class=\"soft\">" + text(note) + "</li>\n";
  }
  return out + "</ul>\n<pre>" + text(item.reproduce()) + "</pre>\n" + runs_table(item) +
         "</details>\n";
}

std::string purposes_section(const Report& report) {
  std::string out;
  const Purpose* last = nullptr;
  for (const Item& item : report.items) {
    if (item.purpose != last) {
      last = item.purpose;
      out += "<h3 id=\"" + text(last->id) + "\">" + code(last->id) + " " + text(last->title) +
             "</h3>\n<dl>";
      const auto row = [&](const char* name, const std::string& value) {
        if (!value.empty()) {
          out += std::string("<dt>") + name + "</dt><dd>" + text(value) + "</dd>\n";
        }
      };
      for (const std::string& id : last->clauses) {
        if (const CatalogueRow* r = catalogue().find(id)) {
          row("clause", id + " (" + std::string(level_name(r->level)) + "): " + r->statement);
        }
      }
      row("applies to", last->selector);
      row("initially", last->initial);
      row("stimulus", last->stimulus);
      row("must hold", last->predicate);
      row("left out", last->left_out);
      out += "</dl>\n";
    }
    if (item.not_applicable.empty()) out += item_section(item);
  }
  return out;
}

std::string twins_section(const Report& report) {
  if (!report.twins_asked) {
    return "<p>The known-bad twins were not run; <code>--twins</code> runs them.</p>\n";
  }
  std::string out = "<p>Caught " + std::to_string(report.twins_caught()) + " of " +
                    std::to_string(report.twins_tried()) +
                    ": a twin is caught when its purpose fails it.</p>\n<div class=\"wide\"><table>"
                    "<thead><tr><th>purpose</th><th>system</th><th>twin</th><th>what is wrong with "
                    "it</th><th></th><th>caught by</th></tr></thead><tbody>\n";
  for (const TwinItem& t : report.twins) {
    if (!t.not_applicable.empty()) continue;
    out += "<tr>" + td(code(t.purpose->id), "when") + td(text(t.system->name)) +
           td(text(t.twin->id)) + td(text(t.twin->text)) +
           td(t.caught() ? "<span class=\"verdict pass\">caught</span>"
                         : "<span class=\"verdict fail\">missed</span>") +
           td(text(t.by)) + "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string statements_section(const Report& report) {
  std::string out;
  for (const Statement& s : report.statements) {
    out += "<details><summary><b>" + text(s.system->label()) + "</b></summary>\n<p>";
    for (std::size_t i = 0; i < s.composition.size(); ++i) {
      out += (i ? ", " : "") + text(s.composition[i]);
    }
    out += "</p><p class=\"soft\">Fault model: " + text(s.fault_model) +
           "</p>\n<div class=\"wide\"><table><thead><tr><th>row</th><th>level</th><th>status</th>"
           "<th>title</th><th>claimed by</th><th>judged by</th></tr></thead><tbody>\n";
    for (const StatementRow& row : s.rows) {
      std::string by, judged;
      for (const std::string& b : row.by) by += (by.empty() ? "" : ", ") + b;
      for (const std::string& p : row.purposes) judged += (judged.empty() ? "" : ", ") + p;
      out += "<tr>" + td(code(row.row->id), "when") + td(text(level_name(row.row->level))) +
             td(text(row.row->ics)) + td(text(row.row->title)) + td(text(by.empty() ? "-" : by)) +
             td(text(judged.empty() ? "-" : judged)) + "</tr>\n";
    }
    out += "</tbody></table></div></details>\n";
  }
  return out;
}

}  // namespace

std::string render_html(const Report& report, const std::string& version,
                        const std::string& reproduce) {
  std::string out = head + std::string(page_style) +
                    "h3{margin-top:1.8em}dd{overflow-wrap:anywhere}td.words{min-width:16em}\n"
                    "</style>\n</head>\n<body>\n";
  out += "<h1>Conformance to clause " + text(catalogue().name) + " " +
         badge(verdict_name(report.verdict())) + "</h1>\n<p>" + text(catalogue().source) +
         ", as judged by simulation. This is our own suite, not a certificate.</p>\n";
  if (report.interrupted) out += "<p class=\"fail\">Interrupted: not all was executed.</p>\n";
  out += "<dl><dt>catalogue</dt><dd>" + text(catalogue().name) + " version " +
         text(catalogue().version) + ", " + std::to_string(catalogue().rows.size()) +
         " rows, SHA-256 " + code(catalogue().digest) + "</dd>\n<dt>suite</dt><dd>version " +
         text(suite_version) + ", ledgerlab " + text(version) + "</dd>\n<dt>again</dt><dd>" +
         code(reproduce) + "</dd></dl>\n";
  const std::pair<const char*, std::string> sections[] = {
      {"Levels", levels_section(report)},
      {"Verdicts", verdict_table(report)},
      {"Not applicable", not_applicable_section(report)},
      {"Purposes", purposes_section(report)},
      {"Known-bad twins", twins_section(report)},
      {"Conformance statements", statements_section(report)}};
  out += "<nav>";
  for (const auto& [title, body] : sections) {
    out += std::string("<a href=\"#") + title[0] + std::to_string(std::string(title).size()) +
           "\">" + title + "</a>";
  }
  out += "</nav>\n";
  for (const auto& [title, body] : sections) {
    out += std::string("<h2 id=\"") + title[0] + std::to_string(std::string(title).size()) +
           "\">" + title + "</h2>\n" + body;
  }
  return out + "</body>\n</html>\n";
}

}  // namespace ledgerlab::conformance
