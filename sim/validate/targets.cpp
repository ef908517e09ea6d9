// The table of targets, their parameters, and one run from parameters to an outcome.
#include <algorithm>

#include "sim/scenario/document.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/spelling.hpp"

namespace ledgerlab::validate {
namespace {

/// There are few of each: all are named.
std::string there_is(const std::vector<std::string>& candidates) {
  std::string all;
  for (const std::string& c : candidates) all += (all.empty() ? "; there is " : ", ") + c;
  return all;
}

std::string range_text(const ParamInfo& info) {
  if (info.low && info.high) return "from " + *info.low + " to " + *info.high;
  if (info.low) return "at least " + *info.low;
  return "at most " + info.high.value_or("any");
}

std::int64_t limit(const ParamInfo& info, const std::string& written) {
  return *parse_value(info.type, written).value;
}

bool is_bare_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// As written for `type`: a duration without unit is seconds, "15 ms" is 15 where the key says ms.
ParsedValue read_value(const ParamInfo& info, const std::string& value) {
  const std::string plain = plain_number(value);
  if (info.type == ParamType::duration && is_bare_number(plain)) {
    return parse_value(info.type, plain + " s");
  }
  if (info.key.find("_ms") != std::string::npos && !is_bare_number(plain)) {
    ParsedValue time = parse_value(ParamType::duration, plain);
    if (time.value) *time.value *= 1'000;  // 10^-9 of a millisecond
    return time;
  }
  return parse_value(info.type, plain);
}

void set_value(const Target& target, const ParamInfo& info, const std::string& written,
               Params& params) {
  const std::string value = bare(written);
  const auto refuse = [&](const std::string& why) {
    throw BadParameter(target.id + ": " + info.key + ": " + why);
  };
  if (info.type == ParamType::text) {
    params.set(info.key, value);
    return;
  }
  if (info.type == ParamType::choice) {
    const auto choice = std::find(info.choices.begin(), info.choices.end(), lower(value));
    if (choice == info.choices.end()) {
      refuse("there is no \"" + value + "\"" + there_is(info.choices));
    }
    params.set(info.key, *choice);
    return;
  }
  const ParsedValue parsed = read_value(info, value);
  if (!parsed.value) refuse(parsed.error);
  if ((info.low && *parsed.value < limit(info, *info.low)) ||
      (info.high && *parsed.value > limit(info, *info.high))) {
    refuse("\"" + value + "\" is out of range: " + range_text(info));
  }
  params.set(info.key, *parsed.value);
}

/// `--set` words that give these parameters again; only what differs from the default.
std::string changed(const Target& target, const Params& params) {
  const Params defaults = resolve_params(target, {});
  std::string out;
  for (const ParamInfo& info : target.params) {
    const bool text = info.type == ParamType::text || info.type == ParamType::choice;
    if (text ? params.text(info.key) == defaults.text(info.key)
             : params.integer(info.key) == defaults.integer(info.key)) {
      continue;
    }
    const std::string value =
        text ? params.text(info.key) : format_value(info.type, params.integer(info.key));
    out += " --set '" + info.key + "=" + value + "'";
  }
  return out;
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> list{
      w1(),     w2(),  w3(),  w4(),        w6(),  w7(),  // proof of work
      w8(),     w9(),  w10(), w11(),       w12(), w13(),
      w14(),    w15(), w20(), w21(),       w22(),
      s1(),     s2(),                              // proof of stake
      counts(), b1(),  b2(),  elections(), f1(),  f3(),  // agreement
      g1(),     g2(),  g3(),  g4(),        g5(),                // gossip
  };
  return list;
}

const Target* find_target(std::string_view id) {
  for (const Target& target : targets()) {
    if (lower(target.id) == lower(id)) return &target;
  }
  return nullptr;
}

Params resolve_params(const Target& target, const std::vector<std::string>& settings) {
  Params params;
  std::vector<std::string> keys;
  for (const ParamInfo& info : target.params) {
    set_value(target, info, info.fallback, params);
    keys.push_back(info.key);
  }
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const std::string key = bare(setting.substr(0, equals));
    const auto found =
        std::find_if(target.params.begin(), target.params.end(),
                     [&](const ParamInfo& info) { return lower(info.key) == lower(key); });
    if (found == target.params.end()) {
      throw BadParameter(target.id + " has no parameter \"" + key + "\"" +
                         there_is(keys));
    }
    if (equals == std::string::npos) {
      throw BadParameter(target.id + ": \"" + setting + "\" sets nothing; write " + found->key + "=value");
    }
    set_value(target, *found, setting.substr(equals + 1), params);
  }
  if (target.check) {
    const std::string wrong = target.check(params);
    if (!wrong.empty()) throw BadParameter(target.id + ": " + wrong);
  }
  return params;
}

Outcome run_target(const Target& target, const Params& params, const Effort& effort) {
  Session session(target, params, effort);
  target.run(session);
  Outcome outcome;
  outcome.target = &target;
  outcome.params = params;
  outcome.rows = session.rows();
  outcome.verdict = worst(outcome.rows);
  outcome.plan_digest = session.plan_digest();
  outcome.trace_hash = session.trace_hash();
  outcome.wall_s = session.elapsed_s();
  outcome.reproduce = "ledgerlab validate " + target.id + changed(target, params);
  if (effort.precision < Effort{}.precision) outcome.reproduce += " --effort full";
  outcome.reproduce += " --seed " + std::to_string(effort.seed);
  if (session.worlds() > 0) outcome.reproduce += " --worlds " + std::to_string(session.worlds());
  return outcome;
}

}  // namespace ledgerlab::validate
