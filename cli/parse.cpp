// The command line's grammar: the only file that sees CLI11.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/commands.hpp"
#include "sim/scenario/document.hpp"

namespace ledgerlab::cli {
namespace {

/// CLI11 would wrap -1 round to 2^64 - 1.
CLI::Validator not_negative() {
  return CLI::Validator(
      [](const std::string& word) {
        return word.starts_with('-') ? "expected a whole number from 0 on" : std::string();
      },
      "");
}

void add_scenario(CLI::App& verb, ScenarioArguments& scenario) {
  verb.add_option("scenario", scenario.file, "scenario file (TOML)")->required();
  verb.add_option("--seed", scenario.seed, "take this seed in place of the scenario's")
      ->check(not_negative());
  verb.add_option("--set", scenario.settings,
                  "set a key: network.nodes=7, systems.raft.params.heartbeat='50 ms'")
      ->allow_extra_args(false)
      ->take_all();
}

void add_run_options(CLI::App& verb, RunArguments& run) {
  add_scenario(verb, run.scenario);
  verb.add_option("--seeds", run.seeds, "run this many seeds, one after another from the first")
      ->check(CLI::Range(1u, 1'000'000u));
  verb.add_option("--system", run.systems, "only the system of this name (may be repeated)")
      ->allow_extra_args(false)
      ->take_all();
  verb.add_option("--out", run.out, "run directory; what it holds already is not run again");
  verb.add_flag("--json", run.json, "results as JSON on standard output");
  verb.add_flag("--csv", run.csv, "also write results, latency, series and blocks as .csv");
  verb.add_flag("--quiet", run.quiet, "neither table nor progress");
  verb.add_flag("--progress", run.progress, "tell progress although standard error is no terminal");
  verb.add_flag("--force", run.force, "run again what is stored already");
  verb.add_flag("--trace", run.trace, "keep the full trace of every run");
  verb.add_flag("--no-sharing", run.no_sharing,
                "execute every block on every node (slower, same trace)");
}

void add_compare_options(CLI::App& verb, RunArguments& run) {
  add_run_options(verb, run);
  verb.add_option("--engines", run.engines,
                  "each system on each of these engines: native,simgrid,ns3")
      ->delimiter(',')
      ->allow_extra_args(false)  // the scenario may stand behind it
      ->check(CLI::IsMember({"native", "simgrid", "ns3"}));
}

/// Two runs of one engine would pass for two seeds.
void refuse_engine_twice(const std::vector<std::string>& engines) {
  for (std::size_t i = 0; i < engines.size(); ++i) {
    if (std::find(engines.begin(), engines.begin() + i, engines[i]) != engines.begin() + i) {
      throw CLI::ValidationError("--engines", engines[i] + " is named twice");
    }
  }
}

/// What `run` and `compare` start for an engine that lives once a process.
CLI::App* add_worker(CLI::App& app, WorkerArguments& worker) {
  CLI::App* verb = app.add_subcommand("worker", "one run for a parent process (internal)");
  verb->group("");  // not in the help
  add_scenario(*verb, worker.scenario);
  verb->add_option("--engine", worker.engine, "engine")->required();
  verb->add_option("--system", worker.system, "system")->required();
  verb->add_option("--digest", worker.digest, "plan digest that the parent has")->required();
  verb->add_option("--out", worker.out, "directory for the result")->required();
  verb->add_option("--trace", worker.trace, "file for the full trace");
  verb->add_flag("--no-sharing", worker.no_sharing, "execute every block on every node");
  return verb;
}

void add_validate_options(CLI::App& verb, ValidateArguments& validate) {
  verb.add_option("id", validate.id, "target, such as W6; all without it");
  verb.add_option("--set", validate.settings, "set a parameter of the target: --set D='2 s'")
      ->allow_extra_args(false)
      ->take_all();
  verb.add_option_function<std::string>(
          "--effort", [&](const std::string& effort) { validate.full = effort == "full"; },
          "quick: standard error of 2 % of the figure; full: of 0.5 %")
      ->check(CLI::IsMember({"quick", "full"}));
  verb.add_option("--budget", validate.budget_s,
                  "seconds of wall clock for a target; what misses its error is inconclusive");
  verb.add_option("--seed", validate.seed, "of the first world")->check(not_negative());
  verb.add_option("--worlds", validate.worlds, "run exactly so many worlds")->check(not_negative());
  verb.add_flag("--json", validate.json, "as JSON");
  verb.add_flag("--markdown", validate.markdown, "as a table for a document");
  verb.add_flag("--list", validate.list, "the targets with their parameters");
}

void add_report_options(CLI::App& verb, ReportArguments& report) {
  verb.add_option("results", report.results, "run directory, or its database")->required();
  verb.add_option("--out", report.out, "file (default: report.html in there)");
}

void add_calibrate_options(CLI::App& verb, CalibrateArguments& calibrate) {
  verb.add_option("--out", calibrate.out, "file (default: measured.costs)");
  verb.add_option("--seconds", calibrate.seconds, "CPU time to measure in all (default: 5)")
      ->check(CLI::Range(0.01, 3600.0));
  verb.add_flag("--json", calibrate.json, "figures as JSON on standard output");
  verb.add_flag("--force", calibrate.force, "replace the file if it is there");
}

CLI::App* add_plot(CLI::App& app, PlotArguments& plot) {
  CLI::App* verb = app.add_subcommand("plot", "draw a figure of results (matplotlib)");
  verb->add_option("results", plot.results, "run directory, or its results.json")->required();
  verb->add_option("--kind", plot.kind, "what to draw (latency)")
      ->check(CLI::IsMember({"latency", "throughput", "regions", "comparison", "blocks"}));
  verb->add_option("--out", plot.out,
                   "x.png, x.svg or x.pdf (default: KIND.png beside the results)");
  return verb;
}

CLI::App* add_plan(CLI::App& app, PlanArguments& plan) {
  CLI::App* verb =
      app.add_subcommand("plan", "check a scenario; show the resolved plan, its digests and cost");
  add_scenario(*verb, plan.scenario);
  verb->add_flag("--json", plan.json, "as JSON");
  verb->add_flag("--canonical", plan.canonical,
                 "the canonical text whose SHA-256 is the plan digest");
  return verb;
}

void add_trace_options(CLI::App& verb, TraceArguments& trace) {
  verb.add_option("file", trace.file, "trace file of a run")->required();
  verb.add_option("--node", trace.node, "only this node");
  verb.add_option("--type", trace.types, "only events of this type (may be repeated)")
      ->allow_extra_args(false)
      ->take_all();
  verb.add_option("--from", trace.from, "only from this time on, such as '2 s'");
  verb.add_option("--until", trace.until, "only up to this time");
  verb.add_option("--limit", trace.limit, "stop after so many events");
}

CLI::App* add_conform(CLI::App& app, ConformArguments& conform) {
  CLI::App& verb = *app.add_subcommand(
      "conform", "judge systems by test purposes of ITU-T F.751.2, and the suite by its twins");
  verb.add_option("--catalogue", conform.catalogue, "clauses to judge by: 7.1.5");
  verb.add_option("--purpose", conform.purposes,
                  "only this test purpose or clause, such as 7.1.5.4-q (may be repeated)")
      ->allow_extra_args(false)
      ->take_all();
  verb.add_option("--system", conform.systems,
                  "only systems of this consensus model (may be repeated)")
      ->allow_extra_args(false)
      ->take_all();
  verb.add_flag("--twins", conform.twins, "also run the known-bad twins, which must all fail");
  verb.add_flag("--json", conform.json, "the report as JSON on standard output");
  verb.add_flag("--list", conform.list, "rows, purposes and what applies where; runs nothing");
  verb.add_flag("--details", conform.details, "every judgement, not only of what did not pass");
  verb.add_flag("--markdown", conform.markdown, "the published table, as Markdown");
  verb.add_option("--out", conform.out, "folder for the report (default: out/conform-N)");
  return &verb;
}

/// The chain store's own verbs: what each takes besides the store's folder.
CLI::App* add_store(CLI::App& app, StoreArguments& store) {
  CLI::App* verb = app.add_subcommand("store", "chains in real stores on disk");
  verb->require_subcommand(1);
  const auto action = [&](const char* name, const char* what, const char* file) {
    CLI::App* out = verb->add_subcommand(name, what);
    out->callback([&store, name] { store.action = name; });
    out->add_option("dir", store.folder, "folder of the store")->required();
    if (file != nullptr) out->add_option("file", store.file, file)->required();
    return out;
  };
  const auto mode = [&](CLI::App* of) {
    of->add_option("--mode", store.mode, "storage mode: files (default), sqlite or leveldb");
  };
  const auto keep = [&](CLI::App* of, const char* what) {
    return of->add_option("--keep", store.keep, what)->check(CLI::Range(2u, 1u << 31));
  };
  CLI::App* import = action("import", "execute a file of RLP blocks into a store", "blocks");
  import->add_option("--genesis", store.genesis, "genesis file (JSON)")->required();
  mode(import);
  keep(import, "states that stay (default: all)");
  action("info", "what a store holds", nullptr);
  action("verify", "prove all that a store holds", nullptr);
  CLI::App* snapshot = action("snapshot", "write the state at a block into a file", "snapshot");
  snapshot->add_option("--block", store.height, "number of the block (default: the head)")
      ->check(not_negative());
  CLI::App* restore = action("restore", "fill an empty store from a snapshot", "snapshot");
  mode(restore);
  keep(restore, "states that stay (default: all)");
  restore->add_option("--block-hash", store.block_hash, "the block that it must be of");
  CLI::App* convert = action("convert", "copy a store into another mode", "folder of the copy");
  mode(convert);
  keep(action("prune", "give the space of old states back", nullptr), "states that stay")
      ->required();
  action("put-blob", "keep a file's bytes beside the chain; prints their anchor", "bytes");
  CLI::App* get = verb->add_subcommand("get-blob", "fetch a blob, proven by its anchor");
  get->callback([&store] { store.action = "get-blob"; });
  get->add_option("dir", store.folder, "folder of the store")->required();
  get->add_option("name", store.name, "anchor, or transaction whose data is one")->required();
  get->add_option("file", store.file, "where the bytes go")->required();
  return verb;
}

bool has_verb(const CLI::App& app, const std::string& word) {
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (verb->get_name() == word) return true;
  }
  return false;
}

/// `front`: "store ", or nothing.
void tell_unknown_verb(const CLI::App& app, const std::string& word, const std::string& front) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (!verb->get_group().empty()) verbs.push_back(verb->get_name());
  }
  std::cerr << "ledgerlab: there is no verb \"" << front << word << "\"";
  const std::string close = nearest(word, verbs);
  if (!close.empty()) std::cerr << "; did you mean \"" << front << close << "\"?";
  std::cerr << "\nverbs:";
  for (const std::string& verb : verbs) std::cerr << ' ' << verb;
  std::cerr << '\n';
}

/// CLI11 would say that a verb is missing, which misses the point.
bool refuse_unknown_verb(const std::vector<std::string>& words, const CLI::App& app,
                         const CLI::App& store) {
  const auto unknown = [&](const CLI::App& of, std::size_t at) {
    return words.size() > at && !words[at].starts_with('-') && !has_verb(of, words[at]);
  };
  if (unknown(app, 1)) {
    tell_unknown_verb(app, words[1], "");
    return true;
  }
  if (words.size() < 2 || words[1] != "store" || !unknown(store, 2)) return false;
  tell_unknown_verb(store, words[2], "store ");
  return true;
}

}  // namespace

int parse_and_dispatch(int argc, char** argv) {
  CLI::App app("A simulation and conformance testbed for distributed ledgers.", "ledgerlab");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("ledgerlab ") + LEDGERLAB_VERSION);
  app.footer(
      "Exit codes: 0 pass, 1 fail, 2 inconclusive, 64 usage, 65 bad scenario, 66 input file "
      "missing,\n69 engine not available, 70 internal fault, 74 results cannot be written, "
      "130 interrupted.");

  RunArguments run_arguments, compare_arguments;
  compare_arguments.compare = true;
  PlanArguments plan_arguments;
  NewArguments new_arguments;
  TraceArguments trace_arguments;
  ValidateArguments validate_arguments;
  ReportArguments report_arguments;
  CalibrateArguments calibrate_arguments;
  PlotArguments plot_arguments;
  std::string model_name;
  bool models_json = false;
  CLI::App* run_verb = app.add_subcommand("run", "run every system of a scenario");
  add_run_options(*run_verb, run_arguments);
  CLI::App* compare_verb = app.add_subcommand(
      "compare", "run the systems of a scenario on one network, load and faults, side by side");
  add_compare_options(*compare_verb, compare_arguments);
  WorkerArguments worker_arguments;
  CLI::App* worker_verb = add_worker(app, worker_arguments);

  CLI::App* plot_verb = add_plot(app, plot_arguments);
  CLI::App* report_verb =
      app.add_subcommand("report", "write the HTML report of a run directory again");
  add_report_options(*report_verb, report_arguments);
  CLI::App* calibrate_verb =
      app.add_subcommand("calibrate", "measure a cost table on this machine");
  add_calibrate_options(*calibrate_verb, calibrate_arguments);

  CLI::App* plan_verb = add_plan(app, plan_arguments);

  CLI::App* models_verb = app.add_subcommand("models", "what can be put into a scenario");
  models_verb->require_subcommand(0, 1);
  CLI::App* list_verb = models_verb->add_subcommand("list", "every model in a line");
  list_verb->add_flag("--json", models_json, "as JSON");
  CLI::App* show_verb = models_verb->add_subcommand("show", "one model with its parameters");
  show_verb->add_option("name", model_name, "raft, or consensus/raft")->required();
  CLI::App* schema_verb =
      models_verb->add_subcommand("schema", "JSON schema of scenario files, for editors");

  CLI::App* new_verb = app.add_subcommand("new", "scaffold a protocol that builds and passes");
  new_verb->add_option("kind", new_arguments.kind, "consensus")->required();
  new_verb->add_option("name", new_arguments.name, "snake_case name")->required();
  new_verb->add_option("--tree", new_arguments.tree, "source tree, if not the one around here");

  CLI::App* trace_verb = app.add_subcommand("trace", "print a full trace");
  add_trace_options(*trace_verb, trace_arguments);

  CLI::App* validate_verb = app.add_subcommand(
      "validate", "check the simulation against closed forms and published figures");
  add_validate_options(*validate_verb, validate_arguments);

  ConformArguments conform_arguments;
  CLI::App* conform_verb = add_conform(app, conform_arguments);

  StoreArguments store_arguments;
  CLI::App* store_verb = add_store(app, store_arguments);

  if (refuse_unknown_verb({argv, argv + argc}, app, *store_verb)) return exit_usage;
  try {
    app.parse(argc, argv);
    refuse_engine_twice(compare_arguments.engines);
  } catch (const CLI::ParseError& error) {
    // Help and version are successes; every other code of CLI11's is a usage error here.
    return app.exit(error) == 0 ? exit_pass : exit_usage;
  }
  if (*run_verb) return run(run_arguments);
  if (*compare_verb) return run(compare_arguments);
  if (*worker_verb) return worker(worker_arguments);
  if (*calibrate_verb) return calibrate(calibrate_arguments);
  if (*plot_verb) return plot(plot_arguments);
  if (*report_verb) return report(report_arguments);
  if (*plan_verb) return plan(plan_arguments);
  if (*new_verb) return new_model(new_arguments);
  if (*trace_verb) return trace(trace_arguments);
  if (*validate_verb) return validate_targets(validate_arguments);
  if (*conform_verb) return conform(conform_arguments);
  if (*store_verb) return store(store_arguments);
  if (*show_verb) return models_show(model_name);
  if (*schema_verb) return models_schema();
  return models_list(models_json);
}

}  // namespace ledgerlab::cli
