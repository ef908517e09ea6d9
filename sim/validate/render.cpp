#include "sim/validate/render.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace ledgerlab::validate {
namespace {

using Json = nlohmann::ordered_json;

std::string value_text(const ParamInfo& info, const Params& params) {
  if (info.type == ParamType::text || info.type == ParamType::choice) return params.text(info.key);
  if (info.type == ParamType::ratio && info.high &&
      parse_value(info.type, *info.high).value > 1'000'000'000) {  // a number, not a share
    return fmt::format("{:.9g}", static_cast<double>(params.integer(info.key)) / 1e9);
  }
  return format_value(info.type, params.integer(info.key));
}

/// Numbers in natural units: seconds, shares, counts; texts as they are.
Json value_json(const ParamInfo& info, const Params& params) {
  switch (info.type) {
    case ParamType::text:
    case ParamType::choice:
      return params.text(info.key);
    case ParamType::flag:
      return params.flag(info.key);
    case ParamType::duration:
    case ParamType::ratio:
      return static_cast<double>(params.integer(info.key)) / 1e9;
    default:
      return params.integer(info.key);
  }
}

/// JSON knows no infinity: an error that cannot be told yet is null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json to_json(const Outcome& outcome) {
  Json out;
  out["id"] = outcome.target->id;
  Json params = Json::object();
  for (const ParamInfo& info : outcome.target->params) {
    params[info.key] = value_json(info, outcome.params);
  }
  out["params"] = std::move(params);
  Json rows = Json::array();
  for (const Row& row : outcome.rows) {
    Json r;
    r["name"] = row.name;
    r["value"] = number(row.value);
    r["se"] = number(row.se);
    r["n"] = row.n;
    r["expected"] = number(row.expected);
    r["accept"] = Json::array({number(row.low), number(row.high)});
    r["verdict"] = verdict_name(row.verdict);
    rows.push_back(std::move(r));
  }
  out["rows"] = std::move(rows);
  out["verdict"] = verdict_name(outcome.verdict);
  out["plan_digest"] = outcome.plan_digest;
  out["trace_hash"] = outcome.trace_hash;
  out["wall_s"] = outcome.wall_s;
  out["reproduce"] = outcome.reproduce;
  return out;
}

std::string figure(double value) {
  if (!std::isfinite(value)) return "-";
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string padded(const std::string& text, std::size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::vector<std::string> cells(const Row& row) {
  return {row.name,
          figure(row.value),
          figure(row.se),
          std::to_string(row.n),
          figure(row.expected),
          figure(row.low) + " .. " + figure(row.high),
          std::string(verdict_name(row.verdict))};
}

}  // namespace

std::string params_text(const Target& target, const Params& params) {
  std::string out;
  for (const ParamInfo& info : target.params) {
    out += (out.empty() ? "" : ", ") + info.key + " = " + value_text(info, params);
  }
  return out;
}

std::string outcome_json(const Outcome& outcome) { return to_json(outcome).dump(2) + "\n"; }

std::string outcomes_json(const std::vector<Outcome>& outcomes) {
  Json list = Json::array();
  for (const Outcome& outcome : outcomes) list.push_back(to_json(outcome));
  return list.dump(2) + "\n";
}

std::string outcome_table(const Outcome& outcome) {
  std::vector<std::vector<std::string>> lines{
      {"", "figure", "SE", "n", "expected", "accepted", "verdict"}};
  for (const Row& row : outcome.rows) lines.push_back(cells(row));
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f s", outcome.wall_s);
  std::string out = outcome.target->id + "  " + outcome.target->title + "\n";
  const std::string params = params_text(*outcome.target, outcome.params);
  out += "  " + (params.empty() ? "no parameters" : params) + "; " + seconds + "; " +
         std::string(verdict_name(outcome.verdict)) + "\n";
  for (const auto& line : lines) {
    std::string text = "  ";
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += i + 1 < line.size() ? padded(line[i], widths[i] + 2) : line[i];
    }
    out += text + "\n";
  }
  return out + "  " + outcome.reproduce + "\n\n";
}

std::string outcomes_markdown(const std::vector<Outcome>& outcomes) {
  std::string out =
      "| id | parameters | figure of | value | SE | n | expected | accepted | verdict | s |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Outcome& outcome : outcomes) {
    bool first = true;
    for (const Row& row : outcome.rows) {
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%.1f", outcome.wall_s);
      out += "|" + (first ? outcome.target->id : "") + "|" +
             (first ? params_text(*outcome.target, outcome.params) : "") + "|";
      for (const std::string& cell : cells(row)) out += cell + "|";
      out += (first ? seconds : "") + std::string("|\n");
      first = false;
    }
  }
  return out;
}

std::string targets_text() {
  std::string out;
  for (const Target& target : targets()) {
    out += padded(target.id, 11) + target.title + "\n";
    for (const ParamInfo& info : target.params) {
      out += std::string(13, ' ') + padded(info.key, 16) + info.text + " [" + info.fallback + "]\n";
    }
  }
  return out;
}

std::string targets_json() {
  Json list = Json::array();
  for (const Target& target : targets()) {
    Json params = Json::array();
    for (const ParamInfo& info : target.params) {
      Json p;
      p["key"] = info.key;
      p["type"] = param_type_name(info.type);
      p["default"] = info.fallback;
      p["text"] = info.text;
      if (info.low) p["low"] = *info.low;
      if (info.high) p["high"] = *info.high;
      if (!info.choices.empty()) p["choices"] = info.choices;
      params.push_back(std::move(p));
    }
    list.push_back(Json{{"id", target.id},
                        {"title", target.title},
                        {"source", target.source},
                        {"params", std::move(params)}});
  }
  return list.dump(2) + "\n";
}

}  // namespace ledgerlab::validate
